"""The global score estimated from extent and opacity, for images that nobody has given a Brixia score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.datasets.sample import OpacityReading, Sample

FEWEST_IMAGES = 10
MAX_TOTAL = 18


@dataclass(frozen=True, slots=True)
class OpacityFit:
    """The global score as a linear function of extent and opacity."""

    extent: float
    opacity: float
    intercept: float

    @classmethod
    def over(cls, samples: Sequence[Sample]) -> OpacityFit | None:
        """Least-squares fit over the images that have both scales; None if there are fewer than ten of them."""
        both = [sample for sample in samples if sample.score is not None and sample.opacity is not None]
        if len(both) < FEWEST_IMAGES:
            return None
        known = np.array([[s.opacity.extent, s.opacity.opacity, 1.0] for s in both if s.opacity])
        totals = np.array([s.score.total for s in both if s.score], dtype=np.float64)
        return cls(*(float(value) for value in np.linalg.lstsq(known, totals, rcond=None)[0]))

    def total(self, reading: OpacityReading) -> float:
        """Estimated global score of a reading, 0 to 18."""
        total = self.extent * reading.extent + self.opacity * reading.opacity + self.intercept
        return min(max(total, 0.0), float(MAX_TOTAL))
