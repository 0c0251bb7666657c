"""Blind reading is switched off only after one question, wherever it is switched off."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.commands.action_table import ACTIONS
from app.commands.actions import Actions
from app.look.messages import MessageBar
from app.look.theme import DARK
from app.presenters.blind_mode import HIDDEN_OVERLAYS, BlindMode
from app.session.open_image import ImageState
from bsnet_core.brixia import ZONES, Zone
from tests.app.predictions import prediction


class Parts(QWidget):
    def __init__(self, session, settings, keys):
        super().__init__()
        self.session, self.settings = session, settings
        self.actions_of = Actions(ACTIONS, keys, DARK, self)
        self.messages = MessageBar(self)
        for name in (*HIDDEN_OVERLAYS, "zones"):
            self.actions_of.connect_switch(name, lambda on: None, checked=name == "lungs")
        self.mode = BlindMode(session, settings, self.actions_of, self.messages, self)
        session.image_changed.connect(lambda key: self.mode.follow_image())

    def press_b(self):
        self.actions_of["blind_mode"].trigger()

    def answer(self, text):
        (button,) = [one for one in self.mode.question.findChildren(QAbstractButton) if one.text() == text]
        button.click()


@pytest.fixture
def parts(qtbot, session, settings, keys):
    settings.blind = True
    session.reader = "Dr. Rossi"
    session.add(Path("/films/0.dcm"))
    session.select(0)
    session.mark(0, ImageState.READY)
    made = Parts(session, settings, keys)
    qtbot.addWidget(made)
    made.show()
    return made


def test_without_anything_at_stake_the_mode_goes_on_and_off_without_a_question(parts):
    parts.press_b()
    assert (parts.session.blind, parts.settings.blind, parts.mode.question) == (False, False, None)
    parts.session.accept_prediction(0, prediction())
    parts.press_b()
    assert parts.session.blind
    parts.press_b()  # the prediction has been seen already
    assert parts.mode.question is None
    assert not parts.session.blind


@pytest.mark.parametrize("way", ["key", "setting"])
def test_a_hidden_prediction_is_asked_about_once_and_stays_hidden_until_the_answer(parts, way):
    parts.session.accept_prediction(0, prediction())
    switch = parts.press_b if way == "key" else lambda: setattr(parts.settings, "blind", False)
    switch()
    question = parts.mode.question
    assert "1 open image" in question.informativeText()
    assert "cannot be undone" in question.informativeText()
    switch()
    assert parts.mode.question is question
    assert parts.session.blind
    assert parts.settings.blind
    assert parts.actions_of["blind_mode"].isChecked()
    assert parts.session.image(0).seen_by == frozenset()
    parts.answer("Show predictions")
    assert (parts.session.blind, parts.settings.blind) == (False, False)
    assert not parts.actions_of["blind_mode"].isChecked()
    assert parts.session.image(0).seen_by == {"Dr. Rossi"}
    assert "not recorded as blind" in parts.messages.text


@pytest.mark.parametrize("answer", ["Keep reading blind", Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_a_slip_of_the_finger_reveals_nothing(qtbot, parts, answer):
    parts.session.accept_prediction(0, prediction())
    parts.press_b()
    if isinstance(answer, str):
        parts.answer(answer)
    else:
        qtbot.keyClick(parts.mode.question, answer)
    qtbot.waitUntil(lambda: parts.mode.question is None)
    assert parts.session.blind
    for zone in ZONES:
        parts.session.enter(0, zone, 1)
    assert parts.session.save_reading(0).blind


def test_a_draft_is_at_stake_before_its_image_has_a_prediction(parts):
    parts.session.enter(0, Zone.A, 2)
    parts.press_b()
    assert parts.mode.question is not None
    parts.answer("Show predictions")
    assert parts.session.image(0).draft == {Zone.A: 2}


def test_what_was_revealed_stays_not_blind_after_the_mode_is_on_again(parts):
    parts.session.accept_prediction(0, prediction())
    parts.press_b()
    parts.answer("Show predictions")
    parts.press_b()
    assert parts.session.blind
    for zone in ZONES:
        parts.session.enter(0, zone, 1)
    assert not parts.session.save_reading(0).blind


def test_overlays_of_what_is_hidden_are_disabled_with_the_reason_and_keep_their_state(parts):
    states = {name: parts.actions_of[name].isChecked() for name in HIDDEN_OVERLAYS}
    parts.session.accept_prediction(0, prediction())
    assert not any(parts.actions_of[name].isEnabled() for name in HIDDEN_OVERLAYS)
    assert parts.actions_of["zones"].isEnabled()
    assert "blind reading" in parts.actions_of["lungs"].toolTip()
    for zone in ZONES:
        parts.session.enter(0, zone, 1)
    parts.session.save_reading(0)
    assert all(parts.actions_of[name].isEnabled() for name in HIDDEN_OVERLAYS)
    assert "blind reading" not in parts.actions_of["lungs"].toolTip()
    assert {name: parts.actions_of[name].isChecked() for name in HIDDEN_OVERLAYS} == states


def test_a_reading_list_that_is_not_blind_asks_before_it_reveals_what_is_at_stake(parts):
    parts.session.accept_prediction(0, prediction())
    parts.mode.keep(False)
    parts.answer("Keep reading blind")
    assert parts.session.blind
    assert parts.actions_of["blind_mode"].isEnabled()
    parts.press_b()
    parts.answer("Show predictions")
    assert not parts.session.blind
    parts.press_b()
    assert not parts.session.blind
    assert parts.messages.text == "Note: The reading list says whether you read blind."


def test_what_a_reading_list_keeps_is_the_preference_s_again_once_it_is_released(parts):
    preference = parts.settings.blind
    parts.mode.keep(True)
    assert (parts.session.blind, parts.settings.blind) == (True, preference)
    assert not parts.actions_of["blind_mode"].isEnabled()
    parts.settings.blind = True
    parts.mode.release()
    assert parts.actions_of["blind_mode"].isEnabled()
    assert parts.session.blind
    parts.press_b()
    assert not parts.session.blind
