"""Figures of the statistics panel, computed from readings; for any thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from app.session.readings import (
    ComparedReading,
    ReadersAgreement,
    first_blind_ones,
    last_ones,
    readers_agreement,
)
from bsnet_core.agreement import AgreementTable, agreement_table
from bsnet_core.brixia import ZONES
from bsnet_core.partial_score import entries_of


class Counted(Enum):
    """Which readings are counted where a reader has several of one image."""

    FIRST_BLIND = auto()
    """The first of those saved before the prediction was seen: the reader's own, not influenced by the network."""
    LAST = auto()
    ALL = auto()


@dataclass(frozen=True, slots=True)
class ReadingFilter:
    """Conditions that a reading must meet to be counted.

    Attributes:
        reader: Name of the only reader; None for all.
        sha256: Hash of the only model's weights; None for all.
        blind_only: Whether only readings saved before the prediction was seen are counted.
        counted: Which readings of a reader and an image are counted, after the other filters.
    """

    reader: str | None = None
    sha256: str | None = None
    blind_only: bool = False
    counted: Counted = Counted.FIRST_BLIND


@dataclass(frozen=True, eq=False)
class ReadingStatistics:
    """Figures over the readings that pass a filter.

    Attributes:
        all_count: Number of readings before filtering.
        chosen: Readings that pass.
        predicted, read: (N, 6) integers, zones A-F; what is read is below 0 where a zone was not assessable.
        table: Agreement per zone and overall; None without readings.
        among: Agreement of the readers with each other, on the images that all of them have read.
        images, models: Number of different images and models.
    """

    all_count: int
    chosen: tuple[ComparedReading, ...]
    predicted: npt.NDArray[np.int64]
    read: npt.NDArray[np.int64]
    table: AgreementTable | None
    among: ReadersAgreement | None
    images: int
    models: int

    @property
    def is_whole(self) -> npt.NDArray[np.bool_]:
        """(N,): whether all six zones of a reading are assessed, so that it has a global score to compare."""
        return np.asarray((self.read >= 0).all(axis=1))

    @property
    def not_assessable(self) -> int:
        """Number of zones that readers could not assess."""
        return int((self.read < 0).sum())

    @property
    def comments(self) -> int:
        """Number of readings with a comment."""
        return sum(bool(one.reading.comment) for one in self.chosen)


def statistics_of(compared: Sequence[ComparedReading], requested: ReadingFilter) -> ReadingStatistics:
    """Filters the readings and computes their figures."""
    chosen = [
        one
        for one in compared
        if (requested.reader is None or one.reading.reader == requested.reader)
        and (requested.sha256 is None or one.model.sha256 == requested.sha256)
        and (one.reading.blind or not requested.blind_only)
    ]
    if requested.counted is Counted.FIRST_BLIND:
        chosen = first_blind_ones(chosen)
    elif requested.counted is Counted.LAST:
        chosen = last_ones(chosen)
    predicted = _scores([one.predicted.zones for one in chosen])
    read = _scores([tuple(entries_of(one.reading.score).values()) for one in chosen])
    return ReadingStatistics(
        all_count=len(compared),
        chosen=tuple(chosen),
        predicted=predicted,
        read=read,
        table=agreement_table(predicted, read) if chosen else None,
        among=readers_agreement(chosen),
        images=len({one.image for one in chosen}),
        models=len({one.model.sha256 for one in chosen}),
    )


def _scores(zones: Sequence[tuple[int, ...]]) -> npt.NDArray[np.int64]:
    """(N, 6) integers."""
    return np.array(zones, dtype=np.int64).reshape(-1, len(ZONES))
