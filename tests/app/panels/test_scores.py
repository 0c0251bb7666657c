from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QScrollArea, QWidget

from app.panels.scores import ScoresPanel
from app.session.open_image import ImageState, OpenImage
from app.session.readings import Reading
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.radiograph import ImageMetadata
from tests.app.predictions import analysed

READER = "Dr. Rossi"
MOMENT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def panel(show_widget):
    return show_widget(ScoresPanel(), 370, 900)


def reading(text, reader=READER, blind=True):
    return Reading(reader, BrixiaScore.from_text(text), MOMENT, MOMENT, blind)


def draft_of(text):
    return dict(zip(ZONES, map(int, text), strict=True))


def place(panel, widget):
    return widget.mapTo(panel, QPoint(0, 0))


def everything_said(panel):
    """All that eyes, pointers and screen readers can get out of a widget and what is in it."""
    said = []
    for widget in [panel, *panel.findChildren(QWidget)]:
        said += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip(), widget.statusTip()]
        if isinstance(widget, (QLabel, QAbstractButton)):
            said.append(widget.text())
    return said


def test_the_grid_shows_each_zone_s_score_at_its_place_under_the_right_side(panel):
    panel.show_image(analysed("012321"))
    assert [panel.cell(zone).score_text for zone in ZONES] == list("012321")
    sides = {label.text(): place(panel, label) for label in panel.findChildren(QLabel) if "assumed" in label.text()}
    right, left = sides["R assumed"].x(), sides["L assumed"].x()
    assert right < left
    assert {place(panel, panel.cell(zone)).x() for zone in (Zone.A, Zone.B, Zone.C)} == {right}
    assert {place(panel, panel.cell(zone)).x() for zone in (Zone.D, Zone.E, Zone.F)} == {left}
    rows = [place(panel, panel.cell(zone)).y() for zone in (Zone.A, Zone.B, Zone.C)]
    assert rows == sorted(rows)


def test_the_global_score_and_the_model_are_named(panel):
    panel.show_image(analysed("012321"))
    assert panel.total_text == "Global 9 / 18"
    for part in ("bsnet-test 1.2", "01234567", "ensemble", "cpu", "1.2\u00a0s"):
        assert part in panel.model_text


def test_beside_the_global_score_stands_its_interval_and_no_second_estimate(panel):
    unsure = analysed(confidence=0.4)
    panel.show_image(unsure)
    low, high = unsure.prediction.interval
    assert panel.interval_text == f"90%: {low} to {high}"
    assert low < 9 < high
    said = " ".join(label.text() for label in panel.findChildren(QLabel))
    assert "exp" not in said


def test_a_model_whose_interval_was_not_measured_shows_none(panel):
    image = analysed()
    panel.show_image(replace(image, prediction=replace(image.prediction, common_error=None)))
    assert panel.interval_text == ""


def test_quality_notes_stand_above_the_numbers(panel):
    panel.show_image(analysed(quality=("Over half of the picture is empty.",)))
    assert panel.notes_text == "Over half of the picture is empty."
    notes, total = (panel.findChild(QLabel, name) for name in ("qualityNotes", "total"))
    assert place(panel, notes).y() < place(panel, total).y()
    panel.show_image(analysed())
    assert panel.notes_text == ""
    assert not notes.isVisible()


def test_notes_on_the_file_stand_before_the_quality_notes_even_while_the_prediction_is_hidden(panel):
    image = replace(analysed(quality=("Low confidence in zone A.",)), loading_notes=("The file contradicts itself.",))
    panel.show_image(image)
    assert panel.notes_text == "The file contradicts itself.\nLow confidence in zone A."
    panel.show_image(image.without_prediction(), hidden=True)
    assert panel.notes_text == "The file contradicts itself."


def test_a_picture_said_to_be_mirrored_gets_a_warning(panel):
    image = analysed()
    panel.show_image(replace(image, metadata=ImageMetadata(patient_orientation=("R", "F"))))
    assert "stored rotated or mirrored" in panel.notes_text
    panel.show_image(replace(image, metadata=ImageMetadata(patient_orientation=("L", "F"))))
    assert panel.notes_text == ""


def test_the_entered_score_is_compared_zone_by_zone_and_as_a_whole(panel):
    panel.show_image(analysed("012321", draft_of("111321")))
    assert panel.cell(Zone.A).detail_text.endswith("Δ −1")
    assert panel.cell(Zone.C).detail_text.endswith("Δ +1")
    assert panel.cell(Zone.D).detail_text.endswith("Δ 0")
    assert panel.own_text == "Yours: 9 / 18, not saved"
    assert panel.comparison_text == (
        "Global difference 0 (prediction minus yours): within the accepted ±2. "
        "Mean zone difference 0.33: within the accepted 0.5."
    )
    panel.show_image(analysed("333333", draft_of("333300")))
    assert panel.comparison_text == (
        "Global difference +6 (prediction minus yours): outside the accepted ±2. "
        "Mean zone difference 1.00: outside the accepted 0.5."
    )


def test_zones_can_be_entered_before_there_is_a_prediction_and_taken_back(panel, qtbot):
    image = OpenImage(0, Path("/films/a.dcm"), ImageState.READY)
    panel.show_image(image)
    assert panel.own_text == "Yours: not entered"
    with qtbot.waitSignal(panel.zone_entered) as entered:
        panel.cell(Zone.E).entry.button(2).click()
    assert entered.args == [Zone.E, 2]
    assert panel.cell(Zone.E).entry.score is None  # nothing is shown that the session did not take
    panel.show_image(replace(image, draft={Zone.E: 2}))
    assert panel.own_text == "Yours: 5 zones missing"
    with qtbot.waitSignal(panel.zone_entered) as entered:
        panel.cell(Zone.E).entry.button(2).click()
    assert entered.args == [Zone.E, None]


