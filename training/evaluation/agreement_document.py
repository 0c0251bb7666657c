"""Tables of agreement: each reader against a reference, and all readers with each other (Figure 9 of the paper)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bsnet_core.agreement import summarise_errors
from training.evaluation.agreement_figures import NAMES, P_VALUE, PARTS
from training.evaluation.estimated_figures import Figure, cell_of

Scores = npt.NDArray[np.int_]

SMALLEST_P = 0.001


def agreement_table(figures: Sequence[Figure]) -> str:
    """The figures of one reader as a Markdown table: a row per part, a column per figure, with 95% intervals."""
    by_place = {(figure.part, figure.name): figure for figure in figures}
    names = [name for name in NAMES if any(figure.name == name for figure in figures)]
    lines = [f"| part | {' | '.join(names)} |", f"|{' --- |' * (len(names) + 1)}"]
    for part in PARTS:
        cells = (_cell(by_place.get((part, name))) for name in names)
        lines.append(f"| {part} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(figure: Figure | None) -> str:
    if figure is not None and figure.name == P_VALUE and figure.value < SMALLEST_P:
        return f"< {SMALLEST_P}"
    return cell_of(figure)


def pair_matrix(scores: Mapping[str, Scores]) -> str:
    """The MAE of the zones between every two readers as a Markdown table, with that of the global score behind it.

    Args:
        scores: (N, 6) scores of the same images by reader.
    """
    readers = list(scores)
    lines = [f"| | {' | '.join(readers)} |", f"|{' --- |' * (len(readers) + 1)}"]
    for one in readers:
        cells = []
        for other in readers:
            zones = summarise_errors(scores[one].ravel(), scores[other].ravel()).mean_absolute_error
            whole = summarise_errors(scores[one].sum(axis=1), scores[other].sum(axis=1)).mean_absolute_error
            cells.append("–" if one == other else f"{zones:.3f} / {whole:.2f}")
        lines.append(f"| {one} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
