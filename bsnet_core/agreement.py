"""Agreement of two sets of scores: pure functions shared by training and the viewer (paper 6, 7)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.partial_score import ReadScore

ACCEPTED_ZONE_ERROR = 0.5
"""Error on a zone, or on the mean of the zones, that radiologists accept (paper 7)."""
ACCEPTED_TOTAL_ERROR = 2
"""Error on the global score that radiologists accept (paper 7)."""
MAX_TOTAL = len(ZONES) * (N_CLASSES - 1)
LEVEL = 0.95
"""Coverage of the intervals."""


@dataclass(frozen=True, slots=True)
class ErrorSummary:
    """Errors of one reader against another, in score points.

    Attributes:
        mean_error: MEr, mean of signed differences.
        mean_absolute_error: MAE.
        absolute_error_sd: Standard deviation of the absolute differences.
        correlation: Pearson's CC; NaN if either side is constant.
        count: Number of values compared.
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


def confusion_matrix(
    reference: npt.ArrayLike, predicted: npt.ArrayLike, n_classes: int = N_CLASSES
) -> npt.NDArray[np.int64]:
    """(n_classes, n_classes) counts; rows are the reference's classes, columns the predicted ones."""
    rows, columns = _integer_pair(reference, predicted)
    counts = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(counts, (rows, columns), 1)
    return counts


def cohen_kappa(mine: npt.ArrayLike, other: npt.ArrayLike, n_classes: int = N_CLASSES, *, power: int = 0) -> float:
    """Cohen's kappa of two integer readings; NaN if chance alone explains everything.

    Args:
        mine: Integers from 0 to `n_classes` - 1.
        other: As many integers, of the other reading.
        n_classes: Number of possible scores.
        power: 0 counts all disagreements equally, 1 by their distance, 2 by the square of their distance.
    """
    observed = confusion_matrix(mine, other, n_classes).astype(np.float64)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    classes = np.arange(n_classes)
    distance = np.abs(classes[:, None] - classes[None, :])
    weights = (distance > 0).astype(np.float64) if power == 0 else distance.astype(np.float64) ** power
    chance = float((weights * expected).sum())
    return float("nan") if chance == 0 else 1.0 - float((weights * observed).sum()) / chance


def quadratic_weighted_kappa(mine: npt.ArrayLike, other: npt.ArrayLike, n_classes: int = N_CLASSES) -> float:
    """Cohen's kappa with quadratic weights of two integer readings; NaN if chance alone explains everything."""
    return cohen_kappa(mine, other, n_classes, power=2)


def fleiss_kappa(scores: npt.ArrayLike, n_classes: int = N_CLASSES) -> float:
    """Fleiss' kappa of two or more readers; NaN if chance alone explains everything.

    Args:
        scores: (N, readers) integers from 0 to `n_classes` - 1; every reader has read every row.
        n_classes: Number of possible scores.

    Source: Fleiss 1971, Psychological Bulletin 76.
    """
    array = np.asarray(scores, dtype=np.int64)
    if array.ndim != 2 or array.shape[0] == 0 or array.shape[1] < 2:
        raise ValueError("Fleiss' kappa needs at least one row of at least two readers.")
    readers = array.shape[1]
    votes = (array[:, :, None] == np.arange(n_classes)).sum(axis=1)  # (N, n_classes)
    observed = float(((votes * (votes - 1)).sum(axis=1) / (readers * (readers - 1))).mean())
    chance = float(((votes.sum(axis=0) / array.size) ** 2).sum())
    return float("nan") if chance == 1 else (observed - chance) / (1 - chance)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% confidence interval; the interval is NaN if there are too few values."""

    value: float
    low: float
    high: float


def mean_with_interval(values: npt.ArrayLike) -> Estimate:
    """Mean of (N,) values with Student's interval."""
    array = np.asarray(values, dtype=np.float64).ravel()
    if array.size == 0:
        raise ValueError("A mean needs at least one value.")
    mean = float(array.mean())
    if array.size < 2:
        return Estimate(mean, float("nan"), float("nan"))
    half = student_quantile(array.size - 1) * float(array.std(ddof=1)) / math.sqrt(array.size)
    return Estimate(mean, mean - half, mean + half)


