import math
from dataclasses import replace

import numpy as np
import pytest

from app.canvas.measuring import (
    Angle,
    Distance,
    Region,
    RegionShape,
    area_of,
    degrees_of,
    described,
    length_of,
    statistics_of,
)
from bsnet_core.radiograph import ImageMetadata, LookupTable, PixelSpacing, Radiograph, SpacingMeaning


def image(stored=None, spacing=None, **more):
    pixels = np.arange(60 * 80, dtype=np.uint16).reshape(60, 80) if stored is None else stored
    return Radiograph(pixels, 0, 12, monochrome1=False, metadata=ImageMetadata(spacing=spacing), **more)


AT_DETECTOR = PixelSpacing(0.4, 0.2, SpacingMeaning.DETECTOR)


def test_a_distance_follows_pixels_that_are_not_square():
    length, meaning = length_of((10, 10), (40, 30), image(spacing=AT_DETECTOR))
    assert length == pytest.approx(math.hypot(30 * 0.2, 20 * 0.4))
    assert meaning is SpacingMeaning.DETECTOR


@pytest.mark.parametrize(
    ("spacing", "lines"),
    [
        (None, ("50.0 pixels",)),
        (PixelSpacing(2.0, 1.0, SpacingMeaning.UNKNOWN), ("85.4 pixels",)),
        (PixelSpacing(0.1, 0.1, SpacingMeaning.DETECTOR), ("5.0 mm", "at detector")),
        (PixelSpacing(0.1, 0.1, SpacingMeaning.CORRECTED), ("5.0 mm", "corrected for magnification")),
    ],
)
def test_a_distance_says_what_it_means(spacing, lines):
    assert described(Distance((0, 0), (30, 40)), image(spacing=spacing)).lines == lines


def test_an_angle_is_measured_in_mm_and_not_in_pixels():
    angle = Angle((20, 10), (10, 10), (20, 20))
    assert degrees_of(angle, image()) == pytest.approx(45)
    assert degrees_of(angle, image(spacing=AT_DETECTOR)) == pytest.approx(math.degrees(math.atan(2)))
    assert described(Angle((0, 10), (10, 10), (20, 10)), image()).lines == ("180.0°",)


@pytest.mark.parametrize("shape", RegionShape)
def test_statistics_are_those_of_numpy(shape):
    rng = np.random.default_rng(0)
    stored = rng.integers(0, 4096, (60, 80), dtype=np.uint16)
    radiograph = image(stored, rescale_slope=2.5, rescale_intercept=-100.0)
    region = Region((50.2, 44.9), (11.4, 6.6), shape)
    left, top, right, bottom = region.box
    y, x = np.mgrid[0:60, 0:80] + 0.5
    inside = (x > left) & (x < right) & (y > top) & (y < bottom)
    if shape is RegionShape.ELLIPSE:
        cx, cy = (left + right) / 2, (top + bottom) / 2
        inside = ((x - cx) / ((right - left) / 2)) ** 2 + ((y - cy) / ((bottom - top) / 2)) ** 2 <= 1
    values = stored[inside] * 2.5 - 100
    found = statistics_of(region, radiograph)
    assert found.pixels == inside.sum()
    assert (found.mean, found.sd) == pytest.approx((values.mean(), values.std()))
    assert (found.lowest, found.highest) == (values.min(), values.max())
    assert described(region, radiograph).histogram == found.histogram
    assert sum(found.histogram) == found.pixels


@pytest.mark.parametrize(("values", "bars"), [(1, 1), (7, 7), (32, 32), (48, 24), (4096, 32)])
def test_evenly_spread_values_give_a_level_histogram(values, bars):
    stored = np.tile(np.arange(values, dtype=np.uint16), (4, 1))
    found = statistics_of(Region((0, 0), (values, 4)), image(stored, rescale_slope=-0.5, rescale_intercept=9.0))
    assert found.histogram == (4 * values // bars,) * bars


def test_statistics_go_through_the_modality_table_and_leave_padding_out():
    stored = np.full((10, 10), 3, np.uint16)
    stored[:5] = 9
    table = LookupTable(0, np.arange(16, dtype=np.float32) * 100, 16)
    found = statistics_of(Region((0, 0), (10, 10)), image(stored, modality_lut=table, padding=(9, 9)))
    assert (found.mean, found.sd, found.pixels) == (300, 0, 50)
    assert statistics_of(Region((0, 0), (10, 4)), image(stored, padding=(9, 9))) is None


def test_a_region_over_the_border_counts_what_is_inside_and_one_outside_counts_nothing():
    assert statistics_of(Region((-20, -20), (5, 5)), image()).pixels == 25
    assert statistics_of(Region((-20, -20), (-5, -5)), image()) is None
    assert "no values inside" in described(Region((100, 100), (120, 120)), image()).lines


def test_an_area_is_in_square_mm_where_the_file_gives_a_size():
    rectangle = Region((0, 0), (10, 20))
    assert area_of(rectangle, image()) == (200, SpacingMeaning.UNKNOWN)
    assert area_of(rectangle, image(spacing=AT_DETECTOR))[0] == pytest.approx(200 * 0.08)
    ellipse = replace(rectangle, shape=RegionShape.ELLIPSE)
    assert area_of(ellipse, image())[0] == pytest.approx(math.pi * 50)


def test_a_region_keeps_its_opposite_corner_when_one_is_moved():
    region = Region((10, 10), (30, 40))
    for index, (x, y) in enumerate(region.handles):
        moved = region.with_handle(index, (x + 1, y + 2))
        assert region.handles[(index + 2) % 4] in moved.handles
        assert (x + 1, y + 2) in moved.handles
