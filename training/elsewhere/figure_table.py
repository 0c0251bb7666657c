"""The table of all figures, as Markdown and as CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Sequence

from training.elsewhere.measured_figures import Figure
from training.elsewhere.targets import target_of

NO_FIGURE = "–"


def as_csv(figures: Sequence[Figure]) -> str:
    """All figures, one a line."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in dataclasses.fields(Figure)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(dataclasses.asdict(figure) for figure in figures)
    return text.getvalue()


def as_markdown(part: str, figures: Sequence[Figure], models: Sequence[str]) -> str:
    """One part: a line per figure, a column per model, then the differences and the others on the same images.

    Args:
        part: Name of the part.
        figures: All figures.
        models: The models' names, from old to new.
    """
    mine = [figure for figure in figures if figure.part == part]
    differences = list(dict.fromkeys(figure.by for figure in mine if " − " in figure.by))
    columns = [*models, *differences]
    head = ["figure", "target", *(short(by) for by in columns), "others on these images", "images / patients"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for name in dict.fromkeys(figure.name for figure in mine):
        of_name = {figure.by: figure for figure in mine if figure.name == name}
        target = target_of(part, name)
        cells = [name, target.text if target else ""]
        for by in columns:
            cell = cell_of(of_name.get(by))
            met = target is not None and by in models and by in of_name and target.is_met(of_name[by].value)
            cells.append(f"**{cell}**" if met else cell)
        others = [figure for by, figure in of_name.items() if by not in columns]
        counted = next((of_name[by] for by in reversed(models) if by in of_name), next(iter(of_name.values())))
        cells.append("; ".join(_of_other(figure, counted) for figure in others) or NO_FIGURE)
        cells.append(f"{counted.images} / {counted.patients}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _of_other(figure: Figure, counted: Figure) -> str:
    fewer = "" if figure.images == counted.images else f", {figure.images} images"
    return f"{figure.by} {cell_of(figure)}{fewer}"


def short(by: str) -> str:
    """A model's name without the digits of its hash."""
    return " − ".join(part.rpartition("-")[0] or part for part in by.split(" − "))


def cell_of(figure: Figure | None) -> str:
    """Value and interval."""
    if figure is None or math.isnan(figure.value):
        return NO_FIGURE
    places = 1 if abs(figure.value) >= 100 else 3 if abs(figure.value) < 10 else 2
    numbers = [f"{number:.{places}f}".replace("-", "−") for number in (figure.value, figure.low, figure.high)]
    return numbers[0] if math.isnan(figure.low) else f"{numbers[0]} ({numbers[1]} to {numbers[2]})"
