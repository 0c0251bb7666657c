"""A radiologist hides the overlays of single zones."""

import pytest
from PySide6.QtCore import Qt

from app.actions import zone_action
from app.overlays.zones import zone_polygon
from app.session import StudyState
from bsnet_core.brixia import ZONES, Zone
from tests.app.predictions import IMAGE_SHAPE, explanation, prediction
from tests.dicom_files import ramp, write_dicom

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    """One film with a score of 3 in every zone, and a map that names one super-pixel for A and one for F."""
    film = write_dicom(tmp_path / "film.dcm", ramp(*IMAGE_SHAPE), bits=12)
    made = open_viewer("--model", no_model, film)
    qtbot.waitUntil(lambda: made.session.current is not None and made.session.current.problem != "", timeout=60_000)
    made.session.accept_prediction(0, prediction("333333"))
    made.session.accept_explanation(0, explanation({5: (0, 0, 3), 10: (2, 1, 3)}))
    assert made.session.current.state is not StudyState.UNREADABLE
    return made


def map_strength(viewer, row, column):
    """How strong the map is in one of its 4 x 4 super-pixels, 0 to 255."""
    picture = viewer.view.overlays.explanation.image
    side = picture.width() // 4
    return picture.pixelColor(column * side + side // 2, row * side + side // 2).alpha()


def test_alt_and_a_digit_hides_a_zone_s_grid_scores_and_map_and_shows_them_again(qtbot, viewer):
    viewer.view.setFocus()
    assert viewer.view.overlays.zones_shown == frozenset(ZONES)
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (255, 255)
    qtbot.keyClick(viewer.view, Qt.Key.Key_1, ALT)
    assert viewer.view.overlays.zones_shown == frozenset(ZONES) - {Zone.A}
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (0, 255)
    qtbot.keyClick(viewer.view, Qt.Key.Key_6, ALT)
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (0, 0)
    assert not viewer.actions_by_name[zone_action(Zone.F)].isChecked()
    qtbot.keyClick(viewer.view, Qt.Key.Key_0, ALT)
    assert viewer.view.overlays.zones_shown == frozenset(ZONES)
    assert (map_strength(viewer, 1, 1), map_strength(viewer, 2, 2)) == (255, 255)


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
        lambda: setattr(viewer.session, "blind", True),
        lambda: (setattr(viewer.session, "blind", False), viewer.actions_by_name["zones"].setChecked(False)),
        lambda: (viewer.actions_by_name["zones"].setChecked(True), viewer.view.set_original(True)),
        lambda: (viewer.view.set_original(False), viewer.actions_by_name[zone_action(Zone.E)].setChecked(False)),
    ):
        hide()
        qtbot.mouseClick(viewer.view, Qt.MouseButton.LeftButton, pos=place)
        assert viewer.own_reading.scoring.current_zone is Zone.A


def test_the_zones_stand_in_a_menu_of_their_own(viewer):
    overlays = next(menu for menu in viewer.menuBar().actions() if menu.text() == "&Overlays").menu()
    zones = next(entry.menu() for entry in overlays.actions() if entry.menu() is not None)
    assert [entry.text() for entry in zones.actions() if not entry.isSeparator()] == [
        "&All zones",
        *(f"Zone &{zone.name}" for zone in ZONES),
    ]
