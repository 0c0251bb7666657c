"""Calibration: of the class probabilities by a temperature (Guo et al. 2017), of the global score by its interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.inference.global_interval import COVERAGE, global_interval
from training.predictions.zone_predictions import ZoneProbabilities

BINS = 10
COMMON_ERRORS = np.arange(0.0, 3.01, 0.05)
TEMPERATURES = (0.25, 4.0)
SEARCH_STEPS = 40
SMALLEST_PROBABILITY = 1e-6

Scores = npt.NDArray[np.int_]
"""(N, 3, 2) zone scores of the radiologist."""


def reliability(probabilities: ZoneProbabilities, reference: Scores) -> dict[str, Any]:
    """Data of a reliability diagram over all zones, with expected calibration error (ECE) and cross-entropy.

    Returns:
        `bins`: count, mean confidence and accuracy (share of zones whose predicted class was right) for each tenth of
        confidence that occurs, from low to high; `ece`: mean distance between confidence and accuracy, weighted by
        count; `cross_entropy`: mean of -log of the true class's probability.
    """
    confidence = probabilities.max(axis=-1).ravel()
    right = (probabilities.argmax(axis=-1) == reference).ravel()
    bin_of = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = []
    for index in range(BINS):
        inside = bin_of == index
        if inside.any():
            bins.append(
                {
                    "from": index / BINS,
                    "to": (index + 1) / BINS,
                    "count": int(inside.sum()),
                    "confidence": float(confidence[inside].mean()),
                    "accuracy": float(right[inside].mean()),
                }
            )
    ece = sum(entry["count"] * abs(entry["confidence"] - entry["accuracy"]) for entry in bins) / len(right)
    return {
        "zones": len(right),
        "ece": float(ece),
        "cross_entropy": cross_entropy(probabilities, reference),
        "bins": bins,
    }


def cross_entropy(probabilities: ZoneProbabilities, reference: Scores) -> float:
    """Mean of -log of the true class's probability."""
    true_class = np.take_along_axis(probabilities, reference[..., None], axis=-1)
    return float(-np.log(true_class.clip(SMALLEST_PROBABILITY)).mean())


def fit_temperature(probabilities_at: Callable[[float], ZoneProbabilities], reference: Scores) -> float:
    """The temperature of lowest cross-entropy, searched on a logarithmic scale from 0.25 to 4.

    Args:
        probabilities_at: Gives the probabilities of the images at a temperature.
        reference: The images' scores.
    """
    low, high = (float(np.log(bound)) for bound in TEMPERATURES)
    ratio = (5**0.5 - 1) / 2

    def cost(logarithm: float) -> float:
        return cross_entropy(probabilities_at(float(np.exp(logarithm))), reference)

    # Golden-section search: the cross-entropy has a single minimum over the temperature.
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    cost_left, cost_right = cost(left), cost(right)
    for _step in range(SEARCH_STEPS):
        if cost_left < cost_right:
            high, right, cost_right = right, left, cost_left
            left = high - ratio * (high - low)
            cost_left = cost(left)
        else:
            low, left, cost_left = left, right, cost_right
            right = low + ratio * (high - low)
            cost_right = cost(right)
    return float(np.exp((low + high) / 2))


def fit_common_error(probabilities: ZoneProbabilities, reference: Scores) -> float:
    """The smallest common error (`global_distribution`) by which the intervals cover their share of the images.

    The largest that is searched, 3, if none does.

    Args:
        probabilities: (N, 3, 2, 4) of images that the network has not seen.
        reference: The images' scores.
    """
    for common_error in COMMON_ERRORS:
        intervals = global_interval(probabilities, float(common_error))
        if interval_figures(intervals, reference)["coverage"] >= COVERAGE:
            return float(common_error)
    return float(COMMON_ERRORS[-1])


def interval_figures(intervals: npt.NDArray[np.int_], reference: Scores) -> dict[str, float]:
    """`coverage`, the share of images whose global score lies within its interval, and the intervals' `mean_width`.

    Args:
        intervals: (N, 2) lowest and highest global score.
        reference: The images' scores.
    """
    low, high = intervals.T
    totals = reference.sum(axis=(1, 2))
    return {
        "coverage": float(((low <= totals) & (totals <= high)).mean()),
        "mean_width": float((high - low).mean()),
    }
