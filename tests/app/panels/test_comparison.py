import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QWidget

from app.panels.comparison import ComparisonPanel
from app.session.readings import ResultSet
from bsnet_core.brixia import ZONES, BrixiaScore, Zone


def result(name, text):
    return ResultSet(name, "2026-03-01 10:30", BrixiaScore.from_text(text))


SETS = (
    result("Dr. Rossi", "012301"),
    result("Dr. Bianchi", "012300"),
    result("bsnet 1 (01234567)", "333333"),
    result("bsnet 2 (89abcdef)", "112301"),
)


@pytest.fixture
def panel(show_widget):
    return show_widget(ComparisonPanel(), 352, 500)


def row_of(panel, row):
    return [panel.table.item(row, column).text() for column in range(panel.table.columnCount())]


def test_readers_and_models_stand_side_by_side(panel):
    panel.show_sets(SETS)
    assert panel.table.rowCount() == 4
    assert row_of(panel, 0) == ["Dr. Rossi", "0", "1", "2", "3", "0", "1", "7"]
    assert row_of(panel, 2) == ["bsnet 1 (01234567)", "3", "3", "3", "3", "3", "3", "18"]
    assert "2026-03-01 10:30" in panel.table.item(1, 3).toolTip()


def test_the_first_reader_and_the_last_model_are_compared_at_first_and_any_two_on_choice(panel):
    panel.show_sets(SETS)
    assert panel.cell(Zone.A).text() == "A   0 ≠ 1   Δ +1"
    assert panel.cell(Zone.B).text() == "B   1 = 1"
    assert panel.verdict_text == (
        "✓ Mean zone difference 0.17: within the accepted 0.5.\n"
        "✓ Global difference +1 (second minus first): within the accepted ±2."
    )
    panel.first.setCurrentText("bsnet 1 (01234567)")
    panel.second.setCurrentText("Dr. Bianchi")
    assert panel.cell(Zone.A).text() == "A   3 ≠ 0   Δ −3"
    assert panel.verdict_text == (
        "✗ Mean zone difference 2.00: outside the accepted 0.5.\n"
        "✗ Global difference −12 (second minus first): outside the accepted ±2."
    )


def test_zones_lie_under_the_side_of_the_patient(panel):
    panel.show_sets(SETS)
    sides = {label.text(): label.mapTo(panel, QPoint(0, 0)).x() for label in panel.findChildren(QLabel)}
    assert sides["R (patient)"] < sides["L (patient)"]
    for zone in ZONES:
        side = "R (patient)" if zone.is_patient_right else "L (patient)"
        assert panel.cell(zone).mapTo(panel, QPoint(0, 0)).x() == sides[side]


def test_differing_zones_are_told_to_the_picture_only_while_they_are_to_be_marked(panel, qtbot):
    panel.show_sets(SETS)
    assert panel.disagreement == {}
    with qtbot.waitSignal(panel.disagreement_changed) as told:
        panel.mark.click()
    assert told.args == [{Zone.A: (0, 1)}]
    with qtbot.waitSignal(panel.disagreement_changed) as told:
        panel.second.setCurrentText("Dr. Bianchi")
    assert told.args == [{Zone.F: (1, 0)}]
    with qtbot.waitSignal(panel.disagreement_changed) as told:
        panel.show_sets(SETS[:1])
    assert told.args == [{}]
    panel.show_sets(SETS)
    with qtbot.waitSignal(panel.disagreement_changed) as told:
        panel.mark.click()
    assert told.args == [{}]


def test_what_was_chosen_stays_chosen_with_the_next_film_that_has_it(panel):
    panel.show_sets(SETS)
    panel.first.setCurrentText("Dr. Bianchi")
    panel.show_sets(SETS[1:])
    assert panel.first.currentText() == "Dr. Bianchi"
    panel.show_sets(SETS[2:])
    assert (panel.first.currentText(), panel.second.currentText()) == ("bsnet 1 (01234567)", "bsnet 2 (89abcdef)")


def test_nothing_is_compared_with_a_single_result(panel):
    panel.show_sets(SETS[:1])
    assert "fewer than two results" in panel.empty_text
    assert not panel.table.isVisible()


def test_hidden_results_leave_nothing_in_the_panel(panel):
    panel.mark.setChecked(True)
    panel.show_sets(SETS)
    panel.show_sets(SETS, hidden=True)
    assert panel.empty_text == "Hidden until you save your own score."
    assert panel.disagreement == {}
    assert panel.table.rowCount() == 0
    assert panel.first.count() == 0
    assert not any(panel.cell(zone).isVisible() for zone in ZONES)
    assert {panel.cell(zone).accessibleDescription() for zone in ZONES} == {""}


def test_every_control_has_a_name(panel):
    panel.show_sets(SETS)
    for widget in panel.findChildren(QWidget):
        if isinstance(widget, (QComboBox, QAbstractButton)) and widget.isVisible():
            assert widget.accessibleName() or getattr(widget, "text", str)()
    assert panel.table.accessibleName()
    assert panel.cell(Zone.A).accessibleDescription() == "0 and 1, difference +1"


def test_it_fits_the_right_pane(panel):
    panel.show_sets(SETS)
    assert panel.minimumSizeHint().width() <= 352
