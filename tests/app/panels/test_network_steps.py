from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from app.panels.network_steps import NetworkStep
from app.panels.scores import ScoresPanel
from tests.app.predictions import analysed


@pytest.fixture
def panel(show_widget):
    return show_widget(ScoresPanel(), 370, 900)


def test_a_small_picture_opens_larger_by_click_and_by_enter(panel, qtbot):
    panel.show_image(analysed())
    qtbot.mouseClick(panel.network_steps.buttons[NetworkStep.LUNGS], Qt.MouseButton.LeftButton)
    window = panel.network_steps.larger_window
    assert window.step is NetworkStep.LUNGS
    first = window.grab().toImage()
    window.close()
    assert panel.network_steps.larger_window is None
    qtbot.keyClick(panel.network_steps.buttons[NetworkStep.MASKED], Qt.Key.Key_Return)
    assert panel.network_steps.larger_window.step is NetworkStep.MASKED
    assert panel.network_steps.larger_window.grab().toImage() != first
    panel.show_image(None)
    assert panel.network_steps.larger_window is None


def test_a_bad_alignment_is_seen_in_the_pictures(panel):
    good, bad = analysed(), analysed()
    mirrored = replace(bad.prediction, aligned_image=bad.prediction.aligned_image[::-1].copy())
    panel.show_image(good)
    before = panel.network_steps.buttons[NetworkStep.ALIGNED].grab().toImage()
    panel.show_image(replace(bad, prediction=mirrored))
    assert panel.network_steps.buttons[NetworkStep.ALIGNED].grab().toImage() != before
