"""The distribution of the global score that follows from the zones' probabilities, and its central interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Distribution = npt.NDArray[np.float64]
COVERAGE = 0.9
ROUNDING = 1e-9


def global_distribution(probabilities: npt.ArrayLike) -> Distribution:
    """(19,) probabilities of the global scores 0 to 18, as if the zones were independent.

    Args:
        probabilities: (6, 4), zones by classes.
    """
    total = np.ones(1)
    for zone in np.asarray(probabilities, dtype=np.float64):
        total = np.convolve(total, zone)
    return total / total.sum()


def central_interval(distribution: npt.ArrayLike, coverage: float = COVERAGE) -> tuple[int, int]:
    """The lowest and highest global score between the quantiles that leave the same share out on both sides."""
    cumulative = np.cumsum(np.asarray(distribution, dtype=np.float64))
    outside = (1 - coverage) / 2
    return int(np.searchsorted(cumulative, outside + ROUNDING, side="right")), int(
        np.searchsorted(cumulative, 1 - outside - ROUNDING)
    )


def covered(probabilities: Sequence[npt.ArrayLike], reference: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """(N,) whether each image's 90% interval contains its reference, a global score rounded to a whole number."""
    intervals = np.array([central_interval(global_distribution(zones)) for zones in probabilities]).reshape(-1, 2)
    rounded = np.round(np.asarray(reference, dtype=np.float64))
    return (rounded >= intervals[:, 0]) & (rounded <= intervals[:, 1])
