"""The statistics that figures are made of, each as a function of chosen rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from training.evaluation.estimates import Rows

Values = npt.NDArray[np.float64]
Statistic = Callable[[Rows], float]
BINS = 10


def correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> Statistic:
    """Pearson's r of (N,) values; NaN if one side is constant."""
    mine, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)

    def compute(rows: Rows) -> float:
        chosen, against = mine[rows], other[rows]
        if len(rows) < 2 or np.ptp(chosen) == 0 or np.ptp(against) == 0:
            return float("nan")
        return float(np.corrcoef(chosen, against)[0, 1])

    return compute


def mean(values: npt.ArrayLike) -> Statistic:
    """Mean of (N,) values; NaN of no rows."""
    array = np.asarray(values, dtype=np.float64)
    return lambda rows: float(array[rows].mean()) if len(rows) else float("nan")


def median(values: npt.ArrayLike) -> Statistic:
    """Median of (N,) values; NaN of no rows."""
    array = np.asarray(values, dtype=np.float64)
    return lambda rows: float(np.median(array[rows])) if len(rows) else float("nan")


def auroc(values: npt.ArrayLike, positive: npt.ArrayLike) -> Statistic:
    """Area under the ROC curve of (N,) values: the chance that a positive row is higher; ties count half.

    NaN if all rows are positive, or none.
    """
    array, truth = np.asarray(values, dtype=np.float64), np.asarray(positive, dtype=bool)

    def compute(rows: Rows) -> float:
        chosen = truth[rows]
        positives = int(chosen.sum())
        negatives = len(rows) - positives
        if not positives or not negatives:
            return float("nan")
        ranks = rankdata(array[rows])
        return float((ranks[chosen].sum() - positives * (positives + 1) / 2) / (positives * negatives))

    return compute


def calibration_error(probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.int_]) -> Statistic:
    """Expected calibration error of (N, 6, 4) zone probabilities against (N, 6) scores, in ten bins of confidence."""
    confidence = probabilities.max(axis=-1)
    right = (probabilities.argmax(axis=-1) == truth).astype(np.float64)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)

    def compute(rows: Rows) -> float:
        if not len(rows):
            return float("nan")
        place = bins[rows].ravel()
        sure = np.bincount(place, weights=confidence[rows].ravel(), minlength=BINS)
        correct = np.bincount(place, weights=right[rows].ravel(), minlength=BINS)
        return float(np.abs(sure - correct).sum() / place.size)

    return compute
