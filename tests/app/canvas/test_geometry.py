import pytest
from PySide6.QtCore import QPointF, QSizeF

from app.canvas.drawing.orientation import Orientation
from app.canvas.geometry import MAX_SCALE, MIN_SCALE, ViewGeometry

VIEW = QSizeF(800, 600)


def fitted(width=1000, height=1000, aspect=1.0):
    return ViewGeometry.fitted(QSizeF(width, height), aspect, VIEW)


@pytest.mark.parametrize(("width", "height", "aspect"), [(3000, 2000, 1.0), (500, 2500, 1.0), (1000, 1000, 2.0)])
def test_a_fitted_picture_lies_whole_and_centred_in_the_view(width, height, aspect):
    geometry = fitted(width, height, aspect)
    corner, opposite = geometry.to_view.map(QPointF(0, 0)), geometry.to_view.map(QPointF(width, height))
    assert min(corner.x(), corner.y()) >= 0
    assert opposite.x() <= VIEW.width()
    assert opposite.y() <= VIEW.height()
    assert corner.x() + opposite.x() == pytest.approx(VIEW.width())
    assert corner.y() + opposite.y() == pytest.approx(VIEW.height())


def test_pixels_twice_as_high_as_wide_are_drawn_so():
    to_view = fitted(100, 100, 2.0).to_view
    assert to_view.m22() == pytest.approx(2 * to_view.m11())


@pytest.mark.parametrize("factor", [0.5, 1.15, 7.0])
def test_zooming_keeps_the_image_point_under_the_pointer(factor):
    pointer = QPointF(123, 456)
    geometry = fitted(aspect=1.5)
    before, after = geometry.to_image(pointer), geometry.zoomed(factor, pointer).to_image(pointer)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))


def test_zoom_has_ends():
    assert fitted().zoomed(1e9, QPointF(0, 0)).scale == MAX_SCALE
    assert fitted().zoomed(1e-9, QPointF(0, 0)).scale == MIN_SCALE


def test_the_picture_follows_the_pointer_when_panned():
    geometry = fitted(aspect=1.5)
    spot = geometry.to_view.map(QPointF(400, 300))
    moved = geometry.panned(QPointF(30, -20)).to_view.map(QPointF(400, 300))
    assert (moved.x() - spot.x(), moved.y() - spot.y()) == pytest.approx((30, -20))


def test_the_picture_cannot_be_panned_out_of_sight():
    geometry = fitted().panned(QPointF(1e6, 1e6))
    assert (geometry.centre.x(), geometry.centre.y()) == (0, 0)


ORIENTATIONS = [Orientation(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_turned_picture_is_fitted_zoomed_and_panned_as_an_upright_one(orientation):
    geometry = ViewGeometry.fitted(QSizeF(1200, 500), 1.5, VIEW, orientation)
    image = geometry.image_on_view
    assert image.center().x() == pytest.approx(VIEW.width() / 2)
    assert image.center().y() == pytest.approx(VIEW.height() / 2)
    assert min(image.left(), image.top()) >= 0
    assert min(image.left(), image.top()) == pytest.approx(8)
    pointer = QPointF(200, 350)
    before, after = geometry.to_image(pointer), geometry.zoomed(3, pointer).to_image(pointer)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))
    spot = geometry.to_view.map(QPointF(400, 300))
    moved = geometry.panned(QPointF(30, -20)).to_view.map(QPointF(400, 300))
    assert (moved.x() - spot.x(), moved.y() - spot.y()) == pytest.approx((30, -20))


def test_pixels_that_are_not_square_keep_their_shape_when_turned():
    to_view = ViewGeometry.fitted(QSizeF(100, 100), 2.0, VIEW, Orientation(1)).to_view
    assert abs(to_view.m21()) == pytest.approx(2 * abs(to_view.m12()))
