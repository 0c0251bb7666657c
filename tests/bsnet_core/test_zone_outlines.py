"""Zones as polygons of the image."""

import numpy as np
import pytest

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.frames import Aspect, Frames
from bsnet_core.zone_outlines import closed, zone_corners, zone_outline

WHOLE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def frames(alignment=WHOLE):
    return Frames.fit((400, 320), 64, Aspect.STRETCH).with_alignment(np.asarray(alignment, dtype=float))


def area(points):
    x, y = points.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def test_the_zones_of_an_image_that_is_aligned_as_it_is_cover_it_all():
    assert sum(area(zone_outline(frames(), zone)) for zone in ZONES) == pytest.approx(400 * 320)
    assert zone_outline(frames(), Zone.A) == pytest.approx(np.array([[0, 0], [160, 0], [160, 140], [0, 140]]))


def test_what_lies_outside_the_image_is_cut_off():
    outline = zone_outline(frames([[1.5, 0.2, 0.0], [-0.2, 1.5, 0.0]]), Zone.A)
    assert (outline >= 0).all()
    assert (outline <= [320, 400]).all()
    assert area(outline) < area(zone_corners(frames([[1.5, 0.2, 0.0], [-0.2, 1.5, 0.0]]), Zone.A))


def test_a_zone_beside_the_image_has_no_outline():
    assert zone_outline(frames([[1.0, 0.0, 5.0], [0.0, 1.0, 0.0]]), Zone.A).shape == (0, 2)


def test_a_closed_outline_ends_where_it_began():
    points = closed(zone_outline(frames(), Zone.B))
    assert (points[0] == points[-1]).all()
