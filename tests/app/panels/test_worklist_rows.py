import pytest
from PySide6.QtWidgets import QWidget

from app.panels.session_list import SessionListModel
from app.panels.worklist_rows import WorklistRows
from app.session.worklist import ReadingState, Worklist
from tests.app.session.conftest import enter_all
from tests.app.session.test_session import THUMBNAIL, add, radiograph


@pytest.fixture
def rows(qtbot, session):
    """Four images, none of them read."""
    parent = QWidget()  # kept here: what it owns goes with it
    made = WorklistRows(session, Worklist(session), SessionListModel(session, parent), parent)
    for key in add(session, 4):
        session.accept_radiograph(key, radiograph(), THUMBNAIL)
    yield made
    parent.deleteLater()


def listed(rows):
    return [rows.key_at(rows.index(row, 0)) for row in range(rows.rowCount())]


def read(session, key):
    enter_all(session, key, "111111")
    session.save_reading(key)


@pytest.fixture
def empty_rows(qtbot, session):
    parent = QWidget()  # kept here: what it owns goes with it
    yield WorklistRows(session, Worklist(session), SessionListModel(session, parent), parent)
    parent.deleteLater()


def test_images_that_are_opened_appear_where_they_belong(session, empty_rows):
    add(session, 2)
    assert listed(empty_rows) == [0, 1]
    assert [empty_rows.index_of(key).row() for key in (0, 1)] == [0, 1]


def test_rows_follow_the_chosen_state_and_what_is_read_meanwhile(qtbot, session, rows):
    session.select(0)
    read(session, 1)
    rows._worklist.state = ReadingState.TO_READ
    assert listed(rows) == [0, 2, 3]
    assert not rows.index_of(1).isValid()
    read(session, 3)
    qtbot.waitUntil(lambda: listed(rows) == [0, 2])
    rows._worklist.state = ReadingState.READ_BY_ME
    assert listed(rows) == [0, 1, 3]
    assert rows.index_of(3).row() == 2
    session.select(3)
    assert listed(rows) == [1, 3]
    rows._worklist.state = ReadingState.ANY
    assert listed(rows) == [0, 1, 2, 3]
