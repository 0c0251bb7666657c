"""The images that measure a model elsewhere: of patients that no model is trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from training.datasets.cohen import load_cohen_folder
from training.datasets.kept_apart import is_kept_apart
from training.datasets.opacity_boxes import LungClass
from training.datasets.ralo import load_ralo
from training.datasets.rsna_lungs import load_rsna_lungs
from training.datasets.sample import Sample
from training.datasets.splits import scored_patients
from training.datasets.unscored import load_hannover, load_nih_no_finding

OF_EACH_CLASS = 100
"""Largest number of images of each of a radiologist's classes: intervals are narrow enough, and time is saved."""


class Source(StrEnum):
    """A source of images, by the name of its folder below the data folder."""

    RALO = "ralo"
    NIH = "nih-no-finding"
    RSNA = "rsna-lungs"
    COHEN = "cohen"
    HANNOVER = "hannover"


_LOADERS = {
    Source.RALO: load_ralo,
    Source.NIH: load_nih_no_finding,
    Source.RSNA: load_rsna_lungs,
    Source.COHEN: load_cohen_folder,
    Source.HANNOVER: load_hannover,
}


def images_of(data: Path, source: Source) -> list[Sample]:
    """All images of a source.

    Args:
        data: Folder with one folder per source.
        source: The source.

    Raises:
        DataSetError: a missing or malformed file, row or column.
    """
    return _LOADERS[source](data / source.value)


def images_to_measure(data: Path, source: Source) -> list[Sample]:
    """The images of patients kept apart; of the Cohen collection only patients without a Brixia score.

    Of the RSNA's images `OF_EACH_CLASS` of each class.

    Arguments and errors as for `images_of`.
    """
    samples = images_of(data, source)
    scored = scored_patients(samples)
    kept = [sample for sample in samples if is_kept_apart(sample.patient) and sample.patient not in scored]
    return _some_of_each_class(kept)


def _some_of_each_class(samples: Sequence[Sample]) -> list[Sample]:
    """The first images of each class; all that have none. Names of the images are random, so is what comes first."""
    counted: Counter[LungClass] = Counter()
    chosen = []
    for sample in samples:
        if sample.lung_class is not None:
            counted[sample.lung_class] += 1
        if sample.lung_class is None or counted[sample.lung_class] <= OF_EACH_CLASS:
            chosen.append(sample)
    return chosen


def name_below(data: Path, image: Path) -> str:
    """An image's path below the data folder, with forward slashes."""
    return image.relative_to(data).as_posix()
