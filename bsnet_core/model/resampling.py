"""Resampling of maps by an affine alignment.

One convention everywhere: `align_corners=False`, zeros outside. The identity matrix returns its input exactly.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def cell_centres(count: int, device: torch.device) -> Tensor:
    """(count,) float32 middles of the cells of a side, in normalised coordinates."""
    return (2 * torch.arange(count, device=device, dtype=torch.float32) + 1) / count - 1


def sampling_grid(alignment: Tensor, height: int, width: int) -> Tensor:
    """The place in the source that each place of the target shows, in normalised coordinates.

    Written out instead of `affine_grid`, whose rounding moves even the identity; here the identity is exact at sides
    that are powers of two, and within a hundred-thousandth of a pixel at others.

    Args:
        alignment: (N, 2, 3).
        height: Height of the target.
        width: Width of the target.

    Returns:
        (N, height, width, 2) float32 for `grid_sample` with `align_corners=False`.
    """
    matrix = alignment.float()
    x, y = cell_centres(width, matrix.device), cell_centres(height, matrix.device)
    coefficients = matrix[:, :, :, None, None]  # (N, 2, 3, 1, 1)
    grid = coefficients[:, :, 0] * x[None, None, None, :] + coefficients[:, :, 1] * y[None, None, :, None]
    return (grid + coefficients[:, :, 2]).permute(0, 2, 3, 1)


def resample(maps: Tensor, alignment: Tensor, side_px: int | None = None) -> Tensor:
    """Maps shown in the aligned frame, bilinear, zeros outside.

    Args:
        maps: (N, C, H, W) of any level.
        alignment: (N, 2, 3).
        side_px: Side of the result; the map's own if None.

    Returns:
        (N, C, side, side) in the maps' dtype.
    """
    height, width = (maps.shape[2], maps.shape[3]) if side_px is None else (side_px, side_px)
    grid = sampling_grid(alignment, height, width)
    return F.grid_sample(maps, grid.to(maps.dtype), mode="bilinear", padding_mode="zeros", align_corners=False)


def identity_alignment(maps: Tensor) -> Tensor:
    """(N, 2, 3) identity matrices for (N, ...) maps."""
    return torch.eye(2, 3, device=maps.device).expand(len(maps), -1, -1)


def compose(outer: Tensor, inner: Tensor) -> Tensor:
    """(N, 2, 3): `inner` first, then `outer`; resampling by it is resampling by `outer`, then by `inner`."""
    linear = outer[:, :, :2] @ inner
    return torch.cat([linear[:, :, :2], linear[:, :, 2:] + outer[:, :, 2:]], dim=2)
