import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSlider
from scipy.ndimage import minimum_filter

from app.panels.overlay_switches import OverlaySwitches
from app.session.open_image import ImageState, OpenImage
from bsnet_core.brixia import Zone
from bsnet_core.explanation import Masking, Mode
from tests.app.predictions import explanation, prediction
from tests.app.report.images import pixels_of


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
    return next(box for box in panel.findChildren(QComboBox) if box.count() == 2)


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


@pytest.mark.parametrize(
    ("masking", "said"),
    [
        (Masking.BLACK, "Computed: blackened (paper), exact"),
        (Masking.LUNGS_HELD, "Computed: blackened, same lungs, exact"),
        (Masking.EVIDENCE, "Computed: evidence"),
    ],
)
def test_the_legend_says_what_is_shown(panel, masking, said):
    evidence = np.zeros((16, 3, 2), dtype=np.float32) if masking is Masking.EVIDENCE else None
    panel.show_image(shown_with(replace(explanation({}), masking=masking, evidence=evidence)), busy=False)
    assert legend(panel).text().endswith(said)
    strength = "accounts for 0.15" if masking is Masking.EVIDENCE else "lowers the probability by 5"
    assert strength in legend(panel).text()
    assert strength in legend(panel).accessibleDescription()


def test_the_button_explains_once_there_is_a_score_and_nothing_runs(qtbot, panel, explain):
    button = panel.findChild(QPushButton)
    assert not button.isEnabled()
    panel.show_image(shown_with(), busy=True)
    assert not button.isEnabled()
    panel.show_image(shown_with(), busy=False)
    with qtbot.waitSignal(explain.triggered):
        qtbot.keyClick(button, Qt.Key.Key_Space)


def test_the_legend_names_colours_in_words_too_and_the_way_it_was_computed(panel):
    panel.show_image(shown_with(), busy=False)
    assert not legend(panel).isVisible()
    panel.show_image(shown_with(replace(explanation({}), mode=Mode.FAST)), busy=False)
    assert legend(panel).isVisible()
    assert "fast" in legend(panel).text()
    for word in ("orange", "red", "black"):
        assert word in legend(panel).accessibleDescription()


def test_the_legend_s_swatches_are_1_orange_2_red_3_black_and_none_clear(panel):
    panel.show_image(shown_with(explanation({})), busy=False)
    text = legend(panel).text()
    assert re.findall(r"color:(#\w{6}); [^>]*>■</span>&nbsp;(\d)", text) == [
        ("#ff961e", "1"),
        ("#e12323", "2"),
        ("#000000", "3"),
    ]
    assert "no colour: no support" in text
    # And so they are seen, from left to right.
    image = legend(panel).grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    seen = pixels_of(image)
    places = []
    for colour in ((255, 150, 30), (225, 35, 35), (0, 0, 0)):
        is_it = (np.abs(seen - colour) <= 2).all(axis=2)
        filled = minimum_filter(is_it.astype(np.uint8), size=4, mode="constant")  # no stroke of a letter is as wide
        places.append(np.nonzero(filled)[1].mean())
    assert places == sorted(places)


def test_an_explanation_under_way_says_how_far_it_is(panel):
    part = replace(explanation({}), computed=np.arange(16) < 5)
    panel.show_image(shown_with(part), busy=True)
    assert "5 of 16 regions so far; hatched: not masked" in legend(panel).text()


def test_a_zone_can_be_chosen_while_the_map_grows(qtbot, panel):
    panel.show_image(shown_with(replace(explanation({}), computed=np.arange(16) < 5)), busy=True)
    with qtbot.waitSignal(panel.zone_chosen) as told:
        panel.choose_zone(Zone.C)
    assert told.args == [Zone.C]


def test_every_overlay_fades_on_its_own_and_every_control_has_a_name(qtbot, panel):
    told = []
    panel.faded.connect(lambda name, percent: told.append((name, percent)))
    sliders = {slider.accessibleName(): slider for slider in panel.findChildren(QSlider)}
    assert set(sliders) == {"Opacity of Lungs", "Opacity of Zones", "Opacity of Explanation"}
    qtbot.keyClick(sliders["Opacity of Zones"], Qt.Key.Key_Left)
    assert told == [("zones", 89)]
    for box in panel.findChildren(QComboBox):
        assert box.accessibleName()
