import cv2
import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QTransform

from app.canvas.drawing import frame as frame_module
from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.orientation import Orientation

GREY_LEVELS = (np.arange(65536) // 16).clip(0, 255).astype(np.uint8)


def shown(frame):
    image = frame.image
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(-1, image.bytesPerLine())
    return rows[: image.height(), : image.width()].copy()


def noise(height, width):
    return np.random.default_rng(0).integers(0, 4096, (height, width), dtype=np.uint16)


@pytest.mark.parametrize("width", [300, 301, 302, 303])
def test_at_one_to_one_every_pixel_is_its_own_grey_whatever_the_width(width):
    stored = noise(40, width)
    frame = FrameRenderer(stored).render(GREY_LEVELS, QTransform(), QSize(400, 100))
    assert np.array_equal(shown(frame), GREY_LEVELS[stored])
    assert (frame.left_px, frame.top_px) == (0, 0)


def test_another_window_on_the_same_place_changes_the_greys():
    stored = noise(50, 50)
    renderer = FrameRenderer(stored)
    renderer.render(GREY_LEVELS, QTransform(), QSize(50, 50))
    assert np.array_equal(
        shown(renderer.render(255 - GREY_LEVELS, QTransform(), QSize(50, 50))), 255 - GREY_LEVELS[stored]
    )


def test_magnified_pixels_stay_sharp_and_in_their_place():
    stored = noise(20, 20)
    frame = FrameRenderer(stored).render(GREY_LEVELS, QTransform(8, 0, 0, 8, -40, -16), QSize(64, 64))
    grey_levels = shown(frame)
    assert grey_levels.shape == (64, 64)
    # Device pixel 44 + 40 lies in image column 10, device row 3 + 16 in image row 2.
    assert grey_levels[3, 44] == GREY_LEVELS[stored[2, 10]]
    assert np.array_equal(grey_levels[4::8, 4::8], GREY_LEVELS[stored[2:10, 5:13]])


def test_a_large_film_made_small_keeps_its_brightness_and_its_sides():
    stored = np.full((1500, 1800), 400, dtype=np.uint16)
    stored[:, 900:] = 3200
    frame = FrameRenderer(stored).render(GREY_LEVELS, QTransform(0.1, 0, 0, 0.1, 10, 20), QSize(300, 300))
    grey_levels = shown(frame)
    assert grey_levels.shape == (150, 180)
    assert (frame.left_px, frame.top_px) == (10, 20)
    assert (grey_levels[:, :88] == GREY_LEVELS[400]).all()
    assert (grey_levels[:, 92:] == GREY_LEVELS[3200]).all()


def test_fine_noise_is_averaged_and_not_picked():
    stored = np.zeros((2048, 2048), dtype=np.uint16)
    stored[::2, ::2] = 4000
    frame = FrameRenderer(stored).render(GREY_LEVELS, QTransform.fromScale(0.25, 0.25), QSize(512, 512))
    assert np.abs(shown(frame).astype(int) - GREY_LEVELS[1000]).max() <= 1


def test_pixels_that_are_not_square_are_drawn_as_wide_as_they_are():
    frame = FrameRenderer(noise(100, 100)).render(GREY_LEVELS, QTransform.fromScale(1.0, 2.0), QSize(400, 400))
    assert (frame.image.width(), frame.image.height()) == (100, 200)


def test_a_picture_outside_the_view_gives_no_frame():
    renderer = FrameRenderer(noise(100, 100))
    assert renderer.render(GREY_LEVELS, QTransform.fromTranslate(500, 0), QSize(400, 400)) is None
    assert renderer.render(GREY_LEVELS, QTransform.fromTranslate(0, -101), QSize(400, 400)) is None


def test_a_film_wider_than_sixteen_bits_is_drawn():
    stored = np.tile(np.arange(40000, dtype=np.uint16) % 4096, (2, 1))
    frame = FrameRenderer(stored).render(GREY_LEVELS, QTransform.fromTranslate(-39900, 0), QSize(100, 2))
    assert np.array_equal(shown(frame), GREY_LEVELS[stored[:, 39900:]])


ORIENTATIONS = [Orientation(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


def lying(stored, orientation):
    """The same by numpy."""
    turned = stored[:, ::-1] if orientation.mirrored else stored
    return np.rot90(turned, -orientation.quarter_turns)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_turned_picture_has_every_pixel_in_its_place(orientation):
    stored = noise(30, 50)
    to_device = orientation.matrix
    corner = to_device.mapRect(QRectF(0, 0, 50, 30)).topLeft()
    to_device *= QTransform.fromTranslate(-corner.x(), -corner.y())
    frame = FrameRenderer(stored).render(GREY_LEVELS, to_device, QSize(60, 60))
    assert np.array_equal(shown(frame), GREY_LEVELS[lying(stored, orientation)])


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("scale", [0.21, 0.7, 1.9, 5.0])
def test_a_turned_picture_is_the_upright_one_turned_at_any_zoom(orientation, scale):
    smooth = cv2.GaussianBlur(noise(700, 900), (0, 0), 6)
    renderer = FrameRenderer(smooth)
    view = 200
    standard = QTransform.fromTranslate(-450, -350) * QTransform.fromScale(scale, scale)
    middle = QTransform.fromTranslate(view / 2, view / 2)
    size = QSize(view, view)
    plain = renderer.render(GREY_LEVELS, standard * middle, size)
    canvas = np.zeros((view, view), int)
    canvas[plain.top_px : plain.top_px + plain.image.height(), plain.left_px : plain.left_px + plain.image.width()] = (
        shown(plain)
    )
    turned = renderer.render(GREY_LEVELS, standard * orientation.matrix * middle, size)
    other = np.zeros((view, view), int)
    other[
        turned.top_px : turned.top_px + turned.image.height(), turned.left_px : turned.left_px + turned.image.width()
    ] = shown(turned)
    inside = np.s_[10:-10, 10:-10]
    difference = np.abs(lying(canvas, orientation)[inside] - other[inside])
    # At a border one device pixel may fall on either side.
    assert np.percentile(difference, 95) <= 2


def test_two_places_on_the_screen_share_one_pyramid_and_not_their_frames():
    stored = noise(40, 40)
    renderer = FrameRenderer(stored)
    first = renderer.render(GREY_LEVELS, QTransform(), QSize(40, 40))
    renderer.twin().render(255 - GREY_LEVELS, QTransform.fromScale(2, 2), QSize(40, 40))
    assert np.array_equal(shown(first), GREY_LEVELS[stored])


def test_a_table_of_colours_gives_colours():
    table = np.zeros(65536, dtype=np.uint32)
    table[7] = 0xFF102030
    frame = FrameRenderer(np.full((4, 5), 7, np.uint16)).render(table, QTransform(), QSize(5, 4))
    assert frame.image.pixelColor(4, 3).getRgb() == (0x10, 0x20, 0x30, 255)


def test_both_ways_to_look_up_give_the_same(monkeypatch):
    codes, ways = noise(33, 47), []
    for fast in (False, True):
        if fast and not frame_module.OPENCV_LOOKS_UP_16_BIT:
            continue
        monkeypatch.setattr(frame_module, "OPENCV_LOOKS_UP_16_BIT", fast)
        into = np.zeros((33, 48), np.uint8)[:, :47]
        frame_module.look_up(GREY_LEVELS, codes, into)
        ways.append(into)
    assert all(np.array_equal(way, GREY_LEVELS[codes]) for way in ways)
