"""The limits from which on the content check notes or rejects an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ContentLimits:
    """Limits, chosen on images of patients that the head was not fitted to.

    Attributes:
        least_chest: Probability of a frontal chest radiograph below which there is a note.
        least_chest_scored: The one below which the image is rejected.
        most: Probability above which an output is noted, by the output's name in small letters.
        largest_distance: Distance from the training images above which there is a note.
    """

    least_chest: float
    least_chest_scored: float
    most: Mapping[str, float]
    largest_distance: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ContentLimits:
        """From plain JSON values.

        Raises:
            KeyError, TypeError, ValueError: a value is missing or no number.
        """
        return cls(
            least_chest=float(values["least_chest"]),
            least_chest_scored=float(values["least_chest_scored"]),
            most={str(name): float(limit) for name, limit in values["most"].items()},
            largest_distance=float(values["largest_distance"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` gives the same limits back."""
        return asdict(self)
