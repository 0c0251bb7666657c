"""What a radiologist has read: saved Brixia scores, and how they stand beside a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bsnet_core.brixia import BrixiaScore
from bsnet_core.prediction import ModelIdentity


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
        study: A label that names nobody, such as the study's date and number.
        study_date: As in the file, YYYYMMDD; empty where it states none.
        predicted: What the model said.
        model: Name, version and hash of its weights.
    """

    study: str
    study_date: str
    reading: Reading
    predicted: BrixiaScore
    model: ModelIdentity
