from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel

from app.panels.scores import ScoresPanel
from app.panels.studies import describe
from app.session import Study, StudyState
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.radiograph import StudyFacts
from tests.app.predictions import prediction


@pytest.fixture
def panel(qtbot):
    made = ScoresPanel()
    qtbot.addWidget(made)
    made.resize(370, 700)
    made.show()
    return made


def analysed(score="012321", reading=None, **more):
    result = prediction(score, **more)
    return Study(
        0, Path("/films/a.dcm"), StudyState.ANALYSED, score=result.score, prediction=result, reading=reading or {}
    )


def place(panel, widget):
    return widget.mapTo(panel, QPoint(0, 0))


def test_the_grid_shows_each_zone_s_score_at_its_place_under_the_right_side(panel):
    panel.show_study(analysed("012321"))
    assert [panel.cell(zone).score_text for zone in ZONES] == list("012321")
    sides = {label.text(): place(panel, label) for label in panel.findChildren(QLabel) if "(patient)" in label.text()}
    right, left = sides["R (patient)"].x(), sides["L (patient)"].x()
    assert right < left
    assert {place(panel, panel.cell(zone)).x() for zone in (Zone.A, Zone.B, Zone.C)} == {right}
    assert {place(panel, panel.cell(zone)).x() for zone in (Zone.D, Zone.E, Zone.F)} == {left}
    rows = [place(panel, panel.cell(zone)).y() for zone in (Zone.A, Zone.B, Zone.C)]
    assert rows == sorted(rows)


def test_the_global_score_and_the_model_are_named(panel):
    panel.show_study(analysed("012321"))
    assert panel.total_text == "Global 9 / 18"
    for part in ("bsnet-test 1.2", "01234567", "ensemble", "cpu", "1.2 s"):
        assert part in panel.model_text


def test_low_confidence_is_said_in_words(panel):
    panel.show_study(analysed(confidence=0.35))
    assert "35% unsure" in panel.cell(Zone.A).detail_text
    panel.show_study(analysed(confidence=0.8))
    assert panel.cell(Zone.A).detail_text == "80%"


def test_quality_notes_stand_above_the_numbers(panel):
    panel.show_study(analysed(quality=("Over half of the picture is empty.",)))
    assert panel.notes_text == "Over half of the picture is empty."
    notes, total = (panel.findChild(QLabel, name) for name in ("qualityNotes", "total"))
    assert place(panel, notes).y() < place(panel, total).y()
    panel.show_study(analysed())
    assert panel.notes_text == ""


def test_a_picture_said_to_be_mirrored_gets_a_warning(panel):
    study = analysed()
    panel.show_study(replace(study, facts=StudyFacts(patient_orientation=("R", "F"))))
    assert "A–C and D–F may be exchanged" in panel.notes_text
    panel.show_study(replace(study, facts=StudyFacts(patient_orientation=("L", "F"))))
    assert panel.notes_text == ""


def test_the_entered_score_is_compared_zone_by_zone_and_as_a_whole(panel):
    reading = dict(zip(ZONES, (1, 1, 1, 3, 2, 1), strict=True))
    panel.show_study(analysed("012321", reading))
    assert "Δ −1" in panel.cell(Zone.A).detail_text
    assert "Δ +1" in panel.cell(Zone.C).detail_text
    assert "Δ 0" in panel.cell(Zone.D).detail_text
    assert panel.comparison_text == "Your global score 9. Prediction 0; mean zone difference 0.33."


def test_zones_can_be_entered_before_there_is_a_prediction(panel, qtbot):
    study = Study(0, Path("/films/a.dcm"), StudyState.READY)
    panel.show_study(study)
    with qtbot.waitSignal(panel.zone_entered) as entered:
        panel.cell(Zone.E).entry.setCurrentIndex(3)
    assert entered.args == [Zone.E, 2]
    panel.show_study(replace(study, reading={Zone.E: 2}))
    assert panel.comparison_text == "Your score: 1 of 6 zones entered."
    with qtbot.waitSignal(panel.zone_entered) as entered:
        panel.cell(Zone.E).entry.setCurrentIndex(0)
    assert entered.args == [Zone.E, None]


def test_showing_a_study_enters_nothing(panel, qtbot):
    with qtbot.assertNotEmitted(panel.zone_entered):
        panel.show_study(analysed(reading={Zone.A: 3}))
        panel.show_study(analysed())


def test_the_wheel_over_a_selector_does_not_change_an_entered_score(panel, qtbot):
    panel.show_study(analysed(reading={Zone.A: 1}))
    entry = panel.cell(Zone.A).entry
    middle = QPointF(entry.rect().center())
    wheel = QWheelEvent(
        middle, QPointF(entry.mapToGlobal(middle)), QPoint(0, 0), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    with qtbot.assertNotEmitted(panel.zone_entered):
        QApplication.sendEvent(entry, wheel)
    assert entry.currentText() == "1"


def test_every_selector_has_a_name_for_screen_readers(panel):
    assert [panel.cell(zone).entry.accessibleName() for zone in ZONES] == [
        f"Your score of zone {letter}" for letter in "ABCDEF"
    ]


def test_a_list_row_says_who_when_and_where_it_stands():
    facts = StudyFacts(patient_name="Test^Patient", study_date="20200102", view_position="PA")
    study = replace(analysed("012321"), facts=facts)
    assert describe(study) == "Test Patient\n2020-01-02  PA\npredicted 9/18"
    reading = dict.fromkeys(ZONES, 1)
    assert describe(replace(study, reading=reading)).endswith("predicted 9/18, read 6/18")
    refused = replace(study, state=StudyState.NOT_SCORED, score=None, problem="This is a lateral view.")
    assert describe(refused).endswith("not scored: This is a lateral view.")


def test_a_file_without_a_patient_is_listed_by_its_name():
    assert describe(Study(0, Path("/films/a.dcm"))) == "a.dcm\nwaiting"
