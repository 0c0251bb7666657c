"""What changed features do to the latent scores of heads of zone statistics: not to first order, but exactly.

A masked super-pixel changes the encoder's features much where it lies, and the spread over a zone does not follow to
first order. Lung probability and alignment stay as they were; what these do is added by others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from bsnet_core.explanation.windows import Change
from bsnet_core.model.alignment import resample
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.config import Attention
from bsnet_core.model.statistics_head import StatisticsHead, as_grid, as_zones, by_place, mean_and_spread, zone_shares


@dataclass(frozen=True, slots=True)
class _LevelOfHead:
    """One level as one head sees it.

    Attributes:
        shares: (6, h w) what each place of the aligned frame counts in each zone's mean.
        statistics: (6, 2 C) mean and spread in the unmasked picture.
    """

    shares: Tensor
    statistics: Tensor


@dataclass(frozen=True, slots=True)
class _Head:
    head: StatisticsHead
    levels: Mapping[int, _LevelOfHead]
    latent: Tensor


class ZoneStatistics:
    """Every head's zone statistics of one picture, and what they become where its features change."""

    def __init__(
        self,
        model: BSNet,
        attentions: Sequence[Attention],
        levels: Mapping[int, Tensor],
        probability: Tensor,
        alignment: Tensor,
    ) -> None:
        """Keeps the picture's statistics.

        Args:
            model: In evaluation mode, with heads of zone statistics.
            attentions: Which heads.
            levels: The four levels (1, C, H, W), finest first, by any key.
            probability: (1, 1, S, S) lung probability.
            alignment: (1, 2, 3).
        """
        aligned = model.align_features(list(levels.values()), probability, alignment)
        self._alignment = alignment
        self._aligned = dict(zip(levels, aligned.levels, strict=True))
        self._heads = []
        for attention in attentions:
            masks = aligned.masks_for(attention) or [None] * len(levels)
            seen: dict[int, _LevelOfHead] = {}
            for key, level, mask in zip(levels, aligned.levels, masks, strict=True):
                shares = zone_shares(level, mask)[0].flatten(1)
                seen[key] = _LevelOfHead(shares, mean_and_spread(by_place(level), shares)[0])
            head = cast(StatisticsHead, model.heads[attention.value])
            latent = _latent(head, [part.statistics[None] for part in seen.values()])
            self._heads.append(_Head(head, seen, latent))

    def changes_of_latent_scores(self, changes: Mapping[int, Change], count: int) -> Tensor:
        """(B, 6 H): row 6 h + z for zone z in reading order and the h-th head.

        Args:
            changes: By level; levels that are not named have not changed.
            count: B.
        """
        changed = {key: by_place(self._changed(key, change, count)) for key, change in changes.items()}
        found = []
        for entry in self._heads:
            parts = [
                mean_and_spread(changed[key], part.shares) if key in changed else part.statistics.expand(count, -1, -1)
                for key, part in entry.levels.items()
            ]
            found.append(_latent(entry.head, parts) - entry.latent)
        return torch.cat(found, dim=1)

    def _changed(self, key: int, change: Change, count: int) -> Tensor:
        """(B, C, h, w) the level in the aligned frame, which is linear in the features."""
        height, width = self._aligned[key].shape[2:]
        difference = change.on_whole_map(height, width)
        return self._aligned[key] + resample(difference, self._alignment.expand(count, -1, -1))


def _latent(head: StatisticsHead, statistics: Sequence[Tensor]) -> Tensor:
    """(N, 6) latent scores of per level (N, 6, 2 C) statistics."""
    return as_zones(head.latent_scores(as_grid(torch.cat(list(statistics), dim=-1))))
