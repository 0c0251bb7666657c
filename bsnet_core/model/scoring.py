"""Scoring heads: from the six zones' features at every level to class logits (paper 5.1, Table 10)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES, ZONES
from bsnet_core.model.network_config import HeadVariant
from bsnet_core.model.roi_pooling import pool_zones


class FeaturePyramid(nn.Module):
    """Walks from the finest level to the coarsest; only the coarsest merged map goes on.

    At every step: the level's 1 x 1 lateral is added, the sum resized to the next level, widened by a 3 x 3, Swish.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(width, width, 1) for width in channels)
        self.steps = nn.ModuleList(
            nn.Sequential(nn.Conv2d(fine, coarse, 3, padding=1, bias=False), nn.BatchNorm2d(coarse), nn.SiLU())
            for fine, coarse in itertools.pairwise(channels)
        )
        self.out_channels = channels[-1]

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Args: levels: finest to coarsest. Returns: (M, C, h, w) at the coarsest size."""
        merged = self.laterals[0](levels[0])
        for step, lateral, level in zip(self.steps, self.laterals[1:], levels[1:], strict=True):
            merged = F.interpolate(merged, size=level.shape[-2:], mode="bilinear", align_corners=False)
            merged = step(merged) + lateral(level)
        return merged


class BackboneOnly(nn.Module):
    """The coarsest level alone: the head without a pyramid."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.out_channels = channels[-1]

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Args: levels: finest to coarsest. Returns: the last one."""
        return levels[-1]


class FastFusion(nn.Module):
    """Weighted sum with positive weights that add up to one (Tan et al. 2020, EfficientDet)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(inputs))
        self.mix = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, *maps: Tensor) -> Tensor:
        """Maps of different sizes, resized to the first one's, to one map."""
        size = maps[0].shape[-2:]
        weights = F.relu(self.weights)
        weights = weights / (weights.sum() + 1e-4)
        fused = torch.zeros_like(maps[0])
        for weight, level in zip(weights, maps, strict=True):
            if level.shape[-2:] != size:
                level = F.interpolate(level, size, mode="bilinear", align_corners=False)
            fused = fused + weight * level
        return self.mix(F.silu(fused))


class BiFeaturePyramid(nn.Module):
    """One bidirectional pyramid (Tan et al. 2020): coarse to fine, then fine to coarse; the coarsest goes on."""

    def __init__(self, channels: Sequence[int], width: int) -> None:
        super().__init__()
        depth = len(channels)
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(level, width, 1, bias=False), nn.BatchNorm2d(width)) for level in channels
        )
        self.down = nn.ModuleList(FastFusion(2, width) for _ in range(depth - 1))
        self.up = nn.ModuleList(FastFusion(2 if level == depth - 1 else 3, width) for level in range(1, depth))
        self.out_channels = width

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Args: levels: finest to coarsest. Returns: (M, width, h, w) at the coarsest size."""
        inputs = [lateral(level) for lateral, level in zip(self.laterals, levels, strict=True)]
        middle = list(inputs)
        for index in range(len(inputs) - 2, -1, -1):
            middle[index] = self.down[index](inputs[index], middle[index + 1])
        merged = middle[0]
        for index in range(1, len(inputs)):
            sources = [inputs[index], merged] if index == len(inputs) - 1 else [inputs[index], middle[index], merged]
            merged = self.up[index - 1](*sources)
        return merged


def zone_classifier(in_channels: int, filters: int) -> nn.Sequential:
    """Three (3 x 3, batch norm, Swish), 3 x 3 to the classes; averaged over the map by the caller."""
    layers: list[nn.Module] = []
    width = in_channels
    for _ in range(3):
        layers += [nn.Conv2d(width, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.SiLU()]
        width = filters
    return nn.Sequential(*layers, nn.Conv2d(width, N_CLASSES, 3, padding=1))


class ScoringHead(nn.Module):
    """The paper's scoring head: ROI pooling, a pyramid shared by the zones, a classifier per zone or one for all."""

    def __init__(
        self,
        channels: Sequence[int],
        variant: HeadVariant,
        levels: int,
        head_channels: int,
        zone_channels: int,
        *,
        shared_classifier: bool = False,
    ) -> None:
        super().__init__()
        widths = list(channels)
        # The fifth level, for 1024 px input, halves the coarsest one again.
        self.extra_level = nn.Conv2d(widths[-1], widths[-1], 3, stride=2, padding=1) if levels == 5 else None
        if self.extra_level is not None:
            widths.append(widths[-1])
        self.pyramid: nn.Module
        if variant is HeadVariant.FPN:
            self.pyramid = FeaturePyramid(widths)
        elif variant is HeadVariant.BIFPN:
            self.pyramid = BiFeaturePyramid(widths, head_channels)
        else:
            self.pyramid = BackboneOnly(widths)
        width = int(self.pyramid.out_channels)
        count = 1 if shared_classifier else len(ZONES)
        self.classifiers = nn.ModuleList(zone_classifier(width, zone_channels) for _ in range(count))

    def forward(self, levels: Sequence[Tensor], masks: Sequence[Tensor] | None) -> Tensor:
        """Class logits.

        Args:
            levels: Aligned features, (N, C, h, w) each, finest first.
            masks: Aligned lung probability at each level's size, (N, 1, h, w), that multiplies the features (hard
                attention); None leaves them as they are (soft attention).

        Returns:
            (N, 3, 2, 4).
        """
        if masks is not None:
            levels = [level * mask for level, mask in zip(levels, masks, strict=True)]
        return self.logits_of_crops([pool_zones(level) for level in levels])

    def logits_of_crops(self, zone_levels: Sequence[Tensor]) -> Tensor:
        """Args: zone_levels: per level (6, N, C, h, w), finest first. Returns: (N, 3, 2, 4) logits."""
        count = zone_levels[0].shape[1]
        levels = [level.flatten(0, 1) for level in zone_levels]
        if self.extra_level is not None:
            levels.append(self.extra_level(levels[-1]))
        merged = self.pyramid(levels)  # (6 N, C, h, w)
        if len(self.classifiers) == 1:
            per_zone = self.classifiers[0](merged).mean(dim=(-2, -1)).unflatten(0, (len(ZONES), count))
        else:
            by_zone = merged.unflatten(0, (len(ZONES), count))
            per_zone = torch.stack(
                [self.classifiers[zone.value](by_zone[zone.value]).mean(dim=(-2, -1)) for zone in ZONES]
            )
        return _as_grid(per_zone)


def _as_grid(per_zone: Tensor) -> Tensor:
    """(6, N, 4) in reading order to (N, 3, 2, 4)."""
    rows = [[zone.value for zone in ZONES if zone.row == row] for row in range(GRID_SHAPE[0])]
    grid = per_zone[torch.tensor(rows, device=per_zone.device)]  # (3, 2, N, 4): ZONES run by column, A-C then D-F
    return grid.permute(2, 0, 1, 3)
