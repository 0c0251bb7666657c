from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from app.canvas.overlays.map_regions import (
    NO_ZONE,
    border_of_superpixel,
    place_of_superpixel,
    strongest_superpixel,
    superpixel_at,
    zones_of_places,
)
from app.canvas.overlays.zones import zone_at
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Masking
from bsnet_core.frames import apply
from tests.app.predictions import IMAGE_SHAPE, SIDE, prediction
from tests.app.predictions import explanation as explanation_of


@pytest.mark.parametrize("angle_deg", [0.0, 20.0, 180.0])
def test_every_place_of_the_network_frame_lies_in_the_zone_of_the_drawn_grid(angle_deg):
    frames = prediction(angle_deg=angle_deg).frames
    numbers = zones_of_places(frames)
    assert set(np.unique(numbers)) == {*range(len(ZONES)), NO_ZONE}
    for row in range(0, SIDE, 5):
        for column in range(0, SIDE, 5):
            ((x, y),) = apply(frames.network_to_image, [[column + 0.5, row + 0.5]])
            zone = zone_at(frames, x, y)
            assert numbers[row, column] == (NO_ZONE if zone is None else ZONES.index(zone))


def test_an_alignment_to_a_line_has_no_zones():
    frames = prediction().frames.with_alignment(np.array([[0.7, 0.0, 0.0], [0.7, 0.0, 0.0]]))
    assert (zones_of_places(frames) == NO_ZONE).all()


def test_the_strongest_super_pixel_is_the_one_that_lowers_the_predicted_score_most():
    whole = explanation_of({4: (0, 0, 2), 5: (0, 0, 1), 6: (2, 1, 1)})
    whole.contributions[5, 0, 0, 1] = -0.1
    whole.contributions[7, 0, 0, 1] = 0.4
    assert strongest_superpixel(whole, prediction("100000"), Zone.A) == 5
    assert strongest_superpixel(whole, prediction("000000"), Zone.A) is None
    whole.contributions[5] *= -1
    assert strongest_superpixel(whole, prediction("100000"), Zone.A) is None


def test_by_evidence_it_is_the_one_with_the_largest_part():
    evidence = np.zeros((16, 3, 2), dtype=np.float32)
    evidence[[5, 6, 9], 0, 0] = 0.3, 0.075, -0.5
    made = replace(explanation_of({}), masking=Masking.EVIDENCE, evidence=evidence)
    assert strongest_superpixel(made, prediction("200000"), Zone.A) == 5
    assert strongest_superpixel(made, prediction("200000"), Zone.B) is None


def bent():
    made = explanation_of({})
    made.superpixels[16:48, 16:48] = np.where(np.arange(32)[:, None] + np.arange(32) < 8, 5, 6)
    made.superpixels[18:40, 16:20] = made.superpixels[16:20, 18:40] = 5
    return made


def test_the_place_of_a_bent_super_pixel_lies_within_it():
    place = place_of_superpixel(bent(), prediction(), 5)
    assert superpixel_at(bent(), prediction(), place.x(), place.y()) == 5


def test_the_border_of_a_super_pixel_has_it_inside_and_the_others_outside():
    border = border_of_superpixel(bent(), prediction(), 5)
    assert border.contains(place_of_superpixel(bent(), prediction(), 5))
    height, width = IMAGE_SHAPE
    assert not border.contains(QPointF(width * 0.5, height * 0.5))
    assert not border.contains(QPointF(width * 0.1, height * 0.1))


def test_beside_the_image_there_is_no_super_pixel():
    height, width = IMAGE_SHAPE
    for x, y in ((-0.1, 5), (width, 5), (5, -1), (5, height)):
        assert superpixel_at(explanation_of({}), prediction(), x, y) is None
