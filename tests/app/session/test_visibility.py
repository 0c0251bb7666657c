"""Blind reading in the session: what is hidden, revealed, and recorded as seen."""

from pathlib import Path

import pytest

from app.panels.session_list import SessionListModel
from app.session.readings import ComparedReading
from app.session.session import Session
from app.session.visibility import Visibility
from bsnet_core.brixia import BrixiaScore, Zone
from bsnet_core.inference.prediction import ModelIdentity
from tests.app.predictions import explanation, prediction
from tests.app.session.conftest import enter_all, saved


def compared(image, reader):
    score = BrixiaScore.from_text("012321")
    return ComparedReading(
        image, "20260301", saved("111111", reader), score, ModelIdentity("bsnet-test", "1", "ab" * 32)
    )


@pytest.fixture
def session(read_session):
    return read_session


def test_blind_reading_hides_the_prediction_until_the_own_reading_is_saved(session):
    session.blind = True
    session.accept_prediction(0, prediction("012321"))
    session.accept_explanation(0, explanation({}))
    shown = session.shown(0)
    assert (shown.score, shown.prediction, shown.explanation) == (None, None, None)
    assert session.image(0).prediction is not None
    enter_all(session, 0, "000000")
    assert not session.prediction_is_visible(0)
    reading = session.save_reading(0)
    assert reading.blind
    assert session.prediction_is_visible(0)
    assert session.shown(0).score.total == 9


def test_the_list_does_not_tell_a_hidden_prediction(qapp):
    session = Session()
    model = SessionListModel(session)
    session.add(Path("/films/0.dcm"))
    session.accept_prediction(0, prediction("012321"))
    assert "predicted 9/18" in model.index(0).data()
    session.blind = True
    assert model.index(0).data() == "0.dcm\nanalysed"
    enter_all(session, 0, "100000")
    session.save_reading(0)
    assert model.index(0).data().endswith("predicted 9/18\nread 1/18")


def test_another_reader_s_score_is_hidden_too_while_reading_blind(session):
    session.recall(0, {}, [saved("333333", "Dr. Bianchi")])
    session.blind = True
    assert session.shown(0).readings == ()
    assert session.shown(0).read_score is None
    session.blind = False
    assert session.shown(0).read_score.total == 18


def test_a_prediction_seen_before_the_mode_was_switched_on_makes_the_reading_not_blind(session):
    session.accept_prediction(0, prediction())
    session.blind = True
    enter_all(session, 0, "000000")
    assert not session.save_reading(0).blind
    session.accept_prediction(1, prediction())
    enter_all(session, 1, "000000")
    assert session.save_reading(1).blind


def test_leaving_the_mode_reveals_and_is_recorded_and_the_reading_is_not_blind(session):
    session.blind = True
    session.accept_prediction(0, prediction())
    session.accept_prediction(1, prediction())
    enter_all(session, 1, "000000")
    session.save_reading(1)
    revealed = []
    session.prediction_revealed.connect(revealed.append)
    session.blind = False
    assert revealed == [0]
    session.blind = True
    enter_all(session, 0, "000000")
    assert not session.save_reading(0).blind


def test_a_reading_before_any_prediction_is_blind_only_in_the_mode(session):
    enter_all(session, 0, "000000")
    assert not session.save_reading(0).blind
    session.blind = True
    enter_all(session, 1, "000000")
    assert session.save_reading(1).blind


def test_what_one_reader_saw_leaves_another_blind_but_somebody_unnamed_could_be_anybody(session):
    session.accept_prediction(0, prediction())
    session.blind = True
    session.reader = "Dr. Bianchi"
    enter_all(session, 0, "000000")
    assert session.save_reading(0).blind
    session.blind = False
    session.reader = ""
    session.accept_prediction(1, prediction())
    session.reader = "Dr. Verdi"
    session.blind = True
    enter_all(session, 1, "000000")
    assert not session.save_reading(1).blind


def test_a_draft_begun_by_somebody_who_saw_the_prediction_is_not_blind_under_another_name(session):
    session.accept_prediction(0, prediction())
    session.enter(0, Zone.A, 0)
    session.blind = True
    session.reader = "Dr. Bianchi"
    enter_all(session, 0, "000000")
    assert not session.save_reading(0).blind


def test_each_reader_has_to_save_before_seeing(session):
    session.blind = True
    session.accept_prediction(0, prediction())
    enter_all(session, 0, "000000")
    session.save_reading(0)
    session.reader = "Dr. Bianchi"
    assert not session.prediction_is_visible(0)
    assert session.shown(0).readings == ()
    session.reader = "Dr. Rossi"
    assert session.prediction_is_visible(0)


def test_a_caller_cannot_have_a_seen_prediction_recorded_as_hidden(session):
    session.accept_prediction(0, prediction())
    enter_all(session, 0, "000000")
    assert not session.save_reading(0, "Dr. Rossi", True).blind


def test_seeing_is_told_once_per_reader(session):
    told = []
    session.prediction_seen.connect(lambda key, reader: told.append((key, reader)))
    session.accept_prediction(0, prediction())
    session.accept_prediction(0, prediction())
    session.reader = "Dr. Bianchi"
    assert told == [(0, "Dr. Rossi"), (0, "Dr. Bianchi")]


def test_what_was_seen_in_an_earlier_session_counts_as_seen(session):
    session.blind = True
    session.recall(0, {}, [], seen_by=["Dr. Rossi"])
    enter_all(session, 0, "000000")
    assert not session.save_reading(0).blind


def test_a_study_is_shown_as_it_is_while_nothing_is_hidden(session):
    session.accept_prediction(0, prediction())
    assert session.shown(0) is session.image(0)


@pytest.mark.parametrize("reader", ["", "Dr. Rossi"])
def test_of_an_image_that_nobody_has_read_a_blind_reader_sees_nothing_named_or_not(reader):
    assert not Visibility(reader, blind=True).allows([])
    assert Visibility(reader, blind=True).allows([reader, "Dr. Bianchi"])
    assert not Visibility(reader, blind=True).allows(["Dr. Bianchi"])
    assert Visibility(reader).allows([])


def test_readings_beside_predictions_are_shown_of_the_images_that_the_reader_has_read():
    rossi, bianchi, other = (compared("a", "Dr. Rossi"), compared("a", "Dr. Bianchi"), compared("b", "Dr. Bianchi"))
    every = (rossi, bianchi, other)
    assert Visibility("Dr. Rossi", blind=True).comparable(every) == (rossi, bianchi)
    assert Visibility("", blind=True).comparable(every) == ()
    assert Visibility("").comparable(every) == every


def test_the_unnamed_reader_sees_after_saving_and_others_do_not(session):
    session.reader = ""
    session.blind = True
    session.accept_prediction(0, prediction())
    assert session.shown(0).score is None
    enter_all(session, 0, "000000")
    assert session.save_reading(0).blind
    assert session.shown(0).score is not None
    session.reader = "Dr. Rossi"
    assert session.shown(0).score is None
