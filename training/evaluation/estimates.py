"""Figures over images with bootstrap intervals by patient, alone and as paired differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bsnet_core.agreement import Estimate

Rows = npt.NDArray[np.int_]
"""Indices of rows; a row may come more than once."""
DRAWS = 1000
LEVEL = 0.95
SEED = 0
_NO_INTERVAL = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Measure:
    """A figure that can be computed from any choice of rows.

    Attributes:
        name: Its name in the table.
        statistic: The figure of the chosen rows; NaN if they do not give one.
        patients: The patient of each row. A row may be an image, a lung, a zone or a pair of images.
        images: Number of images behind the rows.
    """

    name: str
    statistic: Callable[[Rows], float]
    patients: tuple[str, ...]
    images: int


def estimate(measure: Measure, draws: int | None = None) -> Estimate:
    """The figure of all rows, with its 95% interval over patients; NaN if there are no rows."""
    if not measure.patients:
        return Estimate(float("nan"), float("nan"), float("nan"))
    (found,) = estimates_of(lambda rows: np.array([measure.statistic(rows)]), measure.patients, draws)
    return found


def estimates_of(
    statistics: Callable[[Rows], npt.NDArray[np.float64]], patients: Sequence[str], draws: int | None = None
) -> list[Estimate]:
    """Several figures of the same rows, each with its 95% interval over patients, from the same draws.

    Args:
        statistics: (F,) figures of the chosen rows; NaN where they do not give one.
        patients: The patient of each row; at least one.
        draws: Number of bootstrap samples; None for the usual number.
    """
    values = statistics(np.arange(len(patients)))
    drawn = np.array([statistics(rows) for rows in drawn_rows(patients, draws or DRAWS)])
    return [
        Estimate(float(value), *_interval(drawn[:, place])) if np.isfinite(value) else Estimate(value, *_NO_INTERVAL)
        for place, value in enumerate(values)
    ]


def estimate_difference(mine: Measure, other: Measure, draws: int | None = None) -> Estimate:
    """The first figure minus the second, of two models on the same rows, with its 95% interval over patients.

    Raises:
        ValueError: the rows are not those of the same patients.
    """
    if mine.patients != other.patients:
        raise ValueError("Only figures of the same rows can be compared.")
    if not mine.patients:
        return Estimate(float("nan"), float("nan"), float("nan"))
    (found,) = estimates_of(lambda rows: np.array([mine.statistic(rows) - other.statistic(rows)]), mine.patients, draws)
    return found


def drawn_rows(patients: Sequence[str], draws: int) -> Iterator[Rows]:
    """The rows of as many patients as there are, drawn with replacement; the same every time."""
    _, member = np.unique(np.asarray(patients), return_inverse=True)
    order = np.argsort(member, kind="stable")
    starts = np.searchsorted(member[order], np.arange(member.max() + 2))
    rng = np.random.default_rng(SEED)
    for _draw in range(draws):
        chosen = rng.integers(0, len(starts) - 1, len(starts) - 1)
        yield np.concatenate([order[starts[patient] : starts[patient + 1]] for patient in chosen])


def _interval(values: npt.ArrayLike) -> tuple[float, float]:
    numbers = np.asarray(values)[~np.isnan(values)]
    if len(numbers) < 2:
        return _NO_INTERVAL
    low, high = np.quantile(numbers, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
