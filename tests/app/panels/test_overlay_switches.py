from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QSlider

from app.canvas.overlays.map_scale import MapColours
from app.panels.overlay_switches import OverlaySwitches
from app.session.open_image import ImageState, OpenImage
from bsnet_core.brixia import Zone
from bsnet_core.explanation import Masking, Mode
from tests.app.predictions import explanation, prediction


@pytest.fixture
def explain():
    return QAction("E&xplain")


@pytest.fixture
def panel(qtbot, explain):
    actions = {}
    for name in ("Lungs", "Zones", "Explanation"):
        action = QAction(f"&{name}", checkable=True, checked=True)
        action.setShortcut(name[0])
        actions[name.lower()] = action
    made = OverlaySwitches(actions, {"lungs": 80, "zones": 90, "explanation": 70}, explain)
    qtbot.addWidget(made)
    made.show()
    return made


def shown_with(of=None):
    result = prediction()
    return OpenImage(
        0, Path("/films/a.dcm"), ImageState.ANALYSED, score=result.score, prediction=result, explanation=of
    )


def ways(panel):
    return next(box for box in panel.findChildren(QComboBox) if box.accessibleName() == "Mode of the explanation")


def legend(panel):
    return next(label for label in panel.findChildren(QLabel) if label.accessibleName() == "Explanation legend")


def test_fast_is_offered_first_and_the_choice_is_told(qtbot, panel):
    assert panel.chosen_mode is Mode.FAST
    panel.choose_masking(Masking.BLACK)
    panel.show_image(shown_with(), busy=False)
    with qtbot.waitSignal(panel.mode_chosen) as told:
        qtbot.keyClick(ways(panel), Qt.Key.Key_Down)
    assert told.args == [Mode.EXACT]
    assert panel.chosen_mode is Mode.EXACT
    assert "as defined in the paper" in ways(panel).toolTip()


def definitions(panel):
    return next(box for box in panel.findChildren(QComboBox) if box.accessibleName() == "Definition of the explanation")


def test_what_the_map_shows_is_chosen_evidence_first_and_the_choice_is_told(qtbot, panel):
    assert panel.chosen_masking is Masking.EVIDENCE
    panel.show_image(shown_with(), busy=False)
    assert not ways(panel).isEnabled()  # both modes compute the same evidence
    with qtbot.waitSignal(panel.masking_chosen) as told:
        qtbot.keyClick(definitions(panel), Qt.Key.Key_Down)
    assert told.args == [Masking.BLACK]
    assert ways(panel).isEnabled()
    assert "in the paper" in definitions(panel).toolTip()
    panel.show_image(shown_with(), busy=True)
    assert not definitions(panel).isEnabled()
    assert {definitions(panel).itemData(row) for row in range(definitions(panel).count())} == set(Masking)


def test_the_button_explains_once_there_is_a_score_and_nothing_runs(qtbot, panel, explain):
    button = panel.findChild(QPushButton)
    assert not button.isEnabled()
    panel.show_image(shown_with(), busy=True)
    assert not button.isEnabled()
    panel.show_image(shown_with(), busy=False)
    with qtbot.waitSignal(explain.triggered):
        qtbot.keyClick(button, Qt.Key.Key_Space)


def test_a_zone_can_be_chosen_while_the_map_grows(qtbot, panel):
    panel.show_image(shown_with(replace(explanation({}), computed=np.arange(16) < 5)), busy=True)
    with qtbot.waitSignal(panel.zone_chosen) as told:
        panel.choose_zone(Zone.C)
    assert told.args == [Zone.C, False]


def test_the_colours_are_chosen_severity_first_and_the_choice_is_told(qtbot, panel):
    assert panel.chosen_colours is MapColours.SEVERITY
    (chooser,) = [box for box in panel.findChildren(QComboBox) if box.accessibleName() == "Colours of the explanation"]
    panel.show_image(shown_with(explanation({})), busy=False)
    with qtbot.waitSignal(panel.colours_chosen) as told:
        qtbot.keyClick(chooser, Qt.Key.Key_Down)
    assert told.args == [MapColours.CLASSES]
    assert "orange for 1" in legend(panel).accessibleDescription()
    assert "of the paper" in chooser.toolTip()


def test_a_zone_scored_0_can_be_asked_what_would_make_it_1(qtbot, panel):
    (question,) = [box for box in panel.findChildren(QCheckBox) if box.text() == "What would make it 1"]
    panel.show_image(shown_with(explanation({})), busy=False)
    assert not question.isVisible()
    panel.choose_zone(Zone.A)  # scored 0
    assert question.isVisible()
    assert "Zone A is scored 0" in legend(panel).text()
    with qtbot.waitSignal(panel.zone_chosen) as told:
        question.click()
    assert told.args == [Zone.A, True]
    assert "make it 1" in legend(panel).text()
    panel.choose_zone(Zone.B)
    assert not question.isVisible()


def test_every_overlay_fades_on_its_own_and_every_control_has_a_name(qtbot, panel):
    told = []
    panel.faded.connect(lambda name, percent: told.append((name, percent)))
    sliders = {slider.accessibleName(): slider for slider in panel.findChildren(QSlider)}
    assert set(sliders) == {"Opacity of Lungs", "Opacity of Zones", "Opacity of Explanation"}
    qtbot.keyClick(sliders["Opacity of Zones"], Qt.Key.Key_Left)
    assert told == [("zones", 89)]
    for box in panel.findChildren(QComboBox):
        assert box.accessibleName()
