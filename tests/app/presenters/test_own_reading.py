"""The reader's own reading: draft, undo, saving, blind reading, what was kept from earlier sessions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.panels.images import ImageListModel
from app.session.readings import (
    ComparedReading,
    IncompleteReadingError,
    Reading,
    last_ones,
    result_sets,
)
from app.session.session import Session
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.prediction import ModelIdentity
from tests.app.predictions import explanation, prediction

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
MODEL = ModelIdentity("bsnet", "2", "0123456789abcdef" * 4)


class Clock:
    """Advances a minute each time it is asked."""

    def __init__(self):
        self.now = START

    def __call__(self):
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def session(qapp):
    made = Session(clock=Clock())
    made.reader = "Dr. Rossi"
    for number in range(3):
        made.add(Path(f"/films/{number}.dcm"))
    made.select(0)
    return made


def enter_all(session, key, text):
    for zone, digit in zip(ZONES, text, strict=True):
        session.enter(key, zone, int(digit))


def saved(text, reader="Dr. Rossi", minute=0, blind=False):
    moment = START - timedelta(days=1) + timedelta(minutes=minute)
    return Reading(reader, BrixiaScore.from_text(text), moment, moment, blind)


def test_undo_brings_back_zone_by_zone_and_redo_enters_again(session):
    session.enter(0, Zone.A, 1)
    session.enter(0, Zone.A, 3)
    session.enter(0, Zone.B, 2)
    session.undo_stack.undo()
    assert session.image(0).draft == {Zone.A: 3}
    session.undo_stack.undo()
    assert session.image(0).draft == {Zone.A: 1}
    session.undo_stack.undo()
    assert session.image(0).draft == {}
    assert session.image(0).draft_started_at is None
    for _ in range(3):
        session.undo_stack.redo()
    assert session.image(0).draft == {Zone.A: 3, Zone.B: 2}


def test_undo_after_another_study_was_chosen_acts_on_the_study_of_the_step_and_shows_it(session):
    session.enter(0, Zone.A, 2)
    session.select(1)
    session.enter(1, Zone.C, 1)
    session.select(2)
    session.undo_stack.undo()
    assert session.current.key == 1
    assert session.image(1).draft == {}
    assert session.image(0).draft == {Zone.A: 2}
    session.undo_stack.undo()
    assert session.current.key == 0
    assert session.image(0).draft == {}


def test_a_cleared_draft_comes_back_whole(session):
    enter_all(session, 0, "012301")
    session.clear_draft(0)
    assert session.image(0).draft == {}
    session.undo_stack.undo()
    assert session.image(0).entered_total == 7


def test_entering_the_same_score_again_is_no_step(session):
    session.enter(0, Zone.A, 2)
    session.enter(0, Zone.A, 2)
    assert session.undo_stack.count() == 1


def test_other_steps_share_the_stack_with_the_zones(session):
    marks = []
    session.enter(0, Zone.A, 1)
    session.do(0, "a distance", lambda: marks.append("12 mm"), marks.clear)
    assert session.undo_stack.undoText() == "a distance"
    session.undo_stack.undo()
    assert (marks, session.image(0).draft) == ([], {Zone.A: 1})
    session.undo_stack.undo()
    assert session.image(0).draft == {}


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
    assert session.image(0).entered_total == 6
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
    model = ImageListModel(session)
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
    assert session.shown(0).read_total is None
    session.blind = False
    assert session.shown(0).read_total == 18


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


def test_what_was_seen_in_an_earlier_session_counts_as_seen(session):
    session.blind = True
    session.recall(0, {}, [], seen_by=["Dr. Rossi"])
    enter_all(session, 0, "000000")
    assert not session.save_reading(0).blind


def test_a_clock_set_back_does_not_end_a_reading_before_it_began(session):
    session.recall(0, dict.fromkeys(ZONES, 1), [], draft_started_at=START + timedelta(days=400))
    reading = session.save_reading(0)
    assert reading.started_at == reading.saved_at


def test_a_study_is_shown_as_it_is_while_nothing_is_hidden(session):
    session.accept_prediction(0, prediction())
    assert session.shown(0) is session.image(0)


def test_only_each_reader_s_last_reading_of_a_film_stays():
    def compared(image, text, minute, reader="Dr. Rossi", model=MODEL):
        return ComparedReading(image, "", saved(text, reader, minute), BrixiaScore.from_text("000000"), model)

    other = replace(MODEL, sha256="f" * 64)
    first, later = compared("1", "111111", 1), compared("1", "222222", 5)
    others = [
        compared("2", "333333", 2),
        compared("1", "000000", 1, "Dr. Bianchi"),
        compared("1", "111111", 1, model=other),
    ]
    assert last_ones([later, first, *others]) == [later, *others]


def test_result_sets_are_each_reader_s_last_reading_and_each_model_s_newest_score():
    readings = [saved("111111", minute=1), saved("222222", "Dr. Bianchi", 2, blind=True), saved("333333", minute=3)]
    old = replace(MODEL, version="1.0")
    scores = [BrixiaScore.from_text(text) for text in ("000001", "000002", "000003")]
    sets = result_sets(readings, [(MODEL, scores[0]), (old, scores[1]), (MODEL, scores[2])])
    assert [(one.name, str(one.score)) for one in sets] == [
        ("Dr. Bianchi", "222222"),
        ("Dr. Rossi", "333333"),
        ("bsnet 2 (01234567)", "000001"),
        ("bsnet 1.0 (01234567)", "000002"),
    ]
    assert sets[0].detail.endswith("blind")
    assert "blind" not in sets[1].detail
