"""One image's draft and readings: entering, saving, recalling."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.session.readings import (
    IncompleteReadingError,
)
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.inference.content_findings import ContentFinding
from bsnet_core.repair import RepairStep
from tests.app.predictions import analysed
from tests.app.session.conftest import START, enter_all, saved


@pytest.fixture
def session(read_session):
    return read_session


def test_an_incomplete_draft_is_not_saved_and_the_missing_zones_are_named(session):
    for zone in (Zone.A, Zone.B, Zone.D, Zone.F):
        session.enter(0, zone, 1)
    with pytest.raises(IncompleteReadingError, match="Zones C, E have no score yet"):
        session.save_reading(0)
    session.enter(0, Zone.C, 0)
    with pytest.raises(IncompleteReadingError, match="Zone E has no score yet"):
        session.save_reading(0)
    assert session.image(0).readings == ()
    assert len(session.image(0).draft) == 5


def test_a_saved_reading_says_who_what_and_when(session, qtbot):
    enter_all(session, 0, "012301")
    with qtbot.waitSignal(session.reading_saved) as signal:
        session.save_reading(0)
    key, reading = signal.args
    assert (key, reading.reader, str(reading.score), reading.blind) == (0, "Dr. Rossi", "012301", False)
    assert reading.started_at == START + timedelta(minutes=1)
    assert reading.saved_at > reading.started_at
    assert session.image(0).readings == (reading,)
    assert session.image(0).draft == {}


def test_the_reading_is_announced_before_its_draft_goes(session):
    told = []
    enter_all(session, 0, "000000")
    session.reading_saved.connect(lambda key, reading: told.append("saved"))
    session.draft_changed.connect(lambda key: told.append("draft changed"))
    session.save_reading(0)
    assert told == ["saved", "draft changed"]


def test_a_saved_reading_is_never_changed_by_later_edits_and_undo(session):
    enter_all(session, 0, "111111")
    first = session.save_reading(0)
    session.undo_stack.undo()
    assert session.image(0).entered_score.total == 6
    assert session.image(0).draft_started_at == first.started_at
    session.enter(0, Zone.A, 3)
    second = session.save_reading(0)
    session.correct(0)
    session.enter(0, Zone.B, 0)
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
    assert session.image(0).readings == (first, second)
    assert [str(reading.score) for reading in session.image(0).readings] == ["111111", "311111"]


def test_correcting_starts_from_the_reader_s_own_last_reading(session):
    session.recall(0, {}, [saved("111111"), saved("222222", minute=1), saved("333333", "Dr. Bianchi", minute=2)])
    session.correct(0)
    assert set(session.image(0).draft.values()) == {2}
    session.undo_stack.undo()
    assert session.image(0).draft == {}


def test_kept_readings_and_drafts_come_back_and_what_was_entered_meanwhile_stays(session, qtbot):
    session.enter(0, Zone.A, 3)
    with qtbot.waitSignal(session.draft_changed):
        session.recall(0, {Zone.A: 0, Zone.C: 1}, [saved("222222", minute=5), saved("111111", minute=1)])
    image = session.image(0)
    assert image.draft == {Zone.A: 3, Zone.C: 1}
    assert [str(reading.score) for reading in image.readings] == ["111111", "222222"]
    session.undo_stack.undo()
    assert session.image(0).draft == {Zone.C: 1}


def test_recalling_twice_doubles_nothing_and_asks_for_no_saving(session, qtbot):
    with qtbot.assertNotEmitted(session.draft_changed):
        for _ in range(2):
            session.recall(0, {Zone.B: 2}, [saved("111111")], draft_started_at=START)
    assert len(session.image(0).readings) == 1
    assert session.image(0).draft_started_at == START


def test_a_draft_saved_meanwhile_does_not_come_back(session):
    enter_all(session, 0, "111111")
    session.save_reading(0)
    session.recall(0, {Zone.A: 1}, [])
    assert session.image(0).draft == {}
    assert len(session.image(0).readings) == 1


def test_a_clock_set_back_does_not_end_a_reading_before_it_began(session):
    session.recall(0, dict.fromkeys(ZONES, 1), [], draft_started_at=START + timedelta(days=400))
    reading = session.save_reading(0)
    assert reading.started_at == reading.saved_at


def test_a_blind_reader_is_told_how_the_image_lies_and_not_what_disease_may_cause():
    found = (ContentFinding.MIRRORED, ContentFinding.UNLIKE_TRAINING, ContentFinding.PERHAPS_NOT_CHEST)
    image = analysed()
    hidden = replace(image, prediction=replace(image.prediction, content=found)).without_prediction()
    assert hidden.findings == (ContentFinding.MIRRORED,)
    assert hidden.offered_repair == (RepairStep.MIRRORED,)
    assert hidden.without_prediction() == hidden
