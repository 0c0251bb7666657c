from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QListView, QToolButton

from app.library.order import ListOrder
from app.panels.images import ImagesPanel
from tests.app.library_content import MORNING, fill, image, metadata, reading
from tests.app.session.test_session import THUMBNAIL as GREY
from tests.app.session.test_session import radiograph


@pytest.fixture
def open_panel(show_widget, session, keeper):
    def start():
        return show_widget(ImagesPanel(session, keeper), 260, 800)

    return start


def images_of(panel):
    (view,) = (one for one in panel.findChildren(QListView) if one.accessibleName() == "Images of the library")
    return view


def search_of(panel):
    return panel.findChild(QLineEdit)


def texts(view):
    return [view.model().index(row).data() for row in range(view.model().rowCount())]


def test_the_search_finds_films_and_says_when_there_are_none(library, open_panel, qtbot):
    fill(library, patients=5)
    panel = open_panel()
    view = images_of(panel)
    qtbot.waitUntil(lambda: view.model().rowCount() == 5, timeout=20_000)
    qtbot.keyClicks(search_of(panel), "patient 0003")
    qtbot.waitUntil(lambda: [text.splitlines()[0] for text in texts(view)] == ["Patient 0003"], timeout=20_000)
    search_of(panel).clear()
    qtbot.keyClicks(search_of(panel), "nobody")
    qtbot.waitUntil(lambda: panel.message == "No image of the library matches.", timeout=20_000)
    search_of(panel).clear()
    qtbot.waitUntil(lambda: view.model().rowCount() == 5 and panel.message == "", timeout=20_000)


def test_a_film_is_opened_from_where_it_lies(library, open_panel, qtbot, tmp_path):
    there, gone = tmp_path / "there.dcm", tmp_path / "gone.dcm"
    there.write_bytes(b"film")
    library.remember_image(metadata(1, patient="A"), there, at=MORNING)
    library.remember_image(metadata(2, patient="B"), gone, at=MORNING.replace(hour=9))
    panel = open_panel()
    view = images_of(panel)
    qtbot.waitUntil(lambda: view.model().rowCount() == 2, timeout=20_000)
    with qtbot.waitSignal(panel.open_requested, timeout=20_000) as requested:
        view.activated.emit(view.model().index(1))
    assert requested.args == [there]
    view.activated.emit(view.model().index(0))
    qtbot.waitUntil(lambda: panel.message.startswith("The file gone.dcm is no longer in"), timeout=20_000)


def test_a_film_that_is_open_already_is_chosen(library, open_panel, session, qtbot):
    library.remember_image(*image(1))
    key = session.add(Path("/elsewhere.dcm")).key
    session.accept_radiograph(key, radiograph_of(metadata(1)), GREY)
    panel = open_panel()
    view = images_of(panel)
    qtbot.waitUntil(lambda: view.model().rowCount() == 1, timeout=20_000)
    with qtbot.waitSignal(panel.chosen) as chosen:
        view.activated.emit(view.model().index(0))
    assert chosen.args == [key]


def radiograph_of(known):
    from dataclasses import replace

    return replace(radiograph(), metadata=known)


def test_what_is_kept_appears_in_the_list_by_itself(library, open_panel, session, qtbot):
    session.reader = "Reader One"
    panel = open_panel()
    view = images_of(panel)
    qtbot.waitUntil(lambda: panel.message.startswith("Images that you open"), timeout=20_000)
    key = session.add(Path("/films/1.dcm")).key
    session.accept_radiograph(key, radiograph_of(metadata(1)), GREY)
    qtbot.waitUntil(lambda: view.model().rowCount() == 1, timeout=20_000)
    library.add_reading(1, reading("111111"))
    search_of(panel).setText("müller")
    qtbot.waitUntil(
        lambda: texts(view) == ["Müller Änne\n2026-03-01  AP\nChest AP\nread 6/18 by Reader One"], timeout=20_000
    )


def test_the_order_chosen_is_shown_and_told(library, open_panel, qtbot):
    for number, name in enumerate(("Zeta^A", "Alpha^B", "Mitte^C")):
        known = metadata(9 - number, patient=name, name=name)
        library.remember_image(known, Path(f"/films/{number}.dcm"), at=MORNING + timedelta(minutes=number))
    panel = open_panel()
    view = images_of(panel)
    (chooser,) = (box for box in panel.findChildren(QComboBox) if box.accessibleName() == "Order of the library")
    told = []
    panel.order_chosen.connect(told.append)

    def names():
        return [text.split(" ")[0] for text in texts(view)]

    qtbot.waitUntil(lambda: names() == ["Mitte", "Alpha", "Zeta"], timeout=20_000)
    chooser.setCurrentText("By name")
    qtbot.waitUntil(lambda: names() == ["Alpha", "Mitte", "Zeta"], timeout=20_000)
    panel.choose_order(ListOrder.STUDY_DATE)
    qtbot.waitUntil(lambda: names() == ["Zeta", "Alpha", "Mitte"], timeout=20_000)
    assert told == [ListOrder.NAME, ListOrder.STUDY_DATE]


def test_both_lists_fold_up_by_keyboard(library, open_panel, qtbot):
    panel = open_panel()
    headings = [button for button in panel.findChildren(QToolButton) if button.isCheckable()]
    assert [button.text().split(" (")[0] for button in headings] == ["This session", "Library"]
    for button in headings:
        qtbot.keyClick(button, Qt.Key.Key_Space)
        assert button.arrowType() is Qt.ArrowType.RightArrow
    lists = [view for view in panel.findChildren(QListView) if view.accessibleName()]
    assert [view.isVisible() for view in lists] == [False, False]
    qtbot.keyClick(headings[1], Qt.Key.Key_Space)
    assert images_of(panel).isVisible()
