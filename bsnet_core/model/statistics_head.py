"""A scoring head for small scored sets: mean and standard deviation of every feature in each zone, and a linear rule.

Not the paper's. With a hundred scored radiographs, convolutions behind the encoder learn these by heart; the mean and
the standard deviation of the encoder's channels over a zone, with one weight each for all zones, do not (see
`training/EXPERIMENTS.md`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES, ZONES
from bsnet_core.model.roi_pooling import zone_bands

LARGEST_DEVIATION = 4.0
"""Standardised statistics are clipped here, so that one unusual radiograph does not decide."""
SMALLEST_VARIANCE = 1e-6
SMALLEST_SHARE = 1e-3
"""Added to the lungs' share of a zone, so that a zone without lungs has statistics near 0."""
MEAN_SCORE = 1.0
"""Latent score of an untrained head."""


class StatisticsHead(nn.Module):
    """From zone statistics to a latent score, and from there to the classes.

    The latent score is in units of the Brixia score. The logit of class c falls with its squared distance from the
    latent score, -(score - c)² / (2 class_spread²): the nearest class is the most probable one, and classes keep their
    order. `class_spread` is the standard deviation of a bell curve around every class, in units of the Brixia score:
    the larger it is, the more probability neighbouring classes share.

    Attributes:
        mean: (D,) mean of each statistic over the training radiographs.
        deviation: (D,) its standard deviation.
        share: (D,) scale that lets every level count equally.
    """

    mean: Tensor
    deviation: Tensor
    share: Tensor

    def __init__(self, channels: Sequence[int], class_spread: float) -> None:
        super().__init__()
        size = 2 * sum(channels)
        self.class_spread = class_spread
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))
        # Every level counts equally, however many channels it has, and standardised statistics have length one.
        share = [1 / math.sqrt(2 * width * len(channels)) for width in channels for _ in range(2 * width)]
        self.register_buffer("share", torch.tensor(share), persistent=False)
        self.weight = nn.Parameter(torch.zeros(size))
        self.row_score = nn.Parameter(torch.full((GRID_SHAPE[0],), MEAN_SCORE))

    def forward(self, levels: Sequence[Tensor], masks: Sequence[Tensor] | None) -> Tensor:
        """Class logits.

        Args:
            levels: Aligned features, (N, C, h, w) each, finest first.
            masks: Aligned lung probability at each level's size, (N, 1, h, w), to look at lungs only (hard
                attention); None to look at the whole zone (soft attention).

        Returns:
            (N, 3, 2, 4).
        """
        return self.logits_of(self.latent_scores(self.statistics(levels, masks)))

    def statistics(self, levels: Sequence[Tensor], masks: Sequence[Tensor] | None) -> Tensor:
        """(N, 3, 2, D): per level the means and then the standard deviations of its channels over each zone."""
        seen = [None] * len(levels) if masks is None else list(masks)
        # In float32: half precision would lose the variance in the mean's square.
        with torch.autocast(levels[0].device.type, enabled=False):
            parts = [
                mean_and_deviation(by_place(level), zone_shares(level, mask).flatten(2))
                for level, mask in zip(levels, seen, strict=True)
            ]
        return as_grid(torch.cat(parts, dim=-1))

    def latent_scores(self, statistics: Tensor) -> Tensor:
        """(N, 3, 2), in units of the Brixia score and without bounds, of (N, 3, 2, D) statistics."""
        with torch.autocast(statistics.device.type, enabled=False):
            standard = ((statistics - self.mean) / self.deviation).clamp(-LARGEST_DEVIATION, LARGEST_DEVIATION)
            return standard @ (self.weight * self.share) + self.row_score[:, None]

    def logits_of(self, latent_scores: Tensor) -> Tensor:
        """(..., 4) class logits of (...) latent scores."""
        classes = torch.arange(N_CLASSES, device=latent_scores.device)
        return -((latent_scores[..., None] - classes) ** 2) / (2 * self.class_spread**2)

    def latent_of(self, logits: Tensor) -> Tensor:
        """(N, 3, 2) latent scores, in units of the Brixia score, from which (N, 3, 2, 4) logits were computed."""
        return self.class_spread**2 * (logits[..., 1] - logits[..., 0]) + 0.5

    @torch.no_grad()
    def standardise_by(self, statistics: Tensor) -> None:
        """Sets mean and standard deviation from (N, 3, 2, D) statistics of the training radiographs."""
        flat = statistics.flatten(0, 2).double()
        self.mean.copy_(flat.mean(dim=0))
        self.deviation.copy_(flat.std(dim=0).clamp(min=math.sqrt(SMALLEST_VARIANCE)))


def as_grid(by_zone: Tensor) -> Tensor:
    """(N, 3, 2, ...) of (N, 6, ...) in reading order A-F."""
    return by_zone.unflatten(1, (GRID_SHAPE[1], GRID_SHAPE[0])).transpose(1, 2)


def as_zones(grid: Tensor) -> Tensor:
    """(N, 6, ...) in reading order A-F of (N, 3, 2, ...)."""
    return grid.transpose(1, 2).flatten(1, 2)


def by_place(level: Tensor) -> Tensor:
    """(N, h w, C) float32 of (N, C, h, w)."""
    return level.float().flatten(2).transpose(1, 2)


def mean_and_deviation(values: Tensor, shares: Tensor) -> Tensor:
    """(N, 6, 2 C) mean and standard deviation of (N, h w, C) values by (N or none, 6, h w) shares."""
    return from_moments(*moments(values, shares))


def moments(values: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted (N, 6, C) means of (N, h w, C) values and of their squares; weights are (N or none, 6, h w) shares."""
    return shares @ values, shares @ values.square()


def from_moments(mean: Tensor, square: Tensor) -> Tensor:
    """(N, 6, 2 C) mean and standard deviation from (N, 6, C) means of the values and of their squares."""
    variance = square - mean.square()
    return torch.cat([mean, variance.clamp(min=SMALLEST_VARIANCE).sqrt()], dim=-1)


def zone_shares(level: Tensor, mask: Tensor | None) -> Tensor:
    """(N, 6, h, w), zones in reading order: the share of each cell in each zone's mean.

    Cells cut by a zone's edge count in part, and with a mask by their lung probability.

    Args:
        level: (N, C, h, w).
        mask: (N, 1, h, w) lung probability, or None.
    """
    shares = _cells_of_zones(level.shape[2], level.shape[3], level.device).expand(len(level), -1, -1, -1)
    if mask is None:
        return shares
    shares = shares * mask.float()
    return shares / (shares.sum(dim=(2, 3), keepdim=True) + SMALLEST_SHARE)


def _cells_of_zones(height: int, width: int, device: torch.device) -> Tensor:
    """(6, h, w), each zone's cells adding up to one."""
    shares = []
    for zone in ZONES:
        rows, columns = zone_bands(zone)
        inside = torch.outer(_covered(rows, height, device), _covered(columns, width, device))
        shares.append(inside / inside.sum())
    return torch.stack(shares)


def _covered(band: tuple[float, float], cells: int, device: torch.device) -> Tensor:
    """(cells,) the part of each cell that lies within a band given as shares of the whole."""
    edges = torch.arange(cells + 1, device=device, dtype=torch.float32) / cells
    inside = edges.clamp(*band)
    return (inside[1:] - inside[:-1]) * cells
