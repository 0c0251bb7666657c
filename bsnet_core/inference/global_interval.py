"""The distribution of the global score that the six zones' probabilities stand for, and an interval of it.

Zones of one radiograph err together: a reader who scores one of them higher is likely to score the others higher, too.
A common error, shared by all zones, stands for that. It is fitted by cross-validation and written in the model card.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import N_CLASSES

COVERAGE = 0.9
"""Share of radiographs of which the interval holds the radiologist's global score."""
_NODES = 9


def global_distribution(zone_probabilities: npt.NDArray[np.floating], common_error: float) -> npt.NDArray[np.float64]:
    """Probability of every global score.

    Args:
        zone_probabilities: (..., 3, 2, 4), sums to 1 over the classes.
        common_error: Standard deviation, over radiographs, of the log-odds by which each class gains on the class
            below it, the same in all zones of one radiograph; 0 for zones that err apart.

    Returns:
        (..., 19) probabilities of 0 to 18.
    """
    places, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    classes = np.arange(N_CLASSES)
    zones = np.asarray(zone_probabilities, dtype=np.float64).reshape(*zone_probabilities.shape[:-3], -1, N_CLASSES)
    total = 0.0
    for place, weight in zip(places, weights / weights.sum(), strict=True):
        shifted = zones * np.exp(common_error * place * classes)
        total = total + weight * _sum_of_zones(shifted / shifted.sum(axis=-1, keepdims=True))
    return np.asarray(total)


def global_interval(
    zone_probabilities: npt.NDArray[np.floating], common_error: float, coverage: float = COVERAGE
) -> npt.NDArray[np.int_]:
    """The global scores between which the radiologist's lies in that share of radiographs.

    The sum of the most probable classes always lies within.

    Args:
        zone_probabilities: (..., 3, 2, 4), sums to 1 over the classes.
        common_error: As in `global_distribution`.
        coverage: In (0, 1).

    Returns:
        (..., 2) lowest and highest global score, 0 to 18.
    """
    below = np.cumsum(global_distribution(zone_probabilities, common_error), axis=-1)
    # A small amount forgives rounding, so that all probability on one score gives that score alone.
    lowest = (below < (1 - coverage) / 2 - 1e-9).sum(axis=-1)
    highest = (below < (1 + coverage) / 2 - 1e-9).sum(axis=-1)
    shown = np.asarray(zone_probabilities).argmax(axis=-1).sum(axis=(-2, -1))
    return np.stack([np.minimum(lowest, shown), np.maximum(highest, shown)], axis=-1)


def _sum_of_zones(zones: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(..., 19) distribution of the sum of independent zones, (..., 6, 4)."""
    found = np.ones((*zones.shape[:-2], 1))
    for number in range(zones.shape[-2]):
        longer = np.zeros((*found.shape[:-1], found.shape[-1] + N_CLASSES - 1))
        for score in range(N_CLASSES):
            longer[..., score : score + found.shape[-1]] += found * zones[..., number, score, None]
        found = longer
    return found
