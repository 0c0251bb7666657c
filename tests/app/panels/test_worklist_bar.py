import pytest
from PySide6.QtWidgets import QComboBox

from app.panels.worklist_bar import WorklistBar, describe_progress
from app.session.worklist import Progress, ReadingState, Worklist
from tests.app.session.conftest import enter_all
from tests.app.session.test_session import THUMBNAIL, add, radiograph


@pytest.fixture
def bar(show_widget, session):
    return show_widget(WorklistBar(session, Worklist(session)), 260, 80)


def test_the_line_counts_what_is_read(qtbot, session, bar):
    assert bar.progress_text == "0 of 0 read"
    for key in add(session, 3):
        session.accept_radiograph(key, radiograph(), THUMBNAIL)
    qtbot.waitUntil(lambda: bar.progress_text == "0 of 3 read")
    session.select(1)
    enter_all(session, 1, "012301")
    session.save_reading(1)
    qtbot.waitUntil(lambda: bar.progress_text == "Image 2 · 1 of 3 read")
    session.reader = "Somebody else"
    qtbot.waitUntil(lambda: bar.progress_text == "Image 2 · 0 of 3 read")


def test_a_state_is_chosen_in_the_bar_and_shown_in_it(bar):
    box = bar.findChild(QComboBox)
    assert [box.itemText(row) for row in range(box.count())] == [
        "All images",
        "Not read by me",
        "New",
        "Analysed, not read",
        "Read",
        "Read by me",
    ]
    box.setCurrentText("Not read by me")
    assert bar._worklist.state is ReadingState.TO_READ
    bar._worklist.state = ReadingState.NEW
    assert box.currentText() == "New"


def test_an_image_outside_of_the_list_has_no_place_in_it():
    assert describe_progress(Progress(12, 40, None)) == "12 of 40 read"