@dataclass(frozen=True, slots=True)
class BlandAltman:
    """Limits of agreement of two ways to measure one quantity, each with its 95% confidence interval.

    Attributes:
        mean_difference: Mean of first minus second.
        lower_limit, upper_limit: Mean difference -/+ 1.96 standard deviations of the differences.
        sd: Standard deviation of the differences (N - 1).
        count: Number of pairs.
    """

    mean_difference: Estimate
    lower_limit: Estimate
    upper_limit: Estimate
    sd: float
    count: int


def bland_altman(first: npt.ArrayLike, second: npt.ArrayLike) -> BlandAltman:
    """Mean difference and limits of agreement of (N,) pairs; all NaN but the mean if N is 1.

    Source: Bland and Altman 1999, Statistical Methods in Medical Research 8: variance of a limit
    (1 / N + 1.96² / (2 (N - 1))) SD².
    """
    mine, other = np.asarray(first, dtype=np.float64).ravel(), np.asarray(second, dtype=np.float64).ravel()
    if mine.shape != other.shape or mine.size == 0:
        raise ValueError("Both readings must have the same, non-zero number of values.")
    difference, nan = mine - other, float("nan")
    mean = mean_with_interval(difference)
    if difference.size < 2:
        return BlandAltman(mean, Estimate(nan, nan, nan), Estimate(nan, nan, nan), nan, difference.size)
    sd, z = float(difference.std(ddof=1)), NormalDist().inv_cdf((1 + LEVEL) / 2)
    degrees = difference.size - 1
    half = student_quantile(degrees) * sd * math.sqrt(1 / difference.size + z**2 / (2 * degrees))
    lower, upper = mean.value - z * sd, mean.value + z * sd
    return BlandAltman(
        mean, Estimate(lower, lower - half, lower + half), Estimate(upper, upper - half, upper + half), sd, mine.size
    )


@dataclass(frozen=True, slots=True)
class ScoreDifference:
    """The difference between two scores of one radiograph, over the zones that both have assessed.

    Attributes:
        zones: Score minus reference per zone; zones without a score are missing.
        total: Difference of the sums of these zones.
        mean_absolute: Mean absolute difference of these zones; NaN without any.
    """

    zones: dict[Zone, int]
    total: int
    mean_absolute: float

    @property
    def differing(self) -> tuple[Zone, ...]:
        """Zones with different scores, in reading order."""
        return tuple(zone for zone in ZONES if self.zones.get(zone, 0) != 0)

    @property
    def is_whole(self) -> bool:
        """Whether all six zones are compared, so that `total` is the difference of the global scores."""
        return len(self.zones) == len(ZONES)

    @property
    def zones_are_accepted(self) -> bool:
        """Whether the mean absolute zone difference is within the accepted difference."""
        return self.mean_absolute <= ACCEPTED_ZONE_ERROR

    @property
    def total_is_accepted(self) -> bool:
        """Whether the difference of the global scores is within the accepted difference; False with zones missing."""
        return self.is_whole and abs(self.total) <= ACCEPTED_TOTAL_ERROR


