"""Alignment of the lungs by a spatial transformer (paper 5.1; Jaderberg et al. 2015).

One convention everywhere: `align_corners=False`, zeros outside. The identity matrix gives its input back exactly.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOCALISATION_FILTERS = 20
LOCALISATION_KERNEL = 5
LOCALISATION_UNITS = 50


class AlignmentNetwork(nn.Module):
    """Lung probability to the six numbers of an affine alignment; starts as the identity."""

    def __init__(self, input_side_px: int, alignment_side_px: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(input_side_px // alignment_side_px)
        self.localisation = nn.Sequential(
            nn.MaxPool2d(2),
            nn.Conv2d(1, LOCALISATION_FILTERS, LOCALISATION_KERNEL),
            nn.MaxPool2d(2),
            nn.Conv2d(LOCALISATION_FILTERS, LOCALISATION_FILTERS, LOCALISATION_KERNEL),
        )
        after_first = alignment_side_px // 2 - (LOCALISATION_KERNEL - 1)
        side = after_first // 2 - (LOCALISATION_KERNEL - 1)
        self.dense = nn.Linear(LOCALISATION_FILTERS * side * side, LOCALISATION_UNITS)
        self.matrix = nn.Linear(LOCALISATION_UNITS, 6)
        nn.init.zeros_(self.matrix.weight)
        with torch.no_grad():
            self.matrix.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]))

    def forward(self, probability: Tensor) -> Tensor:
        """Args: probability: (N, 1, S, S) in [0, 1]. Returns: (N, 2, 3) float32, aligned to network frame."""
        return self.from_pooled(self.pool(probability))

    def from_pooled(self, pooled: Tensor) -> Tensor:
        """The same from a probability map already at the alignment's own side."""
        hidden = F.relu(self.dense(self.localisation(pooled).flatten(1)))
        return self.matrix(hidden).view(-1, 2, 3)


def sampling_grid(alignment: Tensor, height: int, width: int) -> Tensor:
    """Where each place of the target is read, in normalised coordinates of the source.

    Written out instead of `affine_grid`, whose rounding moves even the identity; here the identity is exact at sides
    that are powers of two, and within a hundred-thousandth of a pixel at others.

    Args:
        alignment: (N, 2, 3).
        height: Of the target.
        width: Of the target.

    Returns:
        (N, height, width, 2) float32 for `grid_sample` with `align_corners=False`.
    """
    matrix = alignment.float()
    x = (2 * torch.arange(width, device=matrix.device, dtype=torch.float32) + 1) / width - 1
    y = (2 * torch.arange(height, device=matrix.device, dtype=torch.float32) + 1) / height - 1
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
