"""Alignment of the lungs by a spatial transformer (paper 5.1; Jaderberg et al. 2015)."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bsnet_core.model.lung_pose import lung_pose
from bsnet_core.model.network_config import AlignmentStart, BSNetConfig
from bsnet_core.model.resampling import compose, identity_alignment, resample

LOCALISATION_FILTERS = 20
LOCALISATION_KERNEL = 5
LOCALISATION_UNITS = 50
CORRECTION_SIDE_PX = 64
CORRECTION_FILTERS = (16, 32, 64, 64)
CORRECTION_GROUPS = 8
CORRECTION_UNITS = 64
CORRECTION_SCALE = 0.1
"""Correction in normalised coordinates at an output of one."""
CORRECTION_VIEW = 1.25
"""Side of the area that the correction sees, relative to the pose."""


def build_alignment(config: BSNetConfig) -> Alignment:
    """The alignment network of a configuration."""
    if config.alignment_start is AlignmentStart.CLOSED_FORM:
        return PosedAlignment(config.alignment_side_px)
    return AlignmentNetwork(config.alignment_side_px)


class Alignment(nn.Module, ABC):
    """From lung probability to the six numbers of an affine alignment."""

    def __init__(self, side_px: int) -> None:
        super().__init__()
        self.side_px = side_px

    def forward(self, probability: Tensor) -> Tensor:
        """Args: probability: (N, 1, S, S) in [0, 1]. Returns: (N, 2, 3) float32, aligned to network frame."""
        return self.from_pooled(self.pool(probability))

    @abstractmethod
    def pool(self, probability: Tensor) -> Tensor:
        """Reduces (N, 1, S, S) maps to the alignment's own side, of which S is a multiple."""

    @abstractmethod
    def from_pooled(self, pooled: Tensor) -> Tensor:
        """(N, 2, 3) alignment of a probability map at the alignment's own side."""


class AlignmentNetwork(Alignment):
    """The paper's alignment network; starts as the identity."""

    def __init__(self, side_px: int) -> None:
        super().__init__(side_px)
        self.localisation = nn.Sequential(
            nn.MaxPool2d(2),
            nn.Conv2d(1, LOCALISATION_FILTERS, LOCALISATION_KERNEL),
            nn.MaxPool2d(2),
            nn.Conv2d(LOCALISATION_FILTERS, LOCALISATION_FILTERS, LOCALISATION_KERNEL),
        )
        after_first = side_px // 2 - (LOCALISATION_KERNEL - 1)
        side = after_first // 2 - (LOCALISATION_KERNEL - 1)
        self.dense = nn.Linear(LOCALISATION_FILTERS * side * side, LOCALISATION_UNITS)
        self.matrix = nn.Linear(LOCALISATION_UNITS, 6)
        nn.init.zeros_(self.matrix.weight)
        with torch.no_grad():
            self.matrix.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]))

    def pool(self, probability: Tensor) -> Tensor:
        """See `Alignment`."""
        return F.max_pool2d(probability, probability.shape[-1] // self.side_px)

    def from_pooled(self, pooled: Tensor) -> Tensor:
        """See `Alignment`."""
        hidden = F.relu(self.dense(self.localisation(pooled).flatten(1)))
        return self.matrix(hidden).view(-1, 2, 3)


class PosedAlignment(Alignment):
    """The pose in closed form, corrected if the image's edge cuts the lungs.

    Not the paper's. For whole lungs the closed form is exact and a regression would only blur it. The parts beyond the
    edge cannot be measured; the network learns to complete them, and its correction counts by the highest lung
    probability at the edge.
    """

    def __init__(self, side_px: int) -> None:
        super().__init__(side_px)
        layers: list[nn.Module] = []
        before = 2
        for filters in CORRECTION_FILTERS:
            layers += [nn.Conv2d(before, filters, 3, 2, 1), nn.GroupNorm(CORRECTION_GROUPS, filters), nn.ReLU()]
            before = filters
        self.localisation = nn.Sequential(*layers)
        side = CORRECTION_SIDE_PX // 2 ** len(CORRECTION_FILTERS)
        self.dense = nn.Linear(before * side * side, CORRECTION_UNITS)
        self.matrix = nn.Linear(CORRECTION_UNITS, 6)
        nn.init.zeros_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def pool(self, probability: Tensor) -> Tensor:
        """See `Alignment`. By the mean: the maximum of a cell would make the lungs too wide."""
        return F.avg_pool2d(probability, probability.shape[-1] // self.side_px)

    def from_pooled(self, pooled: Tensor) -> Tensor:
        """See `Alignment`."""
        with torch.autocast(pooled.device.type, enabled=False):  # half precision would move the lungs by pixels
            return self._corrected(pooled.float())

    def _corrected(self, pooled: Tensor) -> Tensor:
        pose = lung_pose(pooled)
        wide = pose * pose.new_tensor([CORRECTION_VIEW, CORRECTION_VIEW, 1.0])
        # A second channel says where the image is: beyond its edge nothing is known.
        seen = resample(torch.cat([pooled, torch.ones_like(pooled)], dim=1), wide, CORRECTION_SIDE_PX)
        hidden = F.relu(self.dense(self.localisation(seen).flatten(1)))
        change = CORRECTION_SCALE * self.matrix(hidden).view(-1, 2, 3) * _touching(pooled)
        return compose(pose, identity_alignment(pooled) + change)


def _touching(pooled: Tensor) -> Tensor:
    """(N, 1, 1) highest lung probability along the image's edge."""
    edges = [pooled[:, 0, 0], pooled[:, 0, -1], pooled[:, 0, :, 0], pooled[:, 0, :, -1]]
    return torch.cat(edges, dim=1).amax(dim=1)[:, None, None]
