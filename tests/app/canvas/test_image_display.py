from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage

from app.canvas.image_view import OverlayState
from app.canvas.measuring import Distance
from app.canvas.modes import CornerTexts
from app.canvas.overlays import zones
from bsnet_core.frames import Aspect, Frames
from bsnet_core.gsdf import Screen
from tests.app.canvas.cases import ORIENTATIONS
from tests.app.canvas.handling import LEFT, drag, lie
from tests.app.canvas.seen import image_on, screen
from tests.app.predictions import SIDE, alignment, prediction
from tests.dicom_files import ramp


def test_one_to_one_shows_one_image_pixel_per_screen_pixel(show):
    view = show()
    view.actual_pixels()
    assert view.view_geometry.scale * view.devicePixelRatioF() == pytest.approx(1)


def test_a_fitted_picture_stays_fitted_when_the_view_grows(show):
    view = show()
    view.resize(900, 700)
    lower_right = view.view_geometry.to_view.map(QPointF(200, 160))
    assert lower_right.y() == pytest.approx(700 - 8)


def test_a_sentence_takes_the_place_of_a_picture(show):
    view = show()
    view.show_message("This file is empty.")
    assert view.view_geometry is None
    assert screen(view).max() > 100
    drag(view, LEFT, 20, 20)


def test_turning_takes_the_greys_with_it(show):
    view = show()
    before = image_on(view)
    view.rotate(2)
    geometry = view.view_geometry
    spot = geometry.to_view.mapRect(QRectF(40, 40, 120, 80)).toRect()
    turned = screen(view)[spot.top() : spot.bottom() + 1, spot.left() : spot.right() + 1]
    height, width = min(turned.shape[0], before.shape[0]), min(turned.shape[1], before.shape[1])
    difference = np.abs(turned[::-1, ::-1][:height, :width] - before[:height, :width])
    assert np.percentile(difference, 95) <= 4


def test_the_original_is_one_call_away_and_comes_back(show):
    view = show()
    bare = screen(view)
    view.annotations.add(Distance((50, 50), (110, 50)), "draw")
    result = prediction()
    frames = Frames.fit(view.radiograph.shape, SIDE, Aspect.STRETCH).with_alignment(alignment())
    view.set_overlays(OverlayState({"zones": True}, {}, None, frames, zones.labels_of(result)))
    view.set_result_caption("Brixia score: bsnet-test 1.2, prediction")
    drawn = screen(view)
    view.set_original(True)
    assert np.array_equal(screen(view), bare)
    view.set_original(False)
    assert np.array_equal(screen(view), drawn)


def test_the_result_s_name_stands_only_while_something_of_it_is_shown(show):
    view = show()
    frames = Frames.fit(view.radiograph.shape, SIDE, Aspect.STRETCH).with_alignment(alignment())
    shown = OverlayState({"zones": True}, {}, None, frames, zones.labels_of(prediction()))
    texts = []
    for state in (shown, replace(shown, shown={"zones": False}), replace(shown, labels=None)):
        view.set_overlays(state)
        view.set_result_caption("")
        without = screen(view)
        view.set_result_caption("Brixia score: bsnet-test 1.2, prediction")
        texts.append(not np.array_equal(screen(view), without))
    assert texts == [True, False, False]


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_zone_a_lies_on_the_patient_s_right_in_the_grid_and_by_the_letters(show, orientation, photometric):
    view = show(PhotometricInterpretation=photometric)
    lie(view, orientation)
    frames = Frames.fit(view.radiograph.shape, SIDE, Aspect.STRETCH).with_alignment(alignment())
    states = [
        OverlayState({"zones": True}, {}, None, frames, zones.labels_of(prediction(score)))
        for score in ("033333", "333333")
    ]
    images = []
    for state in states:
        view.set_overlays(state)
        images.append(screen(view))
    rows, columns = np.nonzero(images[0] != images[1])
    letters = view.orientation.letters(view.radiograph.metadata.patient_orientation)
    towards = {"left": -columns.mean() + 300, "right": columns.mean() - 300}
    towards |= {"top": -rows.mean() + 250, "bottom": rows.mean() - 250}
    right_edge = next(edge for edge in towards if getattr(letters, edge) == "R")
    head_edge = next(edge for edge in towards if getattr(letters, edge) == "H")
    assert towards[right_edge] > 20
    assert towards[head_edge] > 20


def test_a_screen_of_twice_the_density_shows_twice_the_detail_at_the_same_size(show):
    view = show(np.kron(ramp(400, 500), np.ones((2, 2), np.uint16)))
    view.annotations.add(Distance((100, 100), (700, 500)), "draw")
    view.set_corner_texts(CornerTexts.MINIMAL)  # the edges of letters differ, in how many pixels is up to the font
    plain, dense = view.image_of_view(1.0), view.image_of_view(2.0)
    assert (dense.width(), dense.height()) == (2 * plain.width(), 2 * plain.height())
    small = dense.scaled(plain.size(), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    grey_levels = []
    for image in (plain, small):
        image = image.convertToFormat(QImage.Format.Format_Grayscale8)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        grey_levels.append(rows[:, : image.width()].astype(int))
    assert np.percentile(np.abs(grey_levels[0] - grey_levels[1]), 98) <= 3


def test_a_screen_of_known_luminance_changes_what_is_seen_and_nothing_that_is_said_or_saved(show):
    view = show()
    plain, saved = image_on(view), view.image_of_view()
    reading = view.probe_at(QPointF(300, 250))
    view.set_screen(Screen(0.3, 250.0, 0.3))
    assert np.abs(image_on(view) - plain).mean() > 5
    assert view.probe_at(QPointF(300, 250)) == reading
    assert view.image_of_view() == saved
    view.invert()
    assert np.abs(image_on(view) - plain).mean() > 5
    view.invert()
    view.set_screen(None)
    assert (image_on(view) == plain).all()


def test_the_shutter_of_the_file_covers_and_can_be_lifted(show):
    view = show(ShutterShape="CIRCULAR", CenterOfCircularShutter=[80, 100], RadiusOfCircularShutter=40)
    corner = view.view_geometry.to_view.map(QPointF(180, 60)).toPoint()
    assert screen(view)[corner.y(), corner.x()] == 0
    view.set_shutter_shown(False)
    assert screen(view)[corner.y(), corner.x()] > 150
