"""The grid of a reader who must not see where the network found the lungs."""

import numpy as np
import pytest

from app.canvas.overlays.usual_zones import usual_frames
from app.canvas.overlays.zones import zone_at, zone_polygon
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files

SHAPE = (400, 320)


def test_the_zones_lie_inside_the_image_a_b_c_on_its_left_from_top_to_bottom():
    frames = usual_frames(SHAPE, None)
    boxes = {zone: zone_polygon(frames, zone).boundingRect() for zone in ZONES}
    for zone, box in boxes.items():
        assert 0 <= box.left() < box.right() <= SHAPE[1]
        assert 0 <= box.top() < box.bottom() <= SHAPE[0]
        assert (box.center().x() < SHAPE[1] / 2) == zone.is_patient_right
    assert boxes[Zone.A].center().y() < boxes[Zone.B].center().y() < boxes[Zone.C].center().y()


def test_in_an_image_stored_mirrored_the_patient_s_right_is_on_the_other_side():
    frames = usual_frames(SHAPE, ("R", "F"))
    assert zone_polygon(frames, Zone.A).boundingRect().center().x() > SHAPE[1] / 2


def test_most_of_a_zone_is_where_the_network_finds_it(predictor):
    shares = []
    for file in sample_files():
        found = predictor.predict(load_radiograph(file)).frames
        usual = usual_frames(found.image_shape, None)
        height, width = found.image_shape
        points = [(x, y) for x in np.linspace(0, width, 40) for y in np.linspace(0, height, 40)]
        zones = [(zone_at(found, *point), zone_at(usual, *point)) for point in points]
        inside = [(one, other) for one, other in zones if one is not None and other is not None]
        shares.append(np.mean([one is other for one, other in inside]))
    assert np.mean(shares) == pytest.approx(0.85, abs=0.15)
