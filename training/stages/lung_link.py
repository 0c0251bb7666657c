"""The mean zone score of a lung estimated from its extent and opacity, for images without a Brixia score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES
from training.datasets.sample import Sample

FEWEST_IMAGES = 10
ZONES_OF_LUNG = GRID_SHAPE[0]


@dataclass(frozen=True, slots=True)
class LungLink:
    """A lung's mean zone score, 0 to 3, as a linear function of its extent and opacity, 0 to 4 each."""

    extent: float
    opacity: float
    intercept: float

    @classmethod
    def over(cls, samples: Sequence[Sample]) -> LungLink | None:
        """Least-squares fit over the images that were read on both scales, of both lungs together.

        Args:
            samples: Images for training; those with a Brixia score and a `SeverityReading` count.

        Returns:
            The link; None if fewer than ten images have both.
        """
        both = [(sample.score, sample.severity) for sample in samples if sample.score and sample.severity]
        if len(both) < FEWEST_IMAGES:
            return None
        known = np.array([[severity.extent, severity.opacity, 1.0] for _score, severity in both])
        totals = np.array([score.total for score, _severity in both], dtype=np.float64)
        extent, opacity, intercept = np.linalg.lstsq(known, totals, rcond=None)[0]
        # Both scales and the score add up over the lungs; only the intercept has to be shared out between them.
        return cls(extent / ZONES_OF_LUNG, opacity / ZONES_OF_LUNG, intercept / (2 * ZONES_OF_LUNG))

    def mean_scores(self, sample: Sample, *, mirrored: bool) -> tuple[float, float]:
        """Estimated mean zone scores of the lungs on the left and on the right of an image, over its raters.

        Args:
            sample: An image with lung scores.
            mirrored: Whether the image is shown mirrored; if not, the patient's right lung is on its left.
        """
        sides = (
            [rater.patients_right for rater in sample.lung_scores],
            [rater.patients_left for rater in sample.lung_scores],
        )
        on_left, on_right = (
            float(np.mean([self._mean_score(lung.extent, lung.opacity) for lung in lungs])) for lungs in sides
        )
        return (on_right, on_left) if mirrored else (on_left, on_right)

    def _mean_score(self, extent: float, opacity: float) -> float:
        score = self.extent * extent + self.opacity * opacity + self.intercept
        return min(max(score, 0.0), N_CLASSES - 1.0)
