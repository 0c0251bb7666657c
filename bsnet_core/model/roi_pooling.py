"""ROI pooling: the fixed 3 x 2 grid on the aligned frame (paper 5.1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.model.resampling import sampling_grid

ROW_BANDS = ((0.0, 0.4), (0.3, 0.7), (0.6, 1.0))
"""Upper, middle and lower band as shares of the aligned height; neighbours overlap by 25%."""
COLUMN_BANDS = ((0.0, 0.5), (0.5, 1.0))
"""The patient's right lung (on the left of the image) and left lung as shares of the aligned width."""


def zone_bands(zone: Zone) -> tuple[tuple[float, float], tuple[float, float]]:
    """((top, bottom), (left, right)) of a zone's crop as shares of the aligned frame."""
    return ROW_BANDS[zone.row], COLUMN_BANDS[zone.column]


def pool_zone(aligned: Tensor, zone: Zone) -> Tensor:
    """One zone's crop, resized bilinearly to the level's own size.

    Args:
        aligned: (N, C, H, W) features in the aligned frame.
        zone: The zone to crop.

    Returns:
        (N, C, H, W).
    """
    count, _, height, width = aligned.shape
    (top, bottom), (left, right) = zone_bands(zone)
    crop = torch.tensor(
        [[right - left, 0.0, left + right - 1.0], [0.0, bottom - top, top + bottom - 1.0]], device=aligned.device
    )
    grid = sampling_grid(crop.expand(count, 2, 3), height, width).to(aligned.dtype)
    return F.grid_sample(aligned, grid, mode="bilinear", padding_mode="border", align_corners=False)


def pool_zones(aligned: Tensor) -> Tensor:
    """All six zones' crops.

    Args:
        aligned: (N, C, H, W) features in the aligned frame.

    Returns:
        (6, N, C, H, W), zones in reading order A-F.
    """
    return torch.stack([pool_zone(aligned, zone) for zone in ZONES])
