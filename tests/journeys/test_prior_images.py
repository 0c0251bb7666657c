"""A radiologist compares with earlier films, reads pixel values and sees which zone is in turn."""

import re

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from app.canvas.modes import CurrentSide
from bsnet_core.brixia import Zone
from tests.dicom_files import ramp, write_dicom

DAYS = ("20200101", "20200105", "20200110")


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    """Three films of one patient, the newest on the screen."""
    images = [
        write_dicom(tmp_path / f"{day}.dcm", ramp(400, 300), bits=12, StudyDate=day, StudyTime="080000") for day in DAYS
    ]
    made = open_viewer("--model", no_model, *reversed(images))
    qtbot.waitUntil(
        lambda: len(made.session.images) == 3 and all(image.is_loaded for image in made.session.images),
    )
    made.session.select(0)
    qtbot.waitUntil(lambda: made.view.radiograph is not None)
    return made


def compare(qtbot, viewer):
    viewer.actions_by_name["compare_prior"].trigger()
    qtbot.waitUntil(lambda: viewer.group.prior_shown, timeout=20_000)


def shown_prior(viewer):
    return viewer.session.image(viewer.prior_image.key).metadata.study_date


def test_the_prior_steps_to_earlier_films_and_back_and_says_which_of_how_many(qtbot, viewer):
    earlier, later = viewer.actions_by_name["earlier_prior"], viewer.actions_by_name["later_prior"]
    assert not earlier.isEnabled()
    compare(qtbot, viewer)
    assert shown_prior(viewer) == DAYS[1]
    assert (earlier.isEnabled(), later.isEnabled()) == (True, False)
    viewer.view.setFocus()
    qtbot.keyClick(viewer.view, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(
        lambda: "2020-01-01  (9 days before)  2 of 2" in viewer.group.prior.accessibleName(), timeout=20_000
    )
    assert shown_prior(viewer) == DAYS[0]
    assert viewer.session.current.key == 0
    assert (earlier.isEnabled(), later.isEnabled()) == (False, True)
    qtbot.keyClick(viewer.view, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: "1 of 2" in viewer.group.prior.accessibleName(), timeout=20_000)
    viewer.actions_by_name["compare_prior"].trigger()
    assert not viewer.group.prior_shown
    assert not earlier.isEnabled()


def test_f6_gives_the_keys_to_the_other_picture(qtbot, viewer):
    compare(qtbot, viewer)
    viewer.view.setFocus()
    qtbot.keyClick(viewer.view, Qt.Key.Key_F6)
    assert viewer.group.prior.hasFocus()
    qtbot.keyClick(viewer.group.prior, Qt.Key.Key_F6)
    assert viewer.view.hasFocus()


def test_the_current_film_stands_on_the_side_that_was_chosen_now_and_at_the_next_start(
    qtbot, viewer, open_viewer, no_model
):
    compare(qtbot, viewer)

    def left_of(view):
        return view.mapTo(viewer, QPoint(0, 0)).x()

    assert left_of(viewer.view) < left_of(viewer.group.prior)
    box = viewer.preferences.control("current_side")
    box.setCurrentIndex(box.findData("right"))
    qtbot.waitUntil(lambda: left_of(viewer.view) > left_of(viewer.group.prior))
    viewer.close()
    again = open_viewer("--model", no_model, "--no-samples")
    assert again.group.current_side is CurrentSide.RIGHT


def test_the_status_line_tells_pixel_values_only_while_they_are_asked_for(qtbot, viewer):
    place = viewer.view.view_geometry.to_view.map(QPointF(150.5, 200.5)).toPoint()
    qtbot.mouseMove(viewer.view, place)
    assert viewer.status_line.probe_text == ""
    viewer.actions_by_name["mode_probe"].trigger()
    qtbot.mouseMove(viewer.view, place + QPoint(1, 0))
    expected = viewer.view.probe_at(QPointF(place + QPoint(1, 0))).text
    assert viewer.status_line.probe_text == expected
    assert "stored" in expected
    viewer.actions_by_name["mode_window"].trigger()
    assert viewer.status_line.probe_text == ""


def test_the_zone_in_turn_is_marked_over_the_picture_and_disagreement_as_the_comparison_says(viewer):
    assert viewer.view.overlays.in_turn is None
    viewer.actions_by_name["score_mode"].trigger()
    assert viewer.view.overlays.in_turn is Zone.A
    viewer.own_reading.scoring.enter(2)
    assert viewer.view.overlays.in_turn is Zone.B
    viewer.own_reading.comparison.disagreement_changed.emit({Zone.C: (1, 2)})
    assert viewer.view.overlays.differing == {Zone.C}
    viewer.actions_by_name["score_mode"].trigger()
    assert viewer.view.overlays.in_turn is None


def test_up_to_four_films_of_a_patient_stand_together_step_by_step_and_at_the_next_start(
    qtbot, open_viewer, no_model, tmp_path
):
    days = [f"202001{day:02d}" for day in (20, 15, 10, 5, 1)]
    images = [write_dicom(tmp_path / f"{day}.dcm", ramp(400, 300), bits=12, StudyDate=day) for day in days]

    def opened():
        made = open_viewer("--model", no_model, *images)
        qtbot.waitUntil(lambda: sum(image.is_loaded for image in made.session.images) == 5)
        return made

    def shown(viewer):
        names = [view.accessibleName() for view in viewer.group.priors if view.radiograph is not None]
        return [re.search(r"\d{4}-\d\d-\d\d", name)[0] for name in names]

    viewer = opened()
    viewer.view.setFocus()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(viewer.view, Qt.Key.Key_C, both)
    qtbot.waitUntil(lambda: shown(viewer) == ["2020-01-15", "2020-01-10", "2020-01-05"])
    assert viewer.actions_by_name["compare_prior"].isChecked()
    assert viewer.actions_by_name["earlier_prior"].isEnabled()
    viewer.actions_by_name["earlier_prior"].trigger()
    qtbot.waitUntil(lambda: shown(viewer) == ["2020-01-10", "2020-01-05", "2020-01-01"])
    assert not viewer.actions_by_name["earlier_prior"].isEnabled()
    viewer.session.select(3)  # only one film before it
    qtbot.waitUntil(lambda: shown(viewer) == ["2020-01-01"])
    viewer.close()

    again = opened()
    again.actions_by_name["compare_prior"].trigger()
    qtbot.waitUntil(lambda: len(shown(again)) == 3)
    again.actions_by_name["compare_four"].trigger()
    qtbot.waitUntil(lambda: shown(again) == ["2020-01-15"])
    again.actions_by_name["compare_prior"].trigger()
    assert not again.group.prior_shown


def test_a_film_that_may_not_be_turned_switches_the_actions_off_and_they_say_why(
    qtbot, open_viewer, no_model, tmp_path
):
    images = [
        write_dicom(tmp_path / f"{modality}.dcm", ramp(400, 300), bits=12, Modality=modality)
        for modality in ("DX", "OT")
    ]
    viewer = open_viewer("--model", no_model, *images)
    turning = [
        viewer.actions_by_name[name] for name in ("rotate_left", "rotate_right", "flip_horizontal", "flip_vertical")
    ]
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None, timeout=20_000)
    assert all(action.isEnabled() for action in turning)
    viewer.session.select(1)
    qtbot.waitUntil(lambda: not turning[0].isEnabled(), timeout=20_000)
    assert all(not action.isEnabled() and "CR and DX" in action.toolTip() for action in turning)
    viewer.session.select(0)
    qtbot.waitUntil(lambda: turning[0].isEnabled(), timeout=20_000)
    assert not any("CR and DX" in action.toolTip() for action in turning)
