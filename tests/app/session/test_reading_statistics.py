from dataclasses import replace

from app.session.reading_statistics import Counted, ReadingFilter, statistics_of
from app.session.readings import ComparedReading
from bsnet_core.brixia import BrixiaScore, Zone
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.partial_score import PartialScore
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
    figures = statistics_of(READINGS, ReadingFilter(counted=Counted.LAST))
    assert figures.chosen == READINGS[1:]
    assert figures.all_count == 4
    assert (figures.images, figures.models) == (2, 2)
    assert figures.read.tolist() == [[1] * 6, [2] * 6, [2] * 6]
    assert figures.predicted.tolist() == [[1] * 6] * 3


def test_by_default_the_first_blind_reading_counts_whatever_came_before_and_after():
    seen, first = compared("1", "333333"), compared("1", "000000", minute=1, blind=True)
    later = (compared("1", "111111", minute=2, blind=True), compared("1", "222222", minute=3))
    assert statistics_of((*later, first, seen), ReadingFilter()).chosen == (first,)


def test_a_zone_that_was_not_assessable_is_no_number():
    partial = replace(saved("000000", blind=True), score=PartialScore((None, 1, 1, 1, 1, 1)), comment="lines")
    figures = statistics_of([replace(READINGS[2], reading=partial)], ReadingFilter())
    assert figures.read.tolist() == [[-1, 1, 1, 1, 1, 1]]
    assert (figures.is_whole.tolist(), figures.not_assessable, figures.comments) == ([False], 1, 1)
    assert figures.table.total is figures.table.zones[Zone.A] is None


def test_filters_by_reader_model_and_blindness_apply_together():
    chosen = statistics_of(READINGS, ReadingFilter(reader="Dr. Bianchi", sha256=SECOND.sha256, blind_only=True)).chosen
    assert chosen == READINGS[3:]
    assert statistics_of(READINGS, ReadingFilter(reader="Dr. Rossi", counted=Counted.ALL)).chosen == READINGS[:2]


def test_without_readings_there_are_no_figures():
    figures = statistics_of(READINGS, ReadingFilter(reader="nobody"))
    assert figures.table is None
    assert figures.among is None
    assert figures.read.shape == (0, 6)
