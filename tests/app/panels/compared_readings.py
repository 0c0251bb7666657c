"""Readings of three images by two readers, with the predictions that they are compared with."""

from datetime import UTC, datetime, timedelta

from app.session.readings import ComparedReading, Reading
from bsnet_core.brixia import BrixiaScore
from bsnet_core.inference.prediction import ModelIdentity

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
OLD, NEW = (ModelIdentity("bsnet", version, start * 8) for version, start in (("1", "01234567"), ("2", "89abcdef")))


def compared(image, read, predicted, reader="Dr. Rossi", model=NEW, minute=0, blind=True):
    moment = MOMENT + timedelta(minutes=minute)
    reading = Reading(reader, BrixiaScore.from_text(read), moment, moment, blind)
    return ComparedReading(image, "20260301", reading, BrixiaScore.from_text(predicted), model)


READS = [
    compared("1", "012301", "012301"),
    compared("2", "111111", "111122"),
    compared("3", "333333", "000000", blind=False),
    compared("1", "012300", "012301", "Dr. Bianchi"),
    compared("2", "111110", "111122", "Dr. Bianchi"),
]