def compare_scores(score: ReadScore, reference: ReadScore) -> ScoreDifference:
    """The difference of `score` from `reference`, over the zones that both have assessed."""
    zones: dict[Zone, int] = {}
    for zone in ZONES:
        mine, other = score[zone], reference[zone]
        if mine is not None and other is not None:
            zones[zone] = mine - other
    mean = sum(abs(difference) for difference in zones.values()) / len(zones) if zones else math.nan
    return ScoreDifference(zones, sum(zones.values()), mean)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of one quantity (a zone, all zones, the global score) over many radiographs.

    Attributes:
        mean_error: MEr, predicted minus reference.
        mean_absolute_error: MAE.
        absolute_error_sd: SD of the absolute errors.
        correlation: Pearson's CC; NaN if either side is constant.
        weighted_kappa: Cohen's kappa with quadratic weights; NaN if chance alone explains everything.
        accepted_share: Share of radiographs within the accepted difference, in [0, 1].
        count: Number of radiographs.
    """

    mean_error: Estimate
    mean_absolute_error: Estimate
    absolute_error_sd: float
    correlation: float
    weighted_kappa: float
    accepted_share: float
    count: int


@dataclass(frozen=True, slots=True)
class AgreementTable:
    """Agreement per zone, over all zones and of the global score; None where nothing can be compared."""

    zones: dict[Zone, Agreement | None]
    all_zones: Agreement | None
    total: Agreement | None


def agreement_table(predicted: npt.ArrayLike, reference: npt.ArrayLike) -> AgreementTable:
    """Agreement of the scores of many radiographs.

    The intervals take radiographs, not zones, as independent: six zones of one radiograph resemble each other.

    Args:
        predicted: (N, 6) integers of 0 to 3 in reading order A-F, N at least 1.
        reference: (N, 6) integers of the reader; below 0 for a zone that could not be assessed. Such a zone is left
            out, and the radiograph's global score as well.
    """
    mine, other = np.asarray(predicted, dtype=np.int64), np.asarray(reference, dtype=np.int64)
    if mine.shape != other.shape or mine.ndim != 2 or mine.shape[0] == 0 or mine.shape[1] != len(ZONES):
        raise ValueError(f"Both must be (N, {len(ZONES)}) scores, got {mine.shape} and {other.shape}.")
    whole = (other >= 0).all(axis=1)
    totals = (mine[whole].sum(axis=1, keepdims=True), other[whole].sum(axis=1, keepdims=True))
    return AgreementTable(
        {
            zone: _agreement(mine[:, [zone.value]], other[:, [zone.value]], ACCEPTED_ZONE_ERROR, N_CLASSES)
            for zone in ZONES
        },
        _agreement(mine, other, ACCEPTED_ZONE_ERROR, N_CLASSES),
        _agreement(*totals, ACCEPTED_TOTAL_ERROR, MAX_TOTAL + 1),
    )


def student_quantile(degrees: int, level: float = LEVEL) -> float:
    """Half width of Student's two-sided interval in standard errors; 12.7 for 1 degree of freedom, 1.96 for many.

    Source: Hill 1970, Algorithm 396, Communications of the ACM 13. Written out, because the library
    that has it takes longer to import than everything computed with it.
    """
    if degrees < 1:
        raise ValueError(f"Student's distribution needs a degree of freedom, got {degrees}.")
    tails, n = 1 - level, float(degrees)
    if degrees == 1:
        return 1 / math.tan(tails * math.pi / 2)
    if degrees == 2:
        return math.sqrt(2 / (tails * (2 - tails)) - 2)
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * tails) ** (2 / n)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(tails / 2)
        y = x * x
        if degrees < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * (n + 1) / (
            n + 2
        ) + 1 / y
    return math.sqrt(n * y)


def grouped_bootstrap_interval(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Bootstrap interval of the mean of `values`, resampling whole groups (patients).

    Args:
        values: (N,) one value per image, such as its mean absolute error.
        groups: (N,) patient of each image.
        level: Coverage.
        draws: Number of bootstrap samples.
        seed: Seed of the random draws.
    """
    array = np.asarray(values, dtype=np.float64)
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(member, weights=array)
    counts = np.bincount(member)
    chosen = np.random.default_rng(seed).integers(0, len(sums), size=(draws, len(sums)))
    means = sums[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _agreement(
    mine: npt.NDArray[np.int64], other: npt.NDArray[np.int64], accepted_error: float, n_classes: int
) -> Agreement | None:
    """Agreement of (N, values per radiograph) scores, without the values below 0; None if nothing is left."""
    is_scored = other >= 0
    rows = is_scored.any(axis=1)
    mine, other, is_scored = mine[rows], other[rows], is_scored[rows]
    if not len(mine):
        return None
    summary = summarise_errors(mine[is_scored], other[is_scored])
    counts = is_scored.sum(axis=1)
    difference = np.where(is_scored, mine - other, 0)
    absolute = np.abs(difference).sum(axis=1) / counts
    return Agreement(
        mean_error=mean_with_interval(difference.sum(axis=1) / counts),
        mean_absolute_error=mean_with_interval(absolute),
        absolute_error_sd=summary.absolute_error_sd,
        correlation=summary.correlation,
        weighted_kappa=quadratic_weighted_kappa(mine[is_scored], other[is_scored], n_classes),
        accepted_share=float((absolute <= accepted_error).mean()),
        count=len(mine),
    )


def _integer_pair(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Both as (N,) integers of the same, non-zero length."""
    mine, other = np.asarray(first, dtype=np.int64).ravel(), np.asarray(second, dtype=np.int64).ravel()
    if mine.shape != other.shape or mine.size == 0:
        raise ValueError("Both readings must have the same, non-zero number of values.")
    return mine, other
