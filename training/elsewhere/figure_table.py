"""The Markdown table of all figures of one part."""

from __future__ import annotations

from collections.abc import Sequence

from training.elsewhere.targets import target_of
from training.evaluation.estimated_figures import NO_FIGURE, Figure, cell_of


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
