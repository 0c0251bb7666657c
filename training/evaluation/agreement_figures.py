"""The paper's figures of agreement (Tables 5 to 7): per zone, averaged over the zones, and of the global score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import pearsonr

from bsnet_core.agreement import cohen_kappa, quadratic_weighted_kappa, summarise_errors
from bsnet_core.brixia import N_CLASSES, ZONES
from training.evaluation.estimated_figures import Figure
from training.evaluation.estimates import Rows, estimates_of
from training.evaluation.intraclass import intraclass_correlation

Scores = npt.NDArray[np.int_]
"""(N, 6) scores in reading order A-F."""
Values = npt.NDArray[np.float64]

AVERAGE, POOLED, GLOBAL = "average of the zones", "all zones together", "global score"
PARTS = (*(zone.name for zone in ZONES), AVERAGE, POOLED, GLOBAL)
"""The average is the paper's: the mean of the six zones' figures. For MEr and MAE it is that of all zones together."""
MEAN_ERROR, MAE, SD, CORRELATION = "MEr", "MAE", "SD", "CC"
WEIGHTED_KAPPA, KAPPA, ICC = "weighted kappa", "Cohen's kappa", "ICC"
P_VALUE = "p of CC"
WITH_INTERVALS = (MEAN_ERROR, MAE, SD, CORRELATION, WEIGHTED_KAPPA, KAPPA, ICC)
NAMES = (*WITH_INTERVALS[:4], P_VALUE, *WITH_INTERVALS[4:])


def agreement_figures(
    by: str, scores: Scores, reference: Scores, patients: Sequence[str], n_classes: int = N_CLASSES
) -> list[Figure]:
    """All figures of one set of scores against a reference, with bootstrap intervals by patient.

    MEr, MAE, SD of the absolute errors, CC with p, kappas and ICC(2,1), for every one of `PARTS`.

    Args:
        by: Whose scores they are.
        scores: (N, 6) scores.
        reference: (N, 6) scores of the same images.
        patients: The patient of each image.
        n_classes: Number of scores that a zone can have: 4, or 2 for the T score.
    """
    mine, truth = np.asarray(scores), np.asarray(reference)
    found = _with_intervals(by, lambda rows: agreement_values(mine[rows], truth[rows], n_classes), patients)
    found += [
        Figure(part, P_VALUE, by, p_value(*columns), float("nan"), float("nan"), len(mine), len(set(patients)))
        for part, columns in _columns(mine, truth)
    ]
    return sorted(found, key=lambda figure: (PARTS.index(figure.part), NAMES.index(figure.name)))


def difference_figures(
    by: str, pair: tuple[Scores, Scores], reference: Scores, patients: Sequence[str], n_classes: int = N_CLASSES
) -> list[Figure]:
    """Each figure of the first set of scores minus that of the second, on the same images, with its interval.

    Both sets are resampled together, so that what they have in common cancels out.

    Args:
        by: Name of the difference.
        pair: Two sets of (N, 6) scores.
        reference: (N, 6) scores of the same images.
        patients: The patient of each image.
        n_classes: Number of scores that a zone can have.
    """
    mine, other, truth = (np.asarray(scores) for scores in (*pair, reference))

    def differences(rows: Rows) -> Values:
        against = truth[rows]
        return agreement_values(mine[rows], against, n_classes) - agreement_values(other[rows], against, n_classes)

    return _with_intervals(by, differences, patients)


def agreement_values(scores: Scores, reference: Scores, n_classes: int = N_CLASSES) -> Values:
    """(parts, figures with intervals) numbers of (N, 6) scores against (N, 6) others; NaN where there is none."""
    largest = n_classes - 1
    zones = np.array(
        [_figures_of(scores[:, zone.value], reference[:, zone.value], n_classes) for zone in ZONES], dtype=np.float64
    )
    pooled = _figures_of(scores.ravel(), reference.ravel(), n_classes)
    totals = _figures_of(scores.sum(axis=1), reference.sum(axis=1), largest * len(ZONES) + 1)
    return np.array([*zones, zones.mean(axis=0), pooled, totals], dtype=np.float64)


def p_value(scores: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """Probability of a correlation at least as far from 0 without any relation (two-sided); NaN if there is none."""
    mine, other = np.asarray(scores, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if len(mine) < 3 or np.ptp(mine) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(pearsonr(mine, other).pvalue)


def _figures_of(mine: Scores, other: Scores, n_classes: int) -> tuple[float, ...]:
    errors = summarise_errors(mine, other)
    return (
        errors.mean_error,
        errors.mean_absolute_error,
        errors.absolute_error_sd,
        errors.correlation,
        quadratic_weighted_kappa(mine, other, n_classes),
        cohen_kappa(mine, other, n_classes),
        intraclass_correlation(np.stack([mine, other], axis=1)).agreement if len(mine) > 1 else float("nan"),
    )


def _columns(scores: Scores, reference: Scores) -> list[tuple[str, tuple[Scores, Scores]]]:
    """Both sides of every part that has a correlation of its own; images, not zones, are independent."""
    found = [(zone.name, (scores[:, zone.value], reference[:, zone.value])) for zone in ZONES]
    return [*found, (GLOBAL, (scores.sum(axis=1), reference.sum(axis=1)))]


def _with_intervals(by: str, values: Callable[[Rows], Values], patients: Sequence[str]) -> list[Figure]:
    estimates = estimates_of(lambda rows: values(rows).ravel(), patients)
    places = [(part, name) for part in PARTS for name in WITH_INTERVALS]
    return [
        Figure(part, name, by, found.value, found.low, found.high, len(patients), len(set(patients)))
        for (part, name), found in zip(places, estimates, strict=True)
    ]
