"""Extent and opacity of each lung by one rater (RALO; Cohen et al. 2020a, scored per lung)."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_OF_LUNG = 4


@dataclass(frozen=True, slots=True)
class LungScore:
    """One lung by one rater.

    Attributes:
        extent: 0 none, 1 under 25%, 2 from 25 to 50%, 3 from 50 to 75%, 4 over 75% of the lung.
        opacity: 0 none, 1 ground glass, 2 consolidation, 3 mixed with over half consolidation, 4 white-out.
    """

    extent: int
    opacity: int

    def __post_init__(self) -> None:
        if not 0 <= self.extent <= LARGEST_OF_LUNG or not 0 <= self.opacity <= LARGEST_OF_LUNG:
            raise ValueError(f"Extent and opacity of a lung are 0 to 4, got {self.extent} and {self.opacity}.")


@dataclass(frozen=True, slots=True)
class LungScores:
    """Both lungs by one rater. Zones A, B and C are the patient's right lung.

    Attributes:
        patients_right, patients_left: Scores of the two lungs.
    """

    patients_right: LungScore
    patients_left: LungScore

    @property
    def extent(self) -> int:
        """Extent of both lungs, 0 to 8."""
        return self.patients_right.extent + self.patients_left.extent

    @property
    def opacity(self) -> int:
        """Opacity of both lungs, 0 to 8."""
        return self.patients_right.opacity + self.patients_left.opacity
