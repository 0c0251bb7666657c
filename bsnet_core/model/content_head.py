"""The head of the content check: what an image shows, from the backbone's features and plain statistics."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

COARSE_GRID = 3
"""The two coarsest levels are pooled on a grid of this many rows and columns."""
LARGEST_FEATURE = 6.0
"""Standardised features are held within ± this."""


class ContentOutput(IntEnum):
    """One logit of the head. The four rotations belong together; every other one is on its own."""

    CHEST = 0
    AS_IT_SHOULD_BE = 1
    ROTATED_90 = 2
    UPSIDE_DOWN = 3
    ROTATED_270 = 4
    MIRRORED = 5
    INVERTED = 6
    OVEREXPOSED = 7
    UNDEREXPOSED = 8
    BLURRED = 9
    CUT_OFF = 10
    SEVERAL = 11
    SURROUNDED = 12


ROTATIONS = slice(ContentOutput.AS_IT_SHOULD_BE, ContentOutput.MIRRORED)


class ContentHead(nn.Module):
    """Two small layers on standardised features, and the distance from the training images, by source."""

    mean: Tensor
    scale: Tensor
    axes: Tensor
    centres: Tensor

    def __init__(self, features: int, hidden: int, distance_features: int, axes: int, sources: int) -> None:
        """Args: features: length of `content_features`; distance_features: how many of them, the first, measure it."""
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.register_buffer("axes", torch.zeros(distance_features, axes))
        self.register_buffer("centres", torch.zeros(sources, axes))
        self.first = nn.Linear(features, hidden)
        self.last = nn.Linear(hidden, len(ContentOutput))

    def standardised(self, features: Tensor) -> Tensor:
        """(N, F) features of mean 0 and standard deviation 1 over the training images."""
        return ((features - self.mean) * self.scale).clamp(-LARGEST_FEATURE, LARGEST_FEATURE)

    def forward(self, features: Tensor) -> Tensor:
        """Args: features: (N, F). Returns: (N, 13) probabilities in the order of `ContentOutput`."""
        logits = self.logits(self.standardised(features))
        probabilities = torch.sigmoid(logits)
        probabilities[:, ROTATIONS] = torch.softmax(logits[:, ROTATIONS], dim=1)
        return probabilities

    def logits(self, standardised: Tensor) -> Tensor:
        """(N, 13) from standardised features."""
        logits: Tensor = self.last(functional.gelu(self.first(standardised)))
        return logits

    def distance(self, features: Tensor) -> Tensor:
        """(N,) Mahalanobis distance to the nearest source of the training images, 1 at a typical one."""
        part = self.standardised(features)[:, : len(self.axes)] @ self.axes
        distances = torch.cdist(part, self.centres) / self.axes.shape[1] ** 0.5
        return cast("Tensor", distances.min(dim=1).values)


def distance_feature_count(channels: Sequence[int]) -> int:
    """Number of `content_features` that measure the distance: the mean of every channel of the two coarsest levels."""
    return channels[-1] + channels[-2]


def content_features(levels: Sequence[Tensor], statistics: Tensor) -> Tensor:
    """Pools the backbone's four levels, finest first, and appends plain statistics.

    Args:
        levels: (N, C, h, w) each.
        statistics: (N, P).

    Returns:
        (N, F): means of the two coarsest levels, then their means on a coarse grid, then means and standard deviations
        of the two finer levels, then the statistics.
    """
    finest, fine, coarse, coarsest = (level.float() for level in levels[-4:])
    parts = [coarsest.mean((2, 3)), coarse.mean((2, 3))]
    parts += [functional.adaptive_avg_pool2d(level, COARSE_GRID).flatten(1) for level in (coarsest, coarse)]
    for level in (fine, finest):
        parts += [level.mean((2, 3)), level.std((2, 3))]
    return torch.cat([*parts, statistics], dim=1)
