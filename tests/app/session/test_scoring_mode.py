"""Scoring by keys, in a window with a picture, a text field, a list and a slider, and presets on the digits."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QListWidget, QMainWindow, QSlider, QVBoxLayout, QWidget

from app.panels.scores import ScoresPanel
from app.session.open_image import ImageState
from app.session.scoring_mode import ScoringMode
from app.session.session import Session
from bsnet_core.brixia import ZONES, Zone
from tests.app.predictions import prediction

KEY = Qt.Key


class Window(QMainWindow):
    """Session, mode and panel put together as the viewer does it."""

    def __init__(self):
        super().__init__()
        self.session = Session(self)
        self.session.reader = "Dr. Rossi"
        self.mode = ScoringMode(self.session, self)
        self.panel = ScoresPanel(self)
        self.image = QWidget(self)
        self.image.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.note = QLineEdit(self)
        self.list = QListWidget(self)
        self.list.addItems(["first", "second"])
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        middle = QWidget(self)
        layout = QVBoxLayout(middle)
        for widget in (self.image, self.note, self.list, self.slider, self.panel):
            layout.addWidget(widget)
        self.setCentralWidget(middle)
        self.presets, self.told = [], []
        for digit in "0123456789":
            preset = QAction(f"Preset {digit}", self)
            preset.setShortcut(QKeySequence(digit))
            preset.triggered.connect(lambda checked=False, digit=digit: self.presets.append(digit))
            self.addAction(preset)
        menu = self.menuBar().addMenu("&Score")
        for action in self.mode.actions.values():
            menu.addAction(action)
        self.mode.rejected.connect(self.told.append)
        self.mode.zone_changed.connect(lambda zone: self.panel.show_turn(zone, self.mode.hint))
        self.panel.zone_chosen.connect(self.mode.choose)
        self.panel.zone_entered.connect(self._enter)
        self.panel.save_requested.connect(self.mode.save)
        self.panel.clear_requested.connect(self.mode.clear)
        self.panel.correct_requested.connect(self.mode.correct)
        for signal in (self.session.image_changed, self.session.current_changed):
            signal.connect(self._show)

    def _enter(self, zone, score):
        self.session.enter(self.session.current.key, zone, score)

    def _show(self, *_):
        image = self.session.current
        if image is not None:
            hidden = not self.session.prediction_is_visible(image.key)
            self.panel.show_image(image, hidden=hidden, reader=self.session.reader)


@pytest.fixture
def window(qtbot):
    made = Window()
    qtbot.addWidget(made)
    for number in range(2):
        key = made.session.add(Path(f"/films/{number}.dcm")).key
        made.session.mark(key, ImageState.READY)
    made.session.select(0)
    made.show()
    with qtbot.waitActive(made):
        made.activateWindow()
    made.image.setFocus()
    return made


@pytest.fixture
def scoring(window):
    window.mode.switch(True)
    yield window
    window.mode.switch(False)


def press(qtbot, window, *keys):
    for key in keys:
        qtbot.keyClick(window.focusWidget(), key)


def draft(window):
    return window.session.current.draft


def test_six_presses_enter_a_whole_score_and_enter_saves_it(qtbot, scoring):
    press(qtbot, scoring, KEY.Key_0, KEY.Key_1, KEY.Key_2, KEY.Key_3, KEY.Key_0, KEY.Key_1)
    assert [draft(scoring)[zone] for zone in ZONES] == [0, 1, 2, 3, 0, 1]
    press(qtbot, scoring, KEY.Key_Return)
    (reading,) = scoring.session.current.readings
    assert str(reading.score) == "012301"
    assert scoring.panel.own_text.startswith("Dr. Rossi: 7 / 18, saved ")
    assert scoring.presets == []


def test_in_blind_mode_enter_reveals_the_prediction(qtbot, scoring):
    scoring.session.blind = True
    scoring.session.accept_prediction(0, prediction("012321"))
    press(qtbot, scoring, *[KEY.Key_1] * 6)
    assert scoring.panel.total_text == "Hidden until you save"
    press(qtbot, scoring, KEY.Key_Return)
    assert scoring.panel.total_text == "Global 9 / 18"
    assert scoring.session.current.readings[0].blind


def test_digits_are_window_presets_outside_the_mode_and_scores_inside(qtbot, window):
    press(qtbot, window, KEY.Key_2)
    window.mode.actions["scoring"].trigger()
    press(qtbot, window, KEY.Key_2)
    window.mode.actions["scoring"].trigger()
    press(qtbot, window, KEY.Key_2)
    assert window.presets == ["2", "2"]
    assert draft(window) == {Zone.A: 2}


def test_other_digits_do_nothing_in_the_mode_and_say_so(qtbot, scoring):
    press(qtbot, scoring, KEY.Key_7)
    assert scoring.presets == []
    assert draft(scoring) == {}
    assert scoring.told == ["A zone is scored 0, 1, 2 or 3, or 9 if it is not assessable."]


def test_digits_typed_into_a_text_field_stay_text(qtbot, scoring):
    scoring.note.setFocus()
    press(qtbot, scoring, KEY.Key_1, KEY.Key_2, KEY.Key_9, KEY.Key_Backspace, KEY.Key_Left, KEY.Key_3)
    assert scoring.note.text() == "132"
    assert draft(scoring) == {}
    press(qtbot, scoring, KEY.Key_Return, KEY.Key_Up)
    assert scoring.mode.current_zone is Zone.A
    assert scoring.told == []


def test_a_list_and_a_slider_keep_their_arrows_and_leave_digits_to_the_mode(qtbot, scoring):
    scoring.list.setFocus()
    scoring.list.setCurrentRow(0)
    press(qtbot, scoring, KEY.Key_Down, KEY.Key_3)
    assert scoring.list.currentRow() == 1
    scoring.slider.setFocus()
    press(qtbot, scoring, KEY.Key_Right)
    assert scoring.slider.value() == 1
    assert draft(scoring) == {Zone.A: 3}
    assert scoring.mode.current_zone is Zone.B


def test_backspace_goes_back_and_takes_the_last_zone_back(qtbot, scoring):
    press(qtbot, scoring, KEY.Key_1, KEY.Key_2, KEY.Key_Backspace)
    assert draft(scoring) == {Zone.A: 1}
    assert scoring.mode.current_zone is Zone.B
    press(qtbot, scoring, KEY.Key_Backspace, KEY.Key_Backspace)
    assert draft(scoring) == {}
    assert scoring.mode.current_zone is Zone.A


def test_backspace_after_the_sixth_press_takes_back_the_sixth(qtbot, scoring):
    press(qtbot, scoring, *[KEY.Key_1] * 6, KEY.Key_Backspace)
    assert list(draft(scoring)) == list(ZONES[:5])
    assert scoring.mode.current_zone is Zone.F


def test_tab_and_arrows_move_between_zones_as_they_lie_on_the_picture(qtbot, scoring):
    places = []
    scoring.mode.zone_changed.connect(places.append)
    press(qtbot, scoring, KEY.Key_Right, KEY.Key_Down, KEY.Key_Left, KEY.Key_Up, KEY.Key_Up, KEY.Key_Left, KEY.Key_Tab)
    assert places == [Zone.D, Zone.E, Zone.B, Zone.A, Zone.B]
    qtbot.keyClick(scoring.focusWidget(), KEY.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert scoring.mode.current_zone is Zone.A


def test_tab_leads_out_of_the_zones_at_the_last_one(qtbot, scoring):
    scoring.mode.choose(Zone.F)
    press(qtbot, scoring, KEY.Key_Tab)
    assert scoring.focusWidget() is scoring.note


def test_enter_on_an_incomplete_score_names_the_missing_zones_and_goes_there(qtbot, scoring):
    press(qtbot, scoring, KEY.Key_1, KEY.Key_1, KEY.Key_Right, KEY.Key_1, KEY.Key_Return)
    assert scoring.told == ["Zones C, D, E have no score yet. Enter them, then save."]
    assert scoring.mode.current_zone is Zone.C
    assert scoring.session.current.readings == ()
    assert len(draft(scoring)) == 3


def test_a_key_held_down_scores_one_zone(qtbot, scoring):
    for repeated in (False, True, True):
        event = QKeyEvent(QKeyEvent.Type.KeyPress, KEY.Key_2, Qt.KeyboardModifier.NoModifier, "2", autorep=repeated)
        QApplication.sendEvent(scoring.image, event)
    assert draft(scoring) == {Zone.A: 2}


@pytest.mark.parametrize(
    ("key", "modifier", "text"),
    [
        (KEY.Key_3, Qt.KeyboardModifier.KeypadModifier, "3"),
        (KEY.Key_3, Qt.KeyboardModifier.ShiftModifier, "3"),
        (KEY.Key_QuoteDbl, Qt.KeyboardModifier.ShiftModifier, "3"),
    ],
)
def test_digits_of_the_keypad_and_of_keyboards_that_shift_them_count(scoring, key, modifier, text):
    QApplication.sendEvent(scoring.image, QKeyEvent(QKeyEvent.Type.KeyPress, key, modifier, text))
    assert draft(scoring) == {Zone.A: 3}


def test_a_digit_with_ctrl_is_no_score(scoring):
    event = QKeyEvent(QKeyEvent.Type.KeyPress, KEY.Key_1, Qt.KeyboardModifier.ControlModifier, "1")
    QApplication.sendEvent(scoring.image, event)
    assert draft(scoring) == {}


def test_other_keys_of_one_s_own_choice_score(qtbot, scoring):
    scoring.mode.actions["score_2"].setShortcut(QKeySequence("J"))
    press(qtbot, scoring, KEY.Key_J, KEY.Key_2)
    assert draft(scoring) == {Zone.A: 2}
    assert "0 1 J 3" in scoring.mode.hint


def test_undo_takes_the_turn_back_to_its_zone_and_redo_brings_the_score_back(qtbot, scoring):
    press(qtbot, scoring, KEY.Key_1, KEY.Key_2, KEY.Key_3)
    undo, redo = scoring.mode.actions["undo"], scoring.mode.actions["redo"]
    assert undo.text() == "&Undo enter 3 in zone C"
    qtbot.keyClick(scoring.image, KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert draft(scoring) == {Zone.A: 1, Zone.B: 2}
    assert scoring.mode.current_zone is Zone.C
    redo.trigger()
    assert draft(scoring) == {Zone.A: 1, Zone.B: 2, Zone.C: 3}
    assert not redo.isEnabled()


def test_undo_after_saving_opens_the_score_again_and_leaves_the_saved_one(qtbot, scoring):
    press(qtbot, scoring, *[KEY.Key_1] * 6, KEY.Key_Return)
    scoring.mode.actions["undo"].trigger()
    assert len(draft(scoring)) == 6
    assert [str(reading.score) for reading in scoring.session.current.readings] == ["111111"]


def test_the_mode_goes_on_with_the_next_study_at_its_first_missing_zone(qtbot, scoring):
    press(qtbot, scoring, KEY.Key_1, KEY.Key_1)
    scoring.session.select(1)
    assert scoring.mode.current_zone is Zone.A
    press(qtbot, scoring, KEY.Key_3)
    scoring.session.select(0)
    assert scoring.mode.current_zone is Zone.C
    assert scoring.session.image(1).draft == {Zone.A: 3}


def test_a_draft_kept_from_an_earlier_session_goes_on_where_it_ended(qtbot, scoring):
    scoring.session.recall(0, {Zone.A: 1, Zone.B: 1}, [])
    assert scoring.mode.current_zone is Zone.C
    press(qtbot, scoring, KEY.Key_3)
    assert draft(scoring) == {Zone.A: 1, Zone.B: 1, Zone.C: 3}


def test_the_mode_is_visible_in_the_panel_and_a_click_on_a_cell_gives_it_the_turn(qtbot, window):
    assert window.panel.turn_text == ""
    window.mode.switch(True)
    assert "Scoring zone A" in window.panel.turn_text
    qtbot.mouseClick(window.panel.cell(Zone.E), Qt.MouseButton.LeftButton)
    assert window.mode.current_zone is Zone.E
    assert window.panel.cell(Zone.E).is_in_turn
    window.mode.switch(False)
    assert window.mode.current_zone is None
    assert window.panel.turn_text == ""


def test_a_zone_entered_by_its_button_gets_the_turn(qtbot, scoring):
    scoring.panel.cell(Zone.D).entry.button(2).click()
    assert draft(scoring) == {Zone.D: 2}
    assert scoring.mode.current_zone is Zone.D


def test_the_panel_saves_clears_and_corrects_without_the_mode(window):
    for zone in ZONES:
        window.panel.cell(zone).entry.button(2).click()
    window.panel.save_button.click()
    window.panel.correct_button.click()
    assert len(draft(window)) == 6
    window.panel.clear_button.click()
    assert draft(window) == {}
    assert [str(reading.score) for reading in window.session.current.readings] == ["222222"]


def test_without_a_picture_there_is_nothing_to_score(qtbot, scoring):
    key = scoring.session.add(Path("/films/broken.dcm")).key
    scoring.session.mark(key, ImageState.UNREADABLE)
    scoring.session.select(key)
    assert scoring.mode.current_zone is None
    press(qtbot, scoring, KEY.Key_2)
    assert draft(scoring) == {}


def test_another_window_keeps_its_keys(qtbot, scoring):
    dialog = QDialog(scoring)
    inside = QListWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    inside.setFocus()
    qtbot.keyClick(inside, KEY.Key_2)
    assert draft(scoring) == {}
    dialog.close()


def test_every_action_has_a_key_of_its_own(window):
    keys = [action.shortcut().toString() for action in window.mode.actions.values()]
    assert all(keys)
    assert len(set(keys)) == len(keys)
