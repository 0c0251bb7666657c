"""The figures of every model and person on one part of the measurement, with the differences of the models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.elsewhere import scored_figures
from training.elsewhere.answers import Answer
from training.evaluation.estimated_figures import Figure, difference_of, figure_of
from training.evaluation.estimates import Measure

MINUS = "{} − {}"
Measured = Callable[[Mapping[str, Answer]], list[Measure]]


@dataclass(frozen=True)
class PartFigures:
    """The figures of one part.

    Attributes:
        of_models: By the model's name.
        differences: The last model minus each of the others, image by image.
        of_others: Of other readers and networks.
    """

    of_models: dict[str, list[Figure]]
    differences: list[Figure]
    of_others: list[Figure]


def part_figures(
    part: str,
    answers: Mapping[str, Mapping[str, Answer]],
    measured: Measured,
    others: Sequence[tuple[str, Measure]] = (),
    *,
    scored_only: bool = True,
) -> PartFigures:
    """Computes the figures of one part.

    Args:
        part: Name of the part.
        answers: Each model's answers by image, the models from old to new.
        measured: The figures that follow from one model's answers.
        others: Figures of others: who, and the figure.
        scored_only: Whether only images that both models scored are compared.
    """
    of_models = {
        model: [figure_of(part, model, measure) for measure in measured(given)] if given else []
        for model, given in answers.items()
    }
    *olds, new = answers
    differences = []
    for old in olds:
        common = [
            image
            for image, answer in answers[new].items()
            if image in answers[old]
            and not (scored_only and (answer.score is None or answers[old][image].score is None))
        ]
        if not common:
            continue
        pair = [measured({image: answers[model][image] for image in common}) for model in (new, old)]
        by = MINUS.format(new, old)
        # Where a model's own zones decide what is counted, two models have no rows in common.
        differences += [
            difference_of(part, by, mine, other)
            for mine, other in zip(*pair, strict=True)
            if mine.patients == other.patients
        ]
    return PartFigures(of_models, differences, [figure_of(part, who, measure) for who, measure in others])


def figures_of_card(part: str, model: str, metrics: Mapping[str, Any]) -> list[Figure]:
    """The cross-validated figures that a model card states, for weights whose folds are not at hand."""
    figures = metrics.get("cross_validation")
    if not figures:
        return []
    readers = figures["readers"]
    final = next(name for name in ("ens", "ha", "sa", *readers) if name in readers)
    zones, whole = readers[final]["zones"], readers[final]["global"]
    calibration = figures["calibration"]
    tempered = calibration["tempered" if calibration["temperature_helps"] else "as_trained"]
    no_interval = (float("nan"), float("nan"))
    rows = [
        (scored_figures.ZONES, zones["mean_absolute_error"], zones["interval_95"]),
        (scored_figures.GLOBAL, whole["mean_absolute_error"], whole["interval_95"]),
        (scored_figures.BIAS, whole["mean_error"], no_interval),
        (scored_figures.R, whole["correlation"], no_interval),
        (scored_figures.ECE, tempered["ece"], no_interval),
    ]
    counts = figures["images"], figures["patients"]
    return [Figure(part, name, model, value, low, high, *counts) for name, value, (low, high) in rows]
