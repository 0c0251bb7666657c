from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from app.library.records import KeptImage, KeptPrediction, PastImage
from app.presenters.reported_prior import prior_for_report
from app.session.visibility import Visibility
from bsnet_core.radiograph import ImageMetadata
from tests.app.predictions import prediction
from tests.app.report.images import READER, reading

AT = datetime(2020, 5, 1, tzinfo=UTC)
NOW = ImageMetadata(study_date="20200110", study_time="080000")


def past(number, day, *, score="111111", readers=(), time="080000"):
    kept = KeptImage(number, "key", ImageMetadata(study_date=day, study_time=time), Path("a.dcm"), b"", AT, AT)
    predicted = None if score is None else KeptPrediction.of(prediction(score), AT, "1.0")
    return PastImage(kept, predicted, tuple(replace(reading("222222"), reader=name) for name in readers))


def found(entries, visibility, with_prediction=True):
    return prior_for_report(entries, NOW, visibility, with_prediction=with_prediction)


def test_the_latest_of_the_images_made_before_this_one_is_compared():
    entries = [past(3, "20200111"), past(2, "20200105"), past(1, "20200101"), past(4, NOW.study_date)]
    assert found(entries, Visibility(READER)).number == 2
    assert found(entries[:1] + entries[3:], Visibility(READER)) is None
    assert found([past(5, NOW.study_date, time="070000")], Visibility(READER)).number == 5


def test_an_image_without_a_result_for_this_reader_is_passed_over():
    entries = [past(1, "20200101"), past(2, "20200105", score=None, readers=("Somebody else",))]
    assert found(entries, Visibility(READER)).number == 1


def test_a_blind_reader_gets_no_prediction_of_a_prior_that_is_not_read_yet():
    unread, read = past(1, "20200101", readers=("Somebody else",)), past(1, "20200101", readers=(READER,))
    blind = Visibility(READER, blind=True)
    assert found([unread], blind) is None
    assert found([read], blind).results.score is not None
    assert found([unread], Visibility(READER)).results.score is not None


def test_only_the_reader_s_own_reading_is_compared():
    results = found([past(1, "20200101", readers=("Somebody else",))], Visibility(READER)).results
    assert results.reading is None
    both = found([past(1, "20200101", readers=("Somebody else", READER))], Visibility(READER)).results
    assert both.reading.reader == READER


def test_where_the_current_prediction_is_hidden_the_prior_s_is_left_out():
    assert found([past(1, "20200101")], Visibility(READER), with_prediction=False) is None
    only_read = found([past(1, "20200101", readers=(READER,))], Visibility(READER), with_prediction=False)
    assert (only_read.results.score, only_read.results.reading.reader) == (None, READER)


def test_an_image_without_a_date_has_no_prior():
    assert prior_for_report([past(1, "20200101")], ImageMetadata(), Visibility(), with_prediction=True) is None