def test_showing_a_study_enters_nothing(panel, qtbot):
    with qtbot.assertNotEmitted(panel.zone_entered):
        panel.show_image(analysed(draft={Zone.A: 3}))
        panel.show_image(analysed())


def test_save_waits_for_all_six_zones_and_clear_for_one(panel, qtbot):
    panel.show_image(analysed())
    assert not panel.save_button.isEnabled()
    assert not panel.clear_button.isEnabled()
    panel.show_image(analysed(draft={Zone.A: 3}))
    assert not panel.save_button.isEnabled()
    with qtbot.waitSignal(panel.clear_requested):
        panel.clear_button.click()
    panel.show_image(analysed(draft=draft_of("012301")))
    with qtbot.waitSignal(panel.save_requested):
        panel.save_button.click()


def test_a_saved_reading_is_shown_with_reader_and_time_and_cannot_be_changed_by_a_slip(panel, qtbot):
    image = replace(analysed("012321"), readings=(reading("111111"),))
    panel.show_image(image, reader=READER)
    when = f"{MOMENT.astimezone():%Y-%m-%d %H:%M}"
    assert panel.own_text == f"Dr. Rossi: 6 / 18, saved {when}, blind"
    assert panel.cell(Zone.D).detail_text.endswith("Δ +2")
    assert panel.cell(Zone.D).entry.score == 1
    assert not panel.cell(Zone.D).entry.isEnabled()
    assert panel.save_button.isHidden()
    with qtbot.waitSignal(panel.correct_requested):
        panel.correct_button.click()
    panel.show_image(image, reader="Dr. Bianchi")
    assert panel.own_text == "Yours: not entered"
    assert panel.cell(Zone.D).entry.score is None


def test_a_hidden_prediction_leaks_neither_to_the_eye_nor_to_a_screen_reader(panel):
    shown = []
    for score, confidence in (("012321", 0.9), ("333000", 0.35)):
        quality = ("Low confidence in zones A, B.",) if confidence < 0.4 else ()
        image = analysed(score, draft={Zone.A: 1}, confidence=confidence, quality=quality)
        panel.show_image(image.without_prediction(), hidden=True, reader=READER)
        QApplication.processEvents()
        shown.append((panel.grab().toImage(), everything_said(panel)))
    assert shown[0] == shown[1]
    assert panel.total_text == "Hidden until you save"
    assert panel.model_text == panel.notes_text == ""
    assert panel.network_steps.isHidden()


def test_who_has_seen_the_prediction_is_told_that_the_reading_will_not_be_blind(panel):
    hidden = replace(analysed(), seen_by=frozenset({READER})).without_prediction()
    panel.show_image(hidden, hidden=True, reader=READER)
    assert panel.own_text == (
        "Yours: not entered\nYou have seen this prediction: your reading will not count as blind."
    )
    panel.show_image(hidden, hidden=True, reader="Dr. Bianchi")
    assert panel.own_text == "Yours: not entered"


def test_a_model_that_outlines_no_lungs_gets_no_lung_pictures_and_no_notes_on_them(panel):
    image = analysed()
    nothing = np.zeros_like(image.prediction.lung_probability)
    plain = replace(image.prediction, lung_probability=nothing, aligned_lung_probability=nothing)
    panel.show_image(replace(image, prediction=plain))
    assert panel.notes_text == ""
    assert panel.network_steps.isHidden()


def test_other_readers_scores_stay_out_of_the_reader_s_own_cells(panel):
    image = replace(analysed(), readings=(reading("333333", "Dr. Bianchi"),))
    panel.show_image(image.without_prediction(), hidden=True, reader=READER)
    assert {panel.cell(zone).entry.score for zone in ZONES} == {None}
    assert "18 / 18" not in " ".join(everything_said(panel))


def test_every_control_has_a_name_and_a_tooltip(panel):
    panel.show_image(analysed(draft=draft_of("000000")))
    for button in panel.findChildren(QAbstractButton):
        assert button.accessibleName() or button.text()
        assert button.toolTip()
    assert panel.cell(Zone.A).entry.button(3).accessibleName() == "Zone A: 3"
    assert "alveolar dominant" in panel.cell(Zone.A).entry.button(3).accessibleDescription()


@pytest.mark.parametrize("font_scale", [1.0, 1.5])
def test_nothing_is_clipped_in_the_right_pane_at_usual_and_large_text(qapp, qtbot, font_scale):
    usual = QFont(qapp.font())
    large = QFont(usual)
    large.setPointSizeF(usual.pointSizeF() * font_scale)
    qapp.setFont(large)
    try:
        pane = QScrollArea()
        qtbot.addWidget(pane)
        panel = ScoresPanel()
        pane.setWidget(panel)
        pane.setWidgetResizable(True)
        pane.resize(370, 900)
        pane.show()
        panel.show_image(replace(analysed(confidence=0.35), readings=(reading("111111"),)), reader=READER)
        QApplication.processEvents()
        assert panel.minimumSizeHint().width() <= pane.viewport().width() == panel.width()
        labels = [label for label in panel.findChildren(QLabel) if label.isVisible() and not label.wordWrap()]
        assert len(labels) > 25
        for label in labels:
            assert label.width() >= label.sizeHint().width(), label.text()
        assert panel.height() <= 900 * font_scale
    finally:
        qapp.setFont(usual)
