"""A figure with its interval, as a line of a CSV table and as a cell of a Markdown table."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from bsnet_core.agreement import Estimate
from training.evaluation.estimates import Measure, estimate, estimate_difference

NO_FIGURE = "–"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a table.

    Attributes:
        part: The part of the measurement.
        name: Name of the figure within its part.
        by: Whose figure it is: a model's, a person's, or a difference of two of them.
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


def as_csv(figures: Sequence[Figure]) -> str:
    """All figures, one a line."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in dataclasses.fields(Figure)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(dataclasses.asdict(figure) for figure in figures)
    return text.getvalue()


def cell_of(figure: Figure | None) -> str:
    """Value and interval."""
    if figure is None or math.isnan(figure.value):
        return NO_FIGURE
    places = 1 if abs(figure.value) >= 100 else 3 if abs(figure.value) < 10 else 2
    numbers = [f"{number:.{places}f}".replace("-", "−") for number in (figure.value, figure.low, figure.high)]
    return numbers[0] if math.isnan(figure.low) else f"{numbers[0]} ({numbers[1]} to {numbers[2]})"


def _figure(part: str, by: str, measure: Measure, value: Estimate) -> Figure:
    return Figure(
        part, measure.name, by, value.value, value.low, value.high, measure.images, len(set(measure.patients))
    )
