"""Undo and redo of what a reader enters."""

import pytest

from bsnet_core.brixia import Zone
from tests.app.session.conftest import enter_all


@pytest.fixture
def session(read_session):
    return read_session


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
    assert session.image(0).entered_score.total == 7


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
