"""What a radiologist has read: saved Brixia scores, and how they stand beside a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from bsnet_core.agreement import fleiss_kappa
from bsnet_core.brixia import BrixiaScore
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.prediction import ModelIdentity

HASH_LENGTH = 8
"""Characters of a hash that stand on the screen; files have it whole."""


class IncompleteReadingError(BSNetError):
    """A reading without a score in every zone; the text names the zones."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One saved reading of one radiograph; never changed, only superseded by a later one of the same reader.

    Attributes:
        reader: Who read, as named in the settings.
        score: All six zones.
        started_at, saved_at: First key and saving, in UTC.
        blind: Whether the prediction was hidden from the reader until this reading was saved.
    """

    reader: str
    score: BrixiaScore
    started_at: datetime
    saved_at: datetime
    blind: bool


@dataclass(frozen=True, slots=True)
class ComparedReading:
    """A saved reading beside a prediction of the same radiograph, for agreement over all reads.

    Attributes:
        image: A label that names nobody, such as the study's date and number.
        study_date: As in the file, YYYYMMDD; empty where it states none.
        predicted: What the model said.
        model: Name, version and hash of its weights.
    """

    image: str
    study_date: str
    reading: Reading
    predicted: BrixiaScore
    model: ModelIdentity


@dataclass(frozen=True, slots=True)
class ResultSet:
    """One of the scores that a radiograph has: a reader's, or a model's.

    Attributes:
        name: Reader, or model with version and start of its hash.
        detail: When and how it came about, for people; may be empty.
        score: All six zones.
    """

    name: str
    detail: str
    score: BrixiaScore


def last_reading_of(readings: Iterable[Reading], reader: str) -> Reading | None:
    """The reading of a reader that supersedes that reader's others."""
    return max(
        (reading for reading in readings if reading.reader == reader),
        key=lambda reading: reading.saved_at,
        default=None,
    )


def name_of_reader(reader: str) -> str:
    """A reader's name, or words for one who gave none."""
    return reader or _("unnamed reader")


def name_of_model(model: ModelIdentity) -> str:
    """Name, version and start of the hash."""
    return f"{model.name} {model.version} ({model.sha256[:HASH_LENGTH]})"


def result_sets(
    readings: Sequence[Reading], predictions: Iterable[tuple[ModelIdentity, BrixiaScore]]
) -> tuple[ResultSet, ...]:
    """Every reader's last reading, in the order of saving, then every model's score; doubles of a model are left out.

    Args:
        readings: Of one radiograph.
        predictions: Models and what they said of it, the newest first.
    """
    last = {reading.reader: reading for reading in sorted(readings, key=lambda reading: reading.saved_at)}
    sets = [
        ResultSet(name_of_reader(reading.reader), _detail_of(reading), reading.score)
        for reading in sorted(last.values(), key=lambda reading: reading.saved_at)
    ]
    by_model: dict[ModelIdentity, BrixiaScore] = {}
    for model, score in predictions:
        by_model.setdefault(model, score)
    sets += [ResultSet(name_of_model(model), _("prediction"), score) for model, score in by_model.items()]
    return tuple(sets)


def last_ones(compared: Iterable[ComparedReading]) -> list[ComparedReading]:
    """Only the last reading of every reader, study and model; the order stays."""
    last: dict[tuple[str, str, str], ComparedReading] = {}
    every = list(compared)
    for one in every:
        place = (one.image, one.reading.reader, one.model.sha256)
        known = last.get(place)
        if known is None or one.reading.saved_at >= known.reading.saved_at:
            last[place] = one
    chosen = {id(one) for one in last.values()}
    return [one for one in every if id(one) in chosen]


@dataclass(frozen=True, slots=True)
class ReadersAgreement:
    """How readers agree among themselves, on the films that all of them have read.

    Attributes:
        kappa: Fleiss' kappa of the zone scores; NaN where chance alone explains all.
        readers, images: How many.
    """

    kappa: float
    readers: int
    images: int


def readers_agreement(compared: Iterable[ComparedReading]) -> ReadersAgreement | None:
    """Agreement of the readers' last readings; None with one reader, or without a film that all have read."""
    last: dict[str, dict[str, Reading]] = {}
    for one in compared:
        of_image = last.setdefault(one.image, {})
        known = of_image.get(one.reading.reader)
        if known is None or one.reading.saved_at >= known.saved_at:
            of_image[one.reading.reader] = one.reading
    readers = sorted({reader for of_image in last.values() for reader in of_image})
    shared = [of_image for of_image in last.values() if len(of_image) == len(readers)]
    if len(readers) < 2 or not shared:
        return None
    scores = np.array([[of_image[reader].score.zones for reader in readers] for of_image in shared])
    by_zone = scores.transpose(0, 2, 1).reshape(-1, len(readers))  # (films × zones, readers)
    return ReadersAgreement(fleiss_kappa(by_zone), len(readers), len(shared))


def _detail_of(reading: Reading) -> str:
    when = f"{reading.saved_at.astimezone():%Y-%m-%d %H:%M}"
    return _("{when}, blind").format(when=when) if reading.blind else when
