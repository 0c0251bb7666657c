"""A radiologist leaves the explanation map on, chooses zones and points at regions."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QToolTip

from app.canvas.overlays.map_scale import MapColours
from app.canvas.overlays.zones import zone_polygon
from app.presenters.map_pointer import place_beside
from bsnet_core.brixia import Zone
from tests.app.predictions import IMAGE_SHAPE, explanation, prediction
from tests.dicom_files import ramp, write_dicom

A_REGION, F_REGION = (3 / 8, 3 / 8), (5 / 8, 5 / 8)
"""Middles of super-pixels 5 and 10, in zones A and F, as shares of width and height."""


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    """One image: 3 in A and F, 0 elsewhere; a region each speaks for them, that in A for F as well."""
    image = write_dicom(tmp_path / "film.dcm", ramp(*IMAGE_SHAPE), bits=12)
    made = open_viewer("--model", no_model, image)
    qtbot.waitUntil(lambda: made.session.current is not None and made.session.current.problem != "")
    made.session.accept_prediction(0, prediction("300003"))
    explained = explanation({5: (0, 0, 3), 10: (2, 1, 3)})
    explained.contributions[5, 2, 1, 3] = -0.1
    explained.contributions[5, 1, 0, 1] = -0.2
    made.session.accept_explanation(0, explained)
    for name in ("lungs", "zones", "scores"):
        made.actions_by_name[name].setChecked(False)
    made.actions_by_name["explanation"].setChecked(True)
    return made


def colours(viewer):
    """(H, W) how colourful the view is: 0 for grey."""
    image = viewer.view.grab().toImage().convertToFormat(viewer.view.grab().toImage().Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return np.ptp(pixels[:, : image.width(), :3].astype(int), axis=2)


def area_of(viewer, zone, share=0.9):
    """Rows and columns of the view that a zone covers, without its edge."""
    box = viewer.view.view_geometry.to_view.map(zone_polygon(viewer.view.overlays.frames, zone)).boundingRect()
    middle, width, height = box.center(), box.width() * share / 2, box.height() * share / 2
    return (
        slice(round(middle.y() - height), round(middle.y() + height)),
        slice(round(middle.x() - width), round(middle.x() + width)),
    )


def has_colour(viewer, zone):
    return bool((colours(viewer)[area_of(viewer, zone)] > 40).any())


def view_point(viewer, shares):
    height, width = IMAGE_SHAPE
    return viewer.view.view_geometry.to_view.map(QPoint(round(shares[0] * width), round(shares[1] * height)))


def point_at(viewer, shares):
    viewer.view.pointer_moved.emit(shares[0] * IMAGE_SHAPE[1], shares[1] * IMAGE_SHAPE[0])


def legend(viewer):
    (label,) = [each for each in viewer.findChildren(QLabel) if each.accessibleName() == "Explanation legend"]
    return label


# What is coloured


def test_with_all_zones_a_zone_scored_0_has_no_colour_though_regions_in_it_act_on_others(viewer):
    # Super-pixel 5 reaches into zone B, which it acts on, but which is scored 0.
    assert has_colour(viewer, Zone.A)
    assert has_colour(viewer, Zone.F)
    for zone in (Zone.B, Zone.C, Zone.D, Zone.E):
        assert not has_colour(viewer, zone)


def test_choosing_a_zone_marks_it_and_shows_effects_from_elsewhere_as_such(viewer):
    before = viewer.view.grab().toImage()
    viewer.overlays.choose_zone(Zone.F)
    assert has_colour(viewer, Zone.F)
    marked = colours(viewer)
    rows, columns = area_of(viewer, Zone.F, 1.0)
    frame = marked[rows.start - 2 : rows.start + 3, columns].max(axis=0)
    assert (frame > 40).mean() > 0.9  # a frame along the whole edge
    # Striped in A: rows with colour between rows without.
    inside = marked[area_of(viewer, Zone.A, 0.5)]
    with_colour = (inside > 40).any(axis=1)
    assert 0.2 < with_colour.mean() < 0.8
    assert np.abs(np.diff(with_colour.astype(int))).sum() >= 2
    assert "striped" in legend(viewer).text()
    viewer.overlays.choose_zone(None)
    assert viewer.view.grab().toImage() == before


def test_a_zone_scored_0_says_in_words_what_is_shown_and_is_coloured_only_on_request(qtbot, viewer):
    viewer.overlays.choose_zone(Zone.B)
    assert "Zone B is scored 0" in legend(viewer).text()
    assert "Zone B is scored 0" in legend(viewer).accessibleDescription()
    rows, columns = area_of(viewer, Zone.B, 0.8)
    assert not (colours(viewer)[rows, columns] > 40).any()
    (question,) = [box for box in viewer.findChildren(QCheckBox) if box.text() == "What would make it 1"]
    assert question.isVisible()
    question.click()
    assert (colours(viewer)[rows, columns] > 40).any()
    assert "make it 1" in legend(viewer).text()
    question.click()
    assert not (colours(viewer)[rows, columns] > 40).any()


def test_the_worst_consolidation_is_not_painted_over(viewer):
    def seen():
        """Grey levels in zone A: what the map leaves of the ramp beneath."""
        image = viewer.view.grab().toImage()
        (rows, columns) = area_of(viewer, Zone.A, 0.6)
        return np.array([[image.pixelColor(x, y).lightness() for x in range(columns.start, columns.stop, 4)]
                         for y in range(rows.start, rows.stop, 4)])  # fmt: skip

    assert seen().min() > 40
    assert legend(viewer).text().count("■") > 3
    (chooser,) = [box for box in viewer.findChildren(QComboBox) if box.accessibleName() == "Colours of the explanation"]
    chooser.setCurrentIndex(chooser.findData(MapColours.CLASSES))
    by_class = seen()
    assert by_class.min() < 40  # black lines
    assert (by_class > 60).mean() > 0.2  # and the image between them


def test_the_choice_of_colours_is_kept(qtbot, viewer, open_viewer, no_model):
    viewer.overlays.choose_colours(MapColours.CLASSES)
    viewer.close()
    again = open_viewer("--model", no_model, "--no-samples")
    assert again.overlays.chosen_colours is MapColours.CLASSES


def test_the_legend_prints_the_strongest_region_of_this_very_image(viewer):
    assert "up to 0.90 lower" in legend(viewer).text()
    weaker = explanation({})
    weaker.contributions[5, 0, 0, 3] = -0.04
    viewer.session.accept_explanation(0, weaker)
    assert "up to 0.12 lower" in legend(viewer).text()
    assert has_colour(viewer, Zone.A)


# Under the pointer


def test_pointing_at_a_region_says_one_sentence_and_the_details_come_by_a_key(viewer):
    point_at(viewer, A_REGION)
    said = viewer.view.toolTip()
    assert said.startswith("Supports 3 in zone A: without it the probability falls from ")
    assert "\n" not in said
    viewer.actions_by_name["map_details"].trigger()
    assert "zone A:  score 0: 0.0" in viewer.view.toolTip()
    assert viewer.actions_by_name["map_details"].shortcut().toString() == "V"
    viewer.actions_by_name["map_details"].trigger()
    assert viewer.view.toolTip() == said


def test_the_region_is_outlined_and_other_zones_it_acts_on_are_framed_until_the_pointer_leaves(viewer):
    before = viewer.view.grab().toImage()
    point_at(viewer, A_REGION)
    region = viewer.view.pointed_region
    assert region.also_affects == (Zone.B, Zone.F)
    assert region.border.boundingRect().center().x() == pytest.approx(A_REGION[0] * IMAGE_SHAPE[1], abs=3)
    framed = colours(viewer)
    rows, columns = area_of(viewer, Zone.F, 1.0)
    edge = framed[rows.stop - 3 : rows.stop + 3, columns].max(axis=0) > 40
    assert 0.3 < edge.mean() < 0.98  # dashed
    point_at(viewer, F_REGION)
    assert viewer.view.pointed_region.also_affects == ()
    viewer.view.left.emit(viewer.view)
    assert viewer.view.pointed_region is None
    assert viewer.view.toolTip() == ""
    assert viewer.view.grab().toImage() == before


def test_the_tip_appears_beside_the_region(qtbot, viewer):
    point_at(viewer, A_REGION)
    place = view_point(viewer, A_REGION)
    QApplication.sendEvent(viewer.view, QHelpEvent(QEvent.Type.ToolTip, place, viewer.view.mapToGlobal(place)))
    qtbot.waitUntil(QToolTip.isVisible)
    (tip,) = [each for each in QApplication.topLevelWidgets() if each.inherits("QTipLabel") and each.isVisible()]
    box = viewer.view.view_geometry.to_view.mapRect(viewer.view.pointed_region.border.boundingRect()).toAlignedRect()
    assert not tip.geometry().intersects(QRect(viewer.view.mapToGlobal(box.topLeft()), box.size()))
    QToolTip.hideText()


def test_a_tip_finds_the_side_that_has_room():
    screen, size, pointer = QRect(0, 0, 1000, 800), QSize(300, 40), QPoint(400, 300)
    for region in (
        QRect(300, 200, 200, 200),
        QRect(600, 200, 300, 200),
        QRect(100, 200, 850, 200),
        QRect(0, 500, 1000, 290),
    ):
        corner = place_beside(region, size, pointer, screen)
        # Qt puts a tip up to 24 pixels below where it is asked to.
        assert not region.intersects(QRect(corner + QPoint(2, 16), size))
        assert screen.contains(QRect(corner + QPoint(2, 16), size))
    assert place_beside(screen, size, pointer, screen) == pointer


def test_a_blind_reader_is_shown_nothing_of_the_map(viewer):
    point_at(viewer, A_REGION)
    viewer.overlays.choose_zone(Zone.F)
    viewer.session.blind = True
    assert viewer.view.pointed_region is None
    assert viewer.view.toolTip() == ""
    assert not legend(viewer).isVisible()
    assert legend(viewer).text() == legend(viewer).accessibleDescription() == ""
    assert (colours(viewer)[4:-4, 4:-4] < 40).all()  # no map, no frame around the chosen zone
