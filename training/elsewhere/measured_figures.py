"""A figure of the table, and its file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bsnet_core.agreement import Estimate
from bsnet_core.private_files import write_private_json
from training.elsewhere.estimates import Measure, estimate, estimate_difference
from training.elsewhere.json_lines import damaged


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the table.

    Attributes:
        part: The part of the measurement.
        name: Name of the figure within its part.
        by: Whose figure it is: a model's, a person's, or a difference of two models.
        value: The number; NaN if the images do not give one.
        low, high: Its 95% interval over patients; NaN if it has none.
        images, patients: Numbers of images and patients behind it.
    """

    part: str
    name: str
    by: str
    value: float
    low: float
    high: float
    images: int
    patients: int


def figure_of(part: str, by: str, measure: Measure) -> Figure:
    """The figure of one model or person."""
    return _figure(part, by, measure, estimate(measure))


def difference_of(part: str, by: str, mine: Measure, other: Measure) -> Figure:
    """The difference of two models on the same rows."""
    return _figure(part, by, mine, estimate_difference(mine, other))


def write_figures(file: Path, figures: Sequence[Figure]) -> None:
    """Writes figures as JSON."""
    write_private_json(file, [dataclasses.asdict(figure) for figure in figures])
    file.chmod(0o644)


def load_figures(file: Path) -> list[Figure]:
    """The figures of a file; none if there is no such file.

    Raises:
        DamagedStoreError: the file holds something else.
    """
    if not file.exists():
        return []
    try:
        return [Figure(**values) for values in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise damaged(file) from error


def _figure(part: str, by: str, measure: Measure, value: Estimate) -> Figure:
    return Figure(
        part, measure.name, by, value.value, value.low, value.high, measure.images, len(set(measure.patients))
    )
