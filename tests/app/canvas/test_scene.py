"""Overlays follow the image as a layer: the screen shows what drawing them again would give."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtGui import QImage

from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.layer import MARGIN_PX
from app.canvas.drawing.orientation import Orientation
from app.canvas.image_view import ImageView
from bsnet_core.radiograph import Radiograph, VoiWindow
from tests.app.all_overlays import NAMES, all_overlays
from tests.app.predictions import IMAGE_SHAPE, explanation, prediction


def overlays(angle_deg=0.0):
    grown = explanation({5: (0, 0, 3), 6: (0, 1, 3)})
    return all_overlays(prediction("333333", angle_deg=angle_deg), grown, opacity=0.8)


@pytest.fixture
def make_view(qtbot):
    stored = np.tile(np.arange(IMAGE_SHAPE[1], dtype=np.uint16), (IMAGE_SHAPE[0], 1))
    radiograph = Radiograph(stored, stored_offset=0, bits_stored=12, monochrome1=False)

    def make(state=None):
        view = ImageView()
        qtbot.addWidget(view)
        view.resize(500, 420)
        view.show_radiograph(radiograph, FrameRenderer(stored))
        view.set_overlays(state or overlays())
        view.show()
        return view

    return make


def screen(view, ratio=1.0):
    image = QImage((QSizeF(view.size()) * ratio).toSize(), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    view.render(image)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[..., :3].astype(int)


def redrawn(view, ratio=1.0):
    """What the screen would show if nothing had been kept."""
    image = view.image_of_view(ratio)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[..., :3].astype(int)


def differing_share(left, right):
    return (np.abs(left - right).max(axis=2) > 2).mean()


def test_moved_by_whole_pixels_the_overlays_are_as_if_redrawn(make_view):
    view = make_view()
    screen(view)
    view.pan(QPointF(31, -17))
    assert differing_share(screen(view), redrawn(view)) == 0


def test_moved_further_than_the_layer_goes_it_is_redrawn_where_it_lacks(make_view):
    view = make_view()
    view.zoom(6.0)
    screen(view)
    for _step in range(8):
        view.pan(QPointF(MARGIN_PX // 3, 0))
        assert differing_share(screen(view), redrawn(view)) == 0


def test_while_zooming_the_overlays_lie_in_their_place_and_are_sharp_once_it_stands_still(make_view, qtbot):
    view = make_view()
    screen(view)
    view.zoom(1.25, QPointF(200, 150))
    assert 0 < differing_share(screen(view), redrawn(view)) < 0.12
    qtbot.waitUntil(lambda: differing_share(screen(view), redrawn(view)) == 0)


def test_zoomed_far_the_letters_are_redrawn_at_once(make_view):
    view = make_view()
    screen(view)
    view.zoom(4.0)
    assert differing_share(screen(view), redrawn(view)) == 0


@pytest.mark.parametrize("orientation", [Orientation(1, False), Orientation(0, True), Orientation(2, True)])
def test_turning_draws_the_overlays_anew(make_view, orientation):
    view = make_view(overlays(angle_deg=10))
    screen(view)
    view.follow(replace(view.view_geometry, orientation=orientation))
    assert differing_share(screen(view), redrawn(view)) == 0


def test_another_window_changes_the_picture_and_leaves_the_overlays(make_view):
    view = make_view()
    before = screen(view)
    view.set_voi(VoiWindow(60, 40))
    after = screen(view)
    assert differing_share(before, after) > 0.1
    assert differing_share(after, redrawn(view)) == 0


def test_another_state_of_the_overlays_is_seen_at_once_even_while_moving(make_view):
    view = make_view()
    screen(view)
    view.pan(QPointF(8, 0))
    view.set_overlays(replace(view.overlays, shown=dict.fromkeys(NAMES, False)))
    assert differing_share(screen(view), redrawn(view)) == 0


def test_a_film_that_takes_the_place_of_another_takes_its_overlays_away(make_view):
    view = make_view()
    screen(view)
    other = np.full((300, 300), 7, np.uint16)
    view.show_radiograph(Radiograph(other, stored_offset=0, bits_stored=12, monochrome1=False), FrameRenderer(other))
    assert differing_share(screen(view), redrawn(view)) == 0


def test_a_screen_of_another_density_gets_overlays_of_that_density(make_view):
    view = make_view()
    screen(view)
    assert differing_share(screen(view, 2.0), redrawn(view, 2.0)) == 0
