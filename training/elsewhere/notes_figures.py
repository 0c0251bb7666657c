"""Figures on rejections and notes: on real images as they are, on altered ones, and on what is no chest radiograph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from training.elsewhere.answers import Answer
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import mean

TOLD_OF, REJECTED = "noted or rejected: {}", "rejected: {}"
KIND_ENDS = ":"
ALL = "all"
ALL_WHOLE_IMAGES = "all sources but the cut-out lungs"
RIGHT_REASON = "noted or rejected with the right reason: {}"


def share_of(name: str, answers: Sequence[Answer], holds: Callable[[Answer], bool]) -> Measure:
    """The share of the answers for which something holds."""
    patients = tuple(answer.patient for answer in answers)
    return Measure(name, mean([holds(answer) for answer in answers]), patients, len(answers))


def shares_by_kind(answers: Mapping[str, Answer]) -> list[Measure]:
    """The shares of all images and of each kind, which is what stands before the colon of an image's name."""
    kinds: dict[str, list[Answer]] = {}
    for name, answer in answers.items():
        kinds.setdefault(name.partition(KIND_ENDS)[0], []).append(answer)
    found = shares(ALL, list(answers.values()))
    return found + [measure for kind, of_kind in sorted(kinds.items()) for measure in shares(kind, of_kind)]


def shares(kind: str, answers: Sequence[Answer]) -> list[Measure]:
    """The shares of images that were noted or rejected, and that were rejected."""
    return [
        share_of(TOLD_OF.format(kind), answers, lambda answer: answer.told_of),
        share_of(REJECTED.format(kind), answers, lambda answer: answer.rejection is not None),
    ]
