"""The heads of the severity stage: a linear rule per zone, and one per place; they are not part of the network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bsnet_core.brixia import GRID_SHAPE
from bsnet_core.model.statistics_head import LARGEST_DEVIATION, by_place, mean_and_deviation, zone_shares

ANSWERS = 3
"""Extent, opacity and the logit of an opacity being there."""
STEEPNESS = 4.0
"""Scale of the standardised statistics: with it their weights learn at the rate of the other parameters."""
MOMENTUM = 0.02


@dataclass(frozen=True)
class SeverityAnswers:
    """Answers for a batch.

    Attributes:
        extent, opacity: (N, 6) on the scale of one lung, 0 to 4, of zones A to F; without bounds.
        presence: (N, 6) logit of an opacity being in the zone.
        places: (N, 1, h, w) logit of an opacity being at a place of the image as the network sees it.
    """

    extent: Tensor
    opacity: Tensor
    presence: Tensor
    places: Tensor


class SeverityHeads(nn.Module):
    """Linear rules on zone statistics and on the features of every place.

    A lung's extent is the mean over its zones, so that the rule learns from lungs what it must say of zones.
    """

    share: Tensor

    def __init__(self, channels: Sequence[int]) -> None:
        """Sets up the heads.

        Args:
            channels: Widths of the encoder's four levels, finest first.
        """
        super().__init__()
        size = 2 * sum(channels)
        self.standard = nn.BatchNorm1d(size, affine=False, momentum=MOMENTUM)
        share = [1 / math.sqrt(2 * width * len(channels)) for width in channels for _ in range(2 * width)]
        self.register_buffer("share", STEEPNESS * torch.tensor(share), persistent=False)
        self.weight = nn.Parameter(torch.zeros(size, ANSWERS))
        self.row_answers = nn.Parameter(torch.tensor([1.0, 1.0, -1.0]).repeat(GRID_SHAPE[0], 1))
        self.places = nn.ModuleList([nn.Conv2d(width, 1, 1) for width in channels[1:]])
        self.both_lungs = nn.Parameter(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
        """Factor and offset from the sum over both lungs to the scale of readers who score them together."""

    def forward(
        self, features: Sequence[Tensor], aligned: Sequence[Tensor], masks: Sequence[Tensor]
    ) -> SeverityAnswers:
        """Answers for a batch.

        Args:
            features: The encoder's four levels, (N, C, h, w) each, finest first.
            aligned: The same in the aligned frame.
            masks: Lung probability in the aligned frame at each level's size, (N, 1, h, w).
        """
        statistics = torch.cat(
            [
                mean_and_deviation(by_place(level), zone_shares(level, mask).flatten(2))
                for level, mask in zip(aligned, masks, strict=True)
            ],
            dim=-1,
        )
        standard = self.standard(statistics.flatten(0, 1)).clamp(-LARGEST_DEVIATION, LARGEST_DEVIATION)
        answers = (standard @ (self.weight * self.share[:, None])).unflatten(0, (-1, GRID_SHAPE[0] * GRID_SHAPE[1]))
        answers = answers + self.row_answers.repeat(GRID_SHAPE[1], 1)
        extent, opacity, presence = answers.unbind(dim=-1)
        return SeverityAnswers(extent, opacity, presence, self._places(features[1:]))

    def _places(self, features: Sequence[Tensor]) -> Tensor:
        size = features[0].shape[-2:]
        return torch.stack(
            [
                F.interpolate(rule(level.float()), size=size, mode="bilinear", align_corners=False)
                for rule, level in zip(self.places, features, strict=True)
            ]
        ).sum(dim=0)
