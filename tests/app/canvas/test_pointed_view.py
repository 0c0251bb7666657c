import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit

from tests.dicom_files import ramp, write_dicom

NONE = Qt.MouseButton.NoButton


def enter(view):
    middle = QPointF(view.rect().center())
    QApplication.sendEvent(view, QEnterEvent(middle, middle, view.mapToGlobal(middle)))


def leave(view):
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))


def move(view):
    middle = QPointF(view.rect().center())
    global_place = view.mapToGlobal(middle)
    QApplication.sendEvent(
        view, QMouseEvent(QEvent.Type.MouseMove, middle, global_place, NONE, NONE, Qt.KeyboardModifier.NoModifier)
    )


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    made = open_viewer("--model", no_model, write_dicom(tmp_path / "one.dcm", ramp(300, 300), bits=12))
    qtbot.waitUntil(lambda: made.view.view_geometry is not None)
    yield made
    leave(made.view)


def box_of(viewer):
    return viewer.overlays.findChildren(QCheckBox)[0]


def search_of(viewer):
    return viewer.images.findChildren(QLineEdit)[0]


def test_space_hides_what_is_drawn_while_it_is_held_and_presses_no_control(qtbot, viewer):
    box = box_of(viewer)
    was_checked = box.isChecked()
    box.setFocus()
    enter(viewer.view)
    qtbot.keyPress(box, Qt.Key.Key_Space)
    assert viewer.view.is_original
    qtbot.keyRelease(box, Qt.Key.Key_Space)
    assert not viewer.view.is_original
    assert box.isChecked() == was_checked


def test_space_is_the_control_s_again_once_the_pointer_has_left_or_tab_has_moved_the_focus(qtbot, viewer):
    box = box_of(viewer)
    was_checked = box.isChecked()
    enter(viewer.view)
    leave(viewer.view)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked() != was_checked
    enter(viewer.view)
    viewer.view.setFocus()
    box.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked() == was_checked
    move(viewer.view)
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked() == was_checked


def test_what_is_hidden_comes_back_where_the_pointer_leaves_while_space_is_held(qtbot, viewer):
    box = box_of(viewer)
    box.setFocus()
    enter(viewer.view)
    qtbot.keyPress(box, Qt.Key.Key_Space)
    leave(viewer.view)
    assert not viewer.view.is_original


def test_every_action_s_key_works_whatever_has_been_clicked(qtbot, viewer):
    zones = viewer.actions_by_name["zones"]
    for widget in (box_of(viewer), viewer.images, viewer.view):
        widget.setFocus()
        enter(viewer.view)
        before = zones.isChecked()
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_G)
        assert zones.isChecked() != before


def test_a_text_is_typed_until_the_pointer_goes_from_it_to_the_image(qtbot, viewer):
    search, zones = search_of(viewer), viewer.actions_by_name["zones"]
    search.setFocus()
    enter(viewer.view)
    qtbot.keyClicks(search, "g h")
    assert search.text() == "g h"
    leave(viewer.view)
    enter(viewer.view)
    assert viewer.view.hasFocus()
    before = zones.isChecked()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_G)
    assert zones.isChecked() != before
    assert search.text() == "g h"


def test_the_first_keys_after_the_start_are_the_image_s(viewer):
    assert viewer.view.hasFocus()
