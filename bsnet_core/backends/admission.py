"""The admission of an accelerated backend: its drift from torch on real radiographs, the limits, and the record.

The record is kept beside the converted network; it holds for exactly these weights and these files.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from bsnet_core.backends.converted import folder_of, sha256_of
from bsnet_core.language import translate as _
from bsnet_core.private_files import write_private_json

MIN_IMAGES = 30
MAX_CHANGED_SHARE = 0.02
"""Largest share of zone scores that may differ from torch's."""
MAX_EXPECTED_DRIFT = 0.02
"""Largest mean absolute difference of the zones' expected values, which range from 0 to 3."""
MIN_DICE = 0.99
"""Lowest mean Dice coefficient of the lung masks against torch's."""
RECORD_NAME = "admission.json"
RECORD_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Drift:
    """The difference between a backend and torch on real radiographs.

    Attributes:
        backend: Name of the backend.
        images: Number of radiographs that both scored.
        changed_share: Share of the zone scores that differ, in [0, 1].
        expected_drift: Mean absolute difference of the zones' expected values.
        dice: Mean Dice coefficient of the lung masks.
        lowest_dice: Dice coefficient of the worst radiograph.
        speed_up: Torch's seconds divided by the backend's, medians of the whole prediction.
        seconds: The backend's median seconds.
    """

    backend: str
    images: int
    changed_share: float
    expected_drift: float
    dice: float
    lowest_dice: float
    speed_up: float
    seconds: float

    @property
    def keeps_limits(self) -> bool:
        """Whether all three figures keep their limits."""
        return (
            self.changed_share <= MAX_CHANGED_SHARE
            and self.expected_drift <= MAX_EXPECTED_DRIFT
            and self.dice >= MIN_DICE
        )

    @property
    def is_admitted(self) -> bool:
        """Whether the backend keeps the limits on enough radiographs to tell, and is faster than torch."""
        return self.images >= MIN_IMAGES and self.keeps_limits and self.speed_up > 1

    def sentence(self) -> str:
        """The figures and the verdict, for people."""
        figures = _(
            "{backend}: {speed_up} times torch's speed; on {images} images {changed} of the zone scores differ (limit "
            "{max_changed}), expected values by {drift} on average (limit {max_drift}), mean Dice of the lung masks "
            "{dice} (limit {min_dice})."
        ).format(
            backend=self.backend,
            speed_up=f"{self.speed_up:.1f}",
            images=self.images,
            changed=f"{self.changed_share:.1%}",
            max_changed=f"{MAX_CHANGED_SHARE:.0%}",
            drift=f"{self.expected_drift:.4f}",
            max_drift=MAX_EXPECTED_DRIFT,
            dice=f"{self.dice:.4f}",
            min_dice=MIN_DICE,
        )
        if self.is_admitted:
            verdict = _("Admitted: auto uses it from now on.")
        elif self.keeps_limits and self.images < MIN_IMAGES:
            verdict = _("Not admitted: at least {count} images are needed.").format(count=MIN_IMAGES)
        else:
            verdict = _("Not admitted: auto does not use it.")
        return f"{figures} {verdict}"


def recorded_drift(name: str, weights_sha256: str) -> Drift | None:
    """The drift on record for the converted network in the cache; None if there is no valid record for its files."""
    folder = folder_of(name, weights_sha256)
    try:
        values = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        if values["format"] != RECORD_FORMAT or values["weights_sha256"] != weights_sha256:
            return None
        if values["network_sha256"] != sha256_of(folder):
            return None
        return Drift(**values["drift"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def record_drift(weights_sha256: str, drift: Drift) -> None:
    """Writes the drift of a converted network beside it, admitted or not.

    Raises:
        OSError: the converted network is missing, or the record cannot be written.
    """
    folder = folder_of(drift.backend, weights_sha256)
    values = {
        "format": RECORD_FORMAT,
        "weights_sha256": weights_sha256,
        "network_sha256": sha256_of(folder),
        "drift": dataclasses.asdict(drift),
    }
    write_private_json(folder / RECORD_NAME, values)
