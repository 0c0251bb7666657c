import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from app.panels.scores import ScoresPanel
from bsnet_core.brixia import ZONES, Zone
from tests.app.predictions import analysed


@pytest.fixture
def panel(show_widget):
    return show_widget(ScoresPanel(), 370, 900)


def place(panel, widget):
    return widget.mapTo(panel, QPoint(0, 0))


def test_low_confidence_is_said_in_words_and_hatched(panel):
    panel.show_image(analysed("000000", confidence=0.39))
    assert panel.cell(Zone.A).detail_text == "39% low"
    low = panel.grab().toImage()
    panel.show_image(analysed("000000", confidence=0.41))
    assert panel.cell(Zone.A).detail_text == "41%"
    assert panel.grab().toImage() != low


def test_each_zone_s_probabilities_stand_as_bars_above_the_buttons_of_their_scores(panel):
    panel.show_image(analysed("333333", confidence=1.0))
    cell = panel.cell(Zone.B)
    image, link = panel.grab().toImage(), panel.palette().link().color()
    for score in range(4):
        button = cell.entry.button(score)
        above = place(panel, button) + QPoint(button.width() // 2, -15)
        assert (image.pixelColor(above) == link) == (score == 3)


def test_the_zone_in_turn_is_marked_in_the_cell_in_words_and_for_screen_readers(panel, qtbot):
    panel.show_image(analysed())
    QApplication.processEvents()
    calm = panel.grab().toImage()
    panel.show_turn(Zone.C, "0 1 2 3 score")
    assert "Scoring zone C" in panel.turn_text
    assert "0 1 2 3 score" in panel.turn_text
    assert [zone for zone in ZONES if panel.cell(zone).is_in_turn] == [Zone.C]
    assert panel.cell(Zone.C).accessibleName() == "Zone C, to be scored next"
    panel.show_turn(None)
    assert panel.turn_text == ""
    assert panel.cell(Zone.C).accessibleName() == "Zone C"
    qtbot.waitUntil(lambda: panel.grab().toImage() == calm)


def test_tab_goes_from_zone_to_zone_and_arrows_between_a_zone_s_scores(panel, qtbot):
    panel.show_image(analysed(draft={Zone.B: 2}))
    with qtbot.waitActive(panel):
        panel.activateWindow()
    panel.cell(Zone.A).entry.button(0).setFocus()
    qtbot.keyClick(panel.focusWidget(), Qt.Key.Key_Right)
    assert panel.focusWidget() is panel.cell(Zone.A).entry.button(1)
    with qtbot.waitSignal(panel.zone_entered) as entered:
        qtbot.keyClick(panel.focusWidget(), Qt.Key.Key_Space)
    assert entered.args == [Zone.A, 1]
    qtbot.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
    assert panel.focusWidget() is panel.cell(Zone.B).entry.button(2)
