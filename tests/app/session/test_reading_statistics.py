from app.session.reading_statistics import ReadingFilter, statistics_of
from app.session.readings import ComparedReading
from bsnet_core.brixia import BrixiaScore
from bsnet_core.inference.prediction import ModelIdentity
from tests.app.session.conftest import saved

FIRST, SECOND = (ModelIdentity("bsnet", version, version * 64) for version in ("1", "2"))


def compared(image, read, model=FIRST, **more):
    return ComparedReading(image, "20260301", saved(read, **more), BrixiaScore.from_text("111111"), model)


READINGS = (
    compared("1", "000000"),
    compared("1", "111111", minute=1),
    compared("2", "222222", reader="Dr. Bianchi", blind=True),
    compared("2", "222222", model=SECOND, reader="Dr. Bianchi", blind=True),
)


def test_only_the_last_reading_of_a_reader_image_and_model_counts():
    figures = statistics_of(READINGS, ReadingFilter())
    assert figures.chosen == READINGS[1:]
    assert figures.all_count == 4
    assert (figures.images, figures.models) == (2, 2)
    assert figures.read.tolist() == [[1] * 6, [2] * 6, [2] * 6]
    assert figures.predicted.tolist() == [[1] * 6] * 3


def test_filters_by_reader_model_and_blindness_apply_together():
    chosen = statistics_of(READINGS, ReadingFilter(reader="Dr. Bianchi", sha256=SECOND.sha256, blind_only=True)).chosen
    assert chosen == READINGS[3:]
    assert statistics_of(READINGS, ReadingFilter(reader="Dr. Rossi", last_only=False)).chosen == READINGS[:2]


def test_without_readings_there_are_no_figures():
    figures = statistics_of(READINGS, ReadingFilter(reader="nobody"))
    assert figures.table is None
    assert figures.among is None
    assert figures.read.shape == (0, 6)
