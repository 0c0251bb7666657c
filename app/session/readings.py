"""Readings: Brixia scores that radiologists have saved, and their comparison with predictions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from app.session.reading_keys import ReadingKeys
from bsnet_core.agreement import fleiss_kappa
from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.partial_score import ReadScore, assessed_zones, entries_of, highest_total

if TYPE_CHECKING:
    from collections.abc import Callable

    from bsnet_core.inference.prediction import ModelIdentity

HASH_LENGTH = 8
"""Number of characters of a hash on the screen; files have all of them."""


class IncompleteReadingError(BSNetError):
    """A reading without a score in every zone; the text names the zones."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One saved reading of one image; never changed, only superseded by a later one of the same reader.

    Attributes:
        reader: Name of the reader, as in the settings.
        score: All six zones, or a `PartialScore` where some could not be assessed.
        started_at, saved_at: Times of the first entry and of saving, in UTC.
        blind: Whether the prediction was hidden from the reader until this reading was saved.
        comment: The reader's own words; may be empty.
        displayed_at: When the image came to the screen, in UTC; None if the reading was begun in another session.
    """

    reader: str
    score: ReadScore
    started_at: datetime
    saved_at: datetime
    blind: bool
    comment: str = ""
    displayed_at: datetime | None = None

    @property
    def seconds_to_save(self) -> float | None:
        """Time from display to saving; None if the time of display is not known."""
        return None if self.displayed_at is None else (self.saved_at - self.displayed_at).total_seconds()


@dataclass(frozen=True, slots=True)
class ComparedReading:
    """A saved reading with a prediction of the same image, for agreement over all readings.

    Attributes:
        image: Label without the patient's identity, such as the study date and a number.
        study_date: YYYYMMDD as in the file; empty if the file has none.
        predicted: The model's score.
        model: Name, version and hash of the weights.
        keys: What it is found by in other tables.
    """

    image: str
    study_date: str
    reading: Reading
    predicted: BrixiaScore
    model: ModelIdentity
    keys: ReadingKeys = ReadingKeys()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class ListedReading:
    """A saved reading of the library, superseded or not, with the last prediction of its image if there is one.

    Attributes:
        image, study_date, keys: As of a `ComparedReading`.
        predicted, model: Predicted score and its model; both or neither.
    """

    image: str
    study_date: str
    reading: Reading
    keys: ReadingKeys = ReadingKeys()  # noqa: RUF009 - frozen
    predicted: BrixiaScore | None = None
    model: ModelIdentity | None = None

    @classmethod
    def of(cls, compared: ComparedReading) -> ListedReading:
        """A reading that is compared with a prediction."""
        return cls(
            compared.image, compared.study_date, compared.reading, compared.keys, compared.predicted, compared.model
        )

    @property
    def compared(self) -> ComparedReading | None:
        """The reading beside the prediction; None without one."""
        if self.predicted is None or self.model is None:
            return None
        return ComparedReading(self.image, self.study_date, self.reading, self.predicted, self.model, self.keys)


@dataclass(frozen=True, slots=True)
class ResultSet:
    """One of an image's scores: a reader's, or a model's.

    Attributes:
        name: Reader, or model with version and start of its hash.
        detail: Time and kind of the score, and the reader's comment, for people; may be empty.
        score: All six zones, or those that were assessed.
    """

    name: str
    detail: str
    score: ReadScore


def last_reading_of(readings: Iterable[Reading], reader: str) -> Reading | None:
    """A reader's latest reading; None if there is none."""
    return max(
        (reading for reading in readings if reading.reader == reader),
        key=lambda reading: reading.saved_at,
        default=None,
    )


def describe_total(score: ReadScore) -> str:
    """The global score and the highest it could be, and out of how many zones where some were not assessed."""
    count = len(assessed_zones(score))
    if not count:
        return _("no zone assessable")
    if count == len(ZONES):
        return f"{score.total} / {highest_total(score)}"
    return _("{total} / {most} ({count} of 6 zones)").format(total=score.total, most=highest_total(score), count=count)


def describe_read_score(score: ReadScore) -> str:
    """A read global score in few letters, for a list."""
    count = len(assessed_zones(score))
    if not count:
        return _("read, no zone assessable")
    words = _("read {total}/{most}").format(total=score.total, most=highest_total(score))
    return words if count == len(ZONES) else _("{total}, {count} of 6 zones").format(total=words, count=count)


def name_of_reader(reader: str) -> str:
    """A reader's name, or a text for a reader without one."""
    return reader or _("unnamed reader")


def name_of_model(model: ModelIdentity) -> str:
    """Name, version and start of the hash."""
    return f"{model.name} {model.version} ({model.sha256[:HASH_LENGTH]})"


def result_sets(
    readings: Sequence[Reading], predictions: Iterable[tuple[ModelIdentity, BrixiaScore]]
) -> tuple[ResultSet, ...]:
    """Every reader's last reading, in the order of saving, then the newest score of every model.

    Args:
        readings: Readings of one image.
        predictions: Models and their scores of this image, the newest first.
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
    """Only the last reading of each reader, image and model, in the order given."""
    return _one_of_each(compared, lambda one, known: one.reading.saved_at >= known.reading.saved_at)


def first_blind_ones(compared: Iterable[ComparedReading]) -> list[ComparedReading]:
    """Only the first blind reading of each reader, image and model, in the order given."""
    blind = [one for one in compared if one.reading.blind]
    return _one_of_each(blind, lambda one, known: one.reading.saved_at < known.reading.saved_at)


def _one_of_each(
    compared: Iterable[ComparedReading], is_better: Callable[[ComparedReading, ComparedReading], bool]
) -> list[ComparedReading]:
    best: dict[tuple[str, str, str], ComparedReading] = {}
    every = list(compared)
    for one in every:
        place = (one.image, one.reading.reader, one.model.sha256)
        known = best.get(place)
        if known is None or is_better(one, known):
            best[place] = one
    chosen = {id(one) for one in best.values()}
    return [one for one in every if id(one) in chosen]


@dataclass(frozen=True, slots=True)
class ReadersAgreement:
    """Agreement of readers with each other, on the images that all of them have read.

    Attributes:
        kappa: Fleiss' kappa of the zone scores; NaN where chance alone explains the agreement.
        readers, images: Number of readers and images.
    """

    kappa: float
    readers: int
    images: int


def readers_agreement(compared: Iterable[ComparedReading]) -> ReadersAgreement | None:
    """Agreement of the readers' last readings; None with one reader, or without an image that all have read."""
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
    scores = np.array(
        [[list(entries_of(of_image[reader].score).values()) for reader in readers] for of_image in shared]
    )
    by_zone = scores.transpose(0, 2, 1).reshape(-1, len(readers))  # (images × zones, readers)
    by_zone = by_zone[(by_zone >= 0).all(axis=1)]  # zones that all of them have assessed
    if not len(by_zone):
        return None
    return ReadersAgreement(fleiss_kappa(by_zone), len(readers), len(shared))


def _detail_of(reading: Reading) -> str:
    when = f"{reading.saved_at.astimezone():%Y-%m-%d %H:%M}"
    detail = _("{when}, blind").format(when=when) if reading.blind else when
    return f"{detail}\n{reading.comment}" if reading.comment else detail
