"""A radiologist hides the overlays of single zones."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QToolTip

from app.canvas.overlays.explanation_map import severity_colours
from app.canvas.overlays.zones import zone_polygon
from app.commands.action_table import zone_action
from app.report.content import ReportChoices, compose_report
from app.session.open_image import ImageState
from bsnet_core.brixia import ZONES, Zone
from tests.app.predictions import IMAGE_SHAPE, explanation, prediction
from tests.dicom_files import ramp, write_dicom

STRONGEST = severity_colours()[255, 3]
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    """One film with a score of 3 in every zone, and a map that names one super-pixel for A and one for F."""
    image = write_dicom(tmp_path / "film.dcm", ramp(*IMAGE_SHAPE), bits=12)
    made = open_viewer("--model", no_model, image)
    qtbot.waitUntil(lambda: made.session.current is not None and made.session.current.problem != "")
    made.session.accept_prediction(0, prediction("333333"))
    made.session.accept_explanation(0, explanation({5: (0, 0, 3), 10: (2, 1, 3)}))
    assert made.session.current.state is not ImageState.UNREADABLE
    return made


def map_strength(viewer, row, column):
    """How strong the map is in one of its 4 x 4 super-pixels, 0 to 255."""
    image = viewer.view.overlays.explanation.image
    side = image.width() // 4
    return image.pixelColor(column * side + side // 2, row * side + side // 2).alpha()


def test_alt_and_a_digit_hides_a_zone_s_grid_scores_and_map_and_shows_them_again(qtbot, viewer):
    viewer.view.setFocus()
    assert viewer.view.overlays.zones_shown == frozenset(ZONES)
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (STRONGEST, STRONGEST)
    qtbot.keyClick(viewer.view, Qt.Key.Key_1, ALT)
    assert viewer.view.overlays.zones_shown == frozenset(ZONES) - {Zone.A}
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (0, STRONGEST)
    qtbot.keyClick(viewer.view, Qt.Key.Key_6, ALT)
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (0, 0)
    assert not viewer.actions_by_name[zone_action(Zone.F)].isChecked()
    qtbot.keyClick(viewer.view, Qt.Key.Key_0, ALT)
    assert viewer.view.overlays.zones_shown == frozenset(ZONES)
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (STRONGEST, STRONGEST)


def test_report_and_figure_show_the_zones_and_the_opacity_of_the_screen(viewer):
    def explained():
        return viewer.exports.reported().explanation

    assert explained().zones == ZONES
    viewer.actions_by_name[zone_action(Zone.A)].trigger()
    assert explained().zones == ZONES[1:]
    viewer.overlays.choose_zone(Zone.F)
    assert explained().zones == (Zone.F,)
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (0, STRONGEST)
    viewer.actions_by_name[zone_action(Zone.F)].trigger()
    assert explained().zones == ()
    assert map_of_report(viewer) is None
    viewer.overlays.choose_zone(None)
    (slider,) = [each for each in viewer.findChildren(QSlider) if each.accessibleName() == "Opacity of Explanation"]
    slider.setValue(45)
    assert explained().opacity == 0.45


def test_a_zone_hidden_on_the_screen_is_not_in_the_report_s_map(viewer):
    assert is_coloured(map_of_report(viewer), 1, 1)
    viewer.actions_by_name[zone_action(Zone.A)].trigger()
    content = map_of_report(viewer)
    assert [part.zone for part in content.strongest] == list(ZONES[1:])
    assert not is_coloured(content, 1, 1)
    assert is_coloured(content, 2, 2)


def map_of_report(viewer):
    """The explanation map as a report of now would show it."""
    return compose_report(viewer.exports.reported(), ReportChoices(), datetime.now().astimezone()).map


def is_coloured(content, row, column):
    """Whether one of the map's 4 x 4 super-pixels has a colour, inside lung and zone and beside the zone's letter."""
    image = content.image
    x, y = (column + 0.35) * image.width() / 4, (row + 0.52) * image.height() / 4
    return image.pixelColor(round(x), round(y)).saturation() > 60


def test_the_pointer_is_told_of_the_zones_shown_alone(viewer):
    viewer.actions_by_name["explanation"].setChecked(True)
    viewer.view.pointer_moved.emit(IMAGE_SHAPE[1] * 3 / 8, IMAGE_SHAPE[0] * 3 / 8)
    assert "zone A:" in viewer.view.toolTip()
    viewer.actions_by_name[zone_action(Zone.A)].trigger()
    assert viewer.view.toolTip() == ""


def test_what_the_pointer_is_told_is_renewed_when_the_map_grows_under_it(qtbot, viewer):
    whole = viewer.session.current.explanation
    viewer.session.accept_explanation(0, replace(whole, computed=np.zeros(16, dtype=np.bool_)))
    viewer.actions_by_name["explanation"].setChecked(True)
    viewer.view.pointer_moved.emit(IMAGE_SHAPE[1] * 3 / 8, IMAGE_SHAPE[0] * 3 / 8)
    told = viewer.view.toolTip()
    assert told == "This region has not been masked."
    QToolTip.showText(viewer.view.mapToGlobal(viewer.view.rect().center()), told, viewer.view)
    qtbot.waitUntil(QToolTip.isVisible)
    viewer.session.accept_explanation(0, whole)
    assert "zone A:" in viewer.view.toolTip()
    assert QToolTip.text() == viewer.view.toolTip()
    QToolTip.hideText()


def test_zones_hidden_stay_hidden_with_another_result_and_are_back_at_the_next_start(
    qtbot, viewer, open_viewer, no_model
):
    viewer.actions_by_name[zone_action(Zone.B)].trigger()
    viewer.session.accept_prediction(0, prediction("111111"))
    assert viewer.view.overlays.zones_shown == frozenset(ZONES) - {Zone.B}
    viewer.close()
    again = open_viewer("--model", no_model, "--no-samples")
    assert again.view.overlays.zones_shown == frozenset(ZONES)


def middle_of(viewer, zone):
    """Where a zone lies in the view."""
    corners = viewer.view.view_geometry.to_view.map(zone_polygon(viewer.view.overlays.frames, zone))
    return corners.boundingRect().center().toPoint()


def test_while_scoring_a_click_on_a_zone_of_the_picture_gives_it_the_turn(qtbot, viewer):
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(viewer.view, left, pos=middle_of(viewer, Zone.E))
    assert viewer.own_reading.scoring.current_zone is None
    viewer.own_reading.scoring.switch(True)
    for zone in (Zone.E, Zone.B):
        qtbot.mouseClick(viewer.view, left, pos=middle_of(viewer, zone))
        assert viewer.own_reading.scoring.current_zone is zone
    viewer.view.setFocus()
    qtbot.keyClick(viewer.view, Qt.Key.Key_2)
    assert viewer.session.current.draft == {Zone.B: 2}
    assert viewer.view.overlays.own == {Zone.B: 2}
    qtbot.mousePress(viewer.view, left, pos=middle_of(viewer, Zone.A))  # a drag changes the window instead
    qtbot.mouseMove(viewer.view, middle_of(viewer, Zone.F))
    qtbot.mouseRelease(viewer.view, left, pos=middle_of(viewer, Zone.F))
    assert viewer.own_reading.scoring.current_zone is Zone.C


def test_where_no_grid_is_seen_a_click_chooses_nothing(qtbot, viewer):
    viewer.own_reading.scoring.switch(True)
    place = middle_of(viewer, Zone.E)
    for hide in (
        lambda: viewer.actions_by_name["zones"].setChecked(False),
        lambda: (viewer.actions_by_name["zones"].setChecked(True), viewer.view.set_original(True)),
        lambda: (viewer.view.set_original(False), viewer.actions_by_name[zone_action(Zone.E)].setChecked(False)),
    ):
        hide()
        qtbot.mouseClick(viewer.view, Qt.MouseButton.LeftButton, pos=place)
        assert viewer.own_reading.scoring.current_zone is Zone.A


def test_a_blind_reader_clicks_on_a_grid_in_its_usual_place_and_sees_the_own_scores_in_it(qtbot, viewer):
    shown = viewer.view.overlays
    viewer.own_reading.scoring.switch(True)
    viewer.session.blind = True
    usual = viewer.view.overlays
    assert (usual.lungs, usual.labels, usual.explanation) == (None, None, None)
    assert not np.array_equal(usual.frames.alignment, shown.frames.alignment)
    for zone in (Zone.E, Zone.B):
        qtbot.mouseClick(viewer.view, Qt.MouseButton.LeftButton, pos=middle_of(viewer, zone))
        assert viewer.own_reading.scoring.current_zone is zone
    before = viewer.view.grab().toImage()
    viewer.session.enter(0, Zone.A, 3)
    assert viewer.view.overlays.own == {Zone.A: 3}
    assert viewer.view.grab().toImage() != before


def test_the_zones_stand_in_a_menu_of_their_own(viewer):
    overlays = next(menu for menu in viewer.menuBar().actions() if menu.text() == "&Overlays").menu()
    zones = next(entry.menu() for entry in overlays.actions() if entry.menu() is not None)
    assert [entry.text() for entry in zones.actions() if not entry.isSeparator()] == [
        "&All zones",
        *(f"Zone &{zone.name}" for zone in ZONES),
    ]
