"""The Structured Report of a reader's own reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from highdicom import sr
from pydicom.dataset import Dataset

from bsnet_core.dicom_objects import concept_codes as concepts
from bsnet_core.dicom_objects.new_instance import NewSeries
from bsnet_core.dicom_objects.original_image import OriginalImage
from bsnet_core.dicom_objects.score_document import ScoreGroups, score_document
from bsnet_core.frames import Frames
from bsnet_core.intended_use import intended_use
from bsnet_core.language import translate as _
from bsnet_core.partial_score import ReadScore

SERIES_NUMBER = 9702
MOST_LETTERS = 64
"""Of a group of a name (VR PN)."""


@dataclass(frozen=True, slots=True)
class ReadByPerson:
    """One saved reading.

    Attributes:
        reader: The reader's name as entered.
        score: All six zones, or those that could be assessed.
        saved_at: When it was saved, with a time zone.
        blind: Whether the prediction was hidden until then; None if that was not recorded.
    """

    reader: str
    score: ReadScore
    saved_at: datetime
    blind: bool | None


def reading_document(
    original: OriginalImage, reading: ReadByPerson, frames: Frames | None, made_at: datetime
) -> Dataset:
    """Makes the document of a reading: a Comprehensive 3D SR after TID 1500 with a person as observer.

    Args:
        original: The image that was read.
        reading: The reading.
        frames: Where the prediction found the zones; None if there is none, or the reader must not see it yet.
        made_at: Now, with a time zone.
    """
    name = person_name(reading.reader)
    original = original.able_to_write(name, intended_use())
    shown = concepts.HIDDEN if reading.blind else concepts.SHOWN
    groups = ScoreGroups(
        score=reading.score,
        frames=frames,
        observer=sr.ObserverContext(
            observer_type=concepts.PERSON,
            observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=name),
        ),
        method=concepts.READER_METHOD,
        observed_at=reading.saved_at,
        evaluations=([] if reading.blind is None else [sr.QualitativeEvaluation(concepts.PREDICTION_HIDDEN, shown)]),
        notes=[(concepts.INTENDED_USE, intended_use())],
    )
    return score_document(groups, original, NewSeries(SERIES_NUMBER, _("Brixia score, reading")), made_at)


def person_name(reader: str) -> str:
    """A name as VR PN takes it: one group, without the signs that divide it; as family name unless it is divided."""
    plain = "".join(" " if sign in "\\=" or not sign.isprintable() else sign for sign in reader)
    words = " ".join(plain.split())[:MOST_LETTERS] or _("not named")
    return words if "^" in words else f"{words}^"
