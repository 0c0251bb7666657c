"""The crops of the six zones."""

import pytest
import torch

from bsnet_core.brixia import ZONES
from bsnet_core.model.roi_pooling import pool_zones, zone_bands


def test_roi_bands_overlap_as_in_the_paper():
    assert [zone_bands(zone)[0] for zone in ZONES[:3]] == [(0.0, 0.4), (0.3, 0.7), (0.6, 1.0)]
    assert zone_bands(ZONES[3])[1] == (0.5, 1.0)


def test_pooled_zones_are_the_crops_at_the_levels_own_size():
    rows = torch.linspace(0, 1, 41)[:40] + 1 / 80
    level = rows[:, None].expand(40, 40)[None, None]
    pooled = pool_zones(level)
    assert pooled.shape == (6, 1, 1, 40, 40)
    for zone in ZONES:
        (top, bottom), _ = zone_bands(zone)
        assert pooled[zone.value].mean().item() == pytest.approx((top + bottom) / 2, abs=0.01)
