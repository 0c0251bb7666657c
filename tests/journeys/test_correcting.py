"""A saved reading is corrected by keys, wherever the focus is, and no key begins another beside it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QListView

from bsnet_core.brixia import ZONES
from tests.dicom_files import ramp, write_dicom

SAVED, CORRECTED = "123012", "223012"


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    made = open_viewer("--model", no_model, write_dicom(tmp_path / "one.dcm", ramp(300, 300), bits=12))
    qtbot.waitUntil(lambda: made.view.view_geometry is not None)
    made.own_reading.scoring.switch(True)
    press(qtbot, SAVED)
    with qtbot.waitSignal(made.keeper.kept):
        press(qtbot, [Qt.Key.Key_Return])
    yield made
    made.own_reading.scoring.switch(False)


def press(qtbot, keys):
    for key in keys:
        qtbot.keyClick(QApplication.focusWidget(), key)


def scores_of(viewer):
    return [str(reading.score) for reading in viewer.session.current.readings]


def correct_by_mouse(qtbot, viewer):
    qtbot.mouseClick(viewer.scores.correct_button, Qt.MouseButton.LeftButton)
    assert len(viewer.session.current.draft) == len(ZONES)


def test_return_saves_a_correction_right_after_the_click_that_began_it(qtbot, viewer):
    viewer.scores.correct_button.setFocus()
    correct_by_mouse(qtbot, viewer)
    with qtbot.waitSignal(viewer.keeper.kept):
        press(qtbot, ["2", Qt.Key.Key_Return])
    assert CORRECTED in scores_of(viewer)


@pytest.mark.parametrize("kind", [QComboBox, QListView])
def test_return_saves_while_any_chooser_or_list_has_the_focus(qtbot, viewer, kind):
    (*_others, last) = [widget for widget in viewer.findChildren(kind) if widget.isVisible() and widget.isEnabled()]
    correct_by_mouse(qtbot, viewer)
    last.setFocus()
    assert last.hasFocus()
    with qtbot.waitSignal(viewer.keeper.kept):
        press(qtbot, ["2", Qt.Key.Key_Return])
    assert CORRECTED in scores_of(viewer)


def test_to_correct_turns_the_scoring_keys_on(qtbot, viewer):
    viewer.own_reading.scoring.switch(False)
    correct_by_mouse(qtbot, viewer)
    with qtbot.waitSignal(viewer.keeper.kept):
        press(qtbot, ["2", Qt.Key.Key_Return])
    assert CORRECTED in scores_of(viewer)


def test_a_digit_after_saving_begins_no_other_reading_and_offers_to_correct(qtbot, viewer):
    press(qtbot, "2")
    assert viewer.session.current.draft == {}
    assert SAVED in viewer.messages.text
    assert viewer.messages.offer.isVisible()
    qtbot.mouseClick(viewer.messages.offer, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(viewer.keeper.kept):
        press(qtbot, ["2", Qt.Key.Key_Return])
    assert CORRECTED in scores_of(viewer)


def test_a_message_goes_with_the_image_it_is_about(qtbot, viewer, tmp_path):
    press(qtbot, "2")
    assert SAVED in viewer.messages.text
    viewer.open_paths([write_dicom(tmp_path / "two.dcm", ramp(300, 310), bits=12)])
    qtbot.waitUntil(lambda: len(viewer.session.images) == 2)
    press(qtbot, "2")
    viewer.session.select(1 - viewer.session.current.key)
    assert viewer.messages.text == ""
