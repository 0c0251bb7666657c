from dataclasses import replace

import pytest

from app.report.content import ReportChoices, compose_report
from app.report.paper import Paper
from app.report.pdf import report_pdf
from app.report.prior_change import ReportedPrior, change_since
from bsnet_core.brixia import BrixiaScore
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.model.network_config import Attention
from bsnet_core.partial_score import read_score_from_text
from tests.app.predictions import prediction
from tests.app.report.documents import texts_of
from tests.app.report.images import MADE_AT, metadata, reading, reported, text_of

NOW = prediction("012321")
BEFORE = ReportedPrior("20191230", BrixiaScore.from_text("222222"), NOW.model, NOW.attention, reading("000000"))


def test_every_zone_and_the_global_score_are_compared_with_the_prior():
    text = text_of(reported(prior=BEFORE))
    assert "Change since the prior image Prior image of 2019-12-30. Made 3 days before." in text
    assert "Prediction, prior image 2 2 2 2 2 2 12" in text
    assert "Prediction, change −2 −1 0 +1 0 −1 −3" in text
    assert "Reading, prior image 0 0 0 0 0 0 0" in text
    assert "Reading, change +1 +1 +2 +3 0 0 +7" in text


def test_a_report_without_a_prior_says_nothing_of_one():
    assert "prior" not in text_of().lower()


@pytest.mark.parametrize(
    "other",
    [
        {"model": ModelIdentity("bsnet-test", "1.2", "f" * 64)},
        {"attention": Attention.HARD},
        {"score": None},
    ],
)
def test_predictions_of_other_weights_or_another_head_are_not_compared(other):
    prior = replace(BEFORE, **other)
    change = change_since(prior, metadata(), NOW, reading(), with_dates=True)
    assert [row[0] for row in change.rows] == ["", "Reading, prior image", "Reading, change"]
    assert change_since(prior, metadata(), NOW, None, with_dates=True) is None


def test_readings_of_two_people_are_not_compared():
    prior = replace(BEFORE, reading=replace(reading(), reader="Somebody else"))
    change = change_since(prior, metadata(), None, reading(), with_dates=True)
    assert change is None


def test_a_hidden_prediction_or_a_reading_left_out_is_not_compared_either():
    hidden = compose_report(reported(prediction_is_hidden=True, prior=BEFORE), ReportChoices(), MADE_AT)
    assert [row[0] for row in hidden.change.rows[1:]] == ["Reading, prior image", "Reading, change"]
    choices = ReportChoices(with_reading=False)
    unread = compose_report(reported(prior=BEFORE), choices, MADE_AT)
    assert [row[0] for row in unread.change.rows[1:]] == ["Prediction, prior image", "Prediction, change"]
    assert "Reading, " not in " ".join(texts_of(report_pdf(unread, Paper.A4)))


def test_a_de_identified_report_states_days_but_no_date_of_the_prior():
    text = text_of(reported(prior=BEFORE), deidentified=True)
    assert "Made 3 days before." in text
    assert "2019" not in text
    assert "Prior image of 2019-12-30." in text_of(reported(prior=BEFORE), deidentified=True, keep_dates=True)


def test_a_prior_of_the_same_day_and_one_without_a_date_are_described_as_such():
    same = change_since(replace(BEFORE, study_date="20200102"), metadata(), NOW, None, with_dates=True)
    assert same.note.startswith("Prior image of 2020-01-02. Made on the same day.")
    undated = change_since(replace(BEFORE, study_date=""), metadata(), NOW, None, with_dates=True)
    assert undated.note == "Change: this image minus the prior image."


def test_a_change_of_one_day_is_counted_in_the_singular():
    one = change_since(replace(BEFORE, study_date="20200101"), metadata(), NOW, None, with_dates=False)
    assert one.note.startswith("Made 1 day before.")


def test_a_zone_that_was_not_assessable_once_has_no_change_and_neither_has_the_sum():
    prior = replace(BEFORE, reading=replace(reading("000000"), score=read_score_from_text("x00000")))
    change = change_since(prior, metadata(), None, reading("112300"), with_dates=True)
    assert change.rows[1] == ("Reading, prior image", "×", "0", "0", "0", "0", "0", "0")
    assert change.rows[2] == ("Reading, change", "–", "+1", "+2", "+3", "0", "0", "–")


def test_a_prior_without_an_assessable_zone_has_no_global_score():
    prior = replace(BEFORE, reading=replace(reading("000000"), score=read_score_from_text("xxxxxx")))
    change = change_since(prior, metadata(), None, reading("112300"), with_dates=True)
    assert change.rows[1] == ("Reading, prior image", *("×",) * 7)
