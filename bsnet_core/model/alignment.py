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
        return self.matrix(hidden).view(-1, 2, 3)  # type: ignore[no-any-return]


def resample(maps: Tensor, alignment: Tensor, side_px: int | None = None) -> Tensor:
    """Maps shown in the aligned frame, bilinear, zeros outside.

    Args:
        maps: (N, C, H, W) of any level.
        alignment: (N, 2, 3).
        side_px: Side of the result; the map's own if None.

    Returns:
        (N, C, side, side) in the maps' dtype.
    """
    count, channels = maps.shape[:2]
    height, width = (maps.shape[2], maps.shape[3]) if side_px is None else (side_px, side_px)
    grid = F.affine_grid(alignment.float(), [count, channels, height, width], align_corners=False)
    return F.grid_sample(maps, grid.to(maps.dtype), mode="bilinear", padding_mode="zeros", align_corners=False)
