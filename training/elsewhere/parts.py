"""The parts of the measurement: which images, and which figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from training.datasets.authors_predictions import with_authors_predictions
from training.datasets.sample import Sample
from training.elsewhere import cohen_figures, normal_figures, ralo_figures, rsna_figures, scored_figures
from training.elsewhere.answered_images import AnsweredImages
from training.elsewhere.answers import Answer
from training.elsewhere.cross_validated_answers import REPEAT
from training.elsewhere.measured_images import Source, images_of, images_to_measure, name_below
from training.elsewhere.severity_link import link_of
from training.evaluation.estimates import Measure

AUTHORS_TABLE = "peers/bsnet-authors-cohen.csv"


class Part(StrEnum):
    """A part of the measurement, in the order of the table."""

    SCORED = "cohen-scored"
    COHEN = "cohen-severity"
    RALO = "ralo"
    NIH = "nih"
    RSNA = "rsna"
    NOTES = "notes"
    ALTERATIONS = "alterations"
    OTHER_IMAGES = "other-images"
    MAPS = "maps"


SOURCE_OF = {
    Part.SCORED: Source.COHEN,
    Part.COHEN: Source.COHEN,
    Part.RALO: Source.RALO,
    Part.NIH: Source.NIH,
    Part.RSNA: Source.RSNA,
}
"""The source of the images of each part that is measured by scores."""


@dataclass(frozen=True)
class ScorePart:
    """A part whose figures follow from a model's scores.

    Attributes:
        part: The part.
        samples, names: The images, and their names in a model's answers.
        measures: The figures of one model.
        others: Who else was measured on these images, with the figures.
    """

    part: Part
    samples: tuple[Sample, ...]
    names: tuple[str, ...]
    measures: Callable[[AnsweredImages], list[Measure]]
    others: tuple[tuple[str, Measure], ...] = ()

    def measured(self, answers: Mapping[str, Answer]) -> list[Measure]:
        """The figures of the model that gave these answers, over the images that it scored."""
        return self.measures(AnsweredImages.of(self.samples, answers, self.names))


def score_part(part: Part, data: Path, repeats: int = 0) -> ScorePart:
    """One of the parts SCORED, COHEN, RALO, NIH and RSNA.

    Args:
        part: The part.
        data: The data folder.
        repeats: For SCORED, the number of repeats of the cross-validation.

    Raises:
        DataSetError: a missing or malformed file, row or column.
    """
    return {
        Part.SCORED: lambda: _scored(data, repeats),
        Part.COHEN: lambda: _cohen(data),
        Part.RALO: lambda: _ralo(data),
        Part.NIH: lambda: _nih(data),
        Part.RSNA: lambda: _rsna(data),
    }[part]()


def cohen_with_authors(data: Path) -> list[Sample]:
    """All images of the Cohen folder, with the authors' predictions if their table is there."""
    samples = images_of(data, Source.COHEN)
    table = data / AUTHORS_TABLE
    return with_authors_predictions(samples, table) if table.exists() else samples


def _scored(data: Path, repeats: int) -> ScorePart:
    cohen = cohen_with_authors(data)
    scored = [sample for sample in cohen if sample.score is not None]
    both = [(sample, repeat) for repeat in range(1, repeats + 1) for sample in scored]
    return ScorePart(
        Part.SCORED,
        tuple(sample for sample, _ in both),
        tuple(f"{name_below(data, sample.image)}{REPEAT}{repeat}" for sample, repeat in both),
        scored_figures.measures,
        tuple(scored_figures.others(cohen)),
    )


def _cohen(data: Path) -> ScorePart:
    cohen = cohen_with_authors(data)
    link = link_of(cohen)
    chosen = {sample.image for sample in images_to_measure(data, Source.COHEN)}
    samples = [sample for sample in cohen if sample.image in chosen and sample.severity is not None]
    return ScorePart(
        Part.COHEN,
        tuple(samples),
        _names(data, samples),
        lambda images: cohen_figures.measures(images, link),
        tuple(cohen_figures.others(samples, link)),
    )


def _ralo(data: Path) -> ScorePart:
    link = link_of(images_of(data, Source.COHEN))
    samples = images_to_measure(data, Source.RALO)
    return ScorePart(
        Part.RALO,
        tuple(samples),
        _names(data, samples),
        lambda images: ralo_figures.measures(images, link),
        tuple(ralo_figures.others(samples, link)),
    )


def _nih(data: Path) -> ScorePart:
    samples = images_to_measure(data, Source.NIH)
    return ScorePart(Part.NIH, tuple(samples), _names(data, samples), normal_figures.measures)


def _rsna(data: Path) -> ScorePart:
    samples = images_to_measure(data, Source.RSNA)
    return ScorePart(Part.RSNA, tuple(samples), _names(data, samples), rsna_figures.measures)


def _names(data: Path, samples: Sequence[Sample]) -> tuple[str, ...]:
    return tuple(name_below(data, sample.image) for sample in samples)
