"""How well two readings agree: pure functions shared by training and the viewer (paper 6, 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import N_CLASSES


@dataclass(frozen=True, slots=True)
class ErrorSummary:
    """Errors of one reader against another, in score points.

    Attributes:
        mean_error: MEr, mean of signed differences.
        mean_absolute_error: MAE.
        absolute_error_sd: Standard deviation of the absolute differences.
        correlation: Pearson's CC; NaN where either side is constant.
        count: How many values were compared.
    """

    mean_error: float
    mean_absolute_error: float
    absolute_error_sd: float
    correlation: float
    count: int


def summarise_errors(predicted: npt.ArrayLike, reference: npt.ArrayLike) -> ErrorSummary:
    """MEr, MAE, SD and CC of `predicted` against `reference` (same shape, score points)."""
    mine = np.asarray(predicted, dtype=np.float64).ravel()
    other = np.asarray(reference, dtype=np.float64).ravel()
    if mine.shape != other.shape or mine.size == 0:
        raise ValueError("Both readings must have the same, non-zero number of values.")
    difference = mine - other
    absolute = np.abs(difference)
    varies = mine.size > 1 and mine.std() > 0 and other.std() > 0
    correlation = float(np.corrcoef(mine, other)[0, 1]) if varies else float("nan")
    return ErrorSummary(float(difference.mean()), float(absolute.mean()), float(absolute.std()), correlation, mine.size)


def dice(mask: npt.NDArray[np.bool_], reference: npt.NDArray[np.bool_]) -> float:
    """Dice coefficient of two masks, in [0, 1]; two empty masks agree fully."""
    total = int(mask.sum()) + int(reference.sum())
    return 1.0 if total == 0 else 2.0 * int((mask & reference).sum()) / total


def iou(mask: npt.NDArray[np.bool_], reference: npt.NDArray[np.bool_]) -> float:
    """Intersection over union of two masks, in [0, 1]; two empty masks agree fully."""
    union = int((mask | reference).sum())
    return 1.0 if union == 0 else int((mask & reference).sum()) / union


def quadratic_weighted_kappa(mine: npt.ArrayLike, other: npt.ArrayLike, n_classes: int = N_CLASSES) -> float:
    """Cohen's kappa with quadratic weights of two integer readings; NaN where chance alone explains all."""
    first = np.asarray(mine, dtype=np.int64).ravel()
    second = np.asarray(other, dtype=np.int64).ravel()
    if first.shape != second.shape or first.size == 0:
        raise ValueError("Both readings must have the same, non-zero number of values.")
    observed = np.zeros((n_classes, n_classes))
    np.add.at(observed, (first, second), 1)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / first.size
    classes = np.arange(n_classes)
    weights = (classes[:, None] - classes[None, :]) ** 2
    chance = float((weights * expected).sum())
    return float("nan") if chance == 0 else 1.0 - float((weights * observed).sum()) / chance


def grouped_bootstrap_interval(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Interval of the mean of `values` when whole groups (patients) are drawn anew.

    Args:
        values: (N,) one value per image, such as its mean absolute error.
        groups: (N,) patient of each image.
        level: Coverage.
        draws: Bootstrap samples.
        seed: Of the draws.
    """
    array = np.asarray(values, dtype=np.float64)
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(member, weights=array)
    counts = np.bincount(member)
    chosen = np.random.default_rng(seed).integers(0, len(sums), size=(draws, len(sums)))
    means = sums[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
