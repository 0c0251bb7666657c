"""The effect of changed features on the latent scores of heads of zone statistics, without approximation.

A masked super-pixel changes the encoder's features much where it lies, and a first-order approximation does not fit
the standard deviation over a zone. Lung probability and alignment stay unchanged here; `masking_response` adds their
effect. Means are sums over places, so only the part of the aligned frame that reads changed features is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.explanation.fast.window_places import Boxes, WindowPlaces, places_around, taken
from bsnet_core.explanation.fast.windowed_network import Change
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import Attention
from bsnet_core.model.statistics_head import (
    StatisticsHead,
    as_grid,
    as_zones,
    by_place,
    from_moments,
    moments,
    zone_shares,
)

SINGULAR = 1e-6
"""An alignment that shrinks areas to less than this cannot be inverted."""


@dataclass(frozen=True, slots=True)
class _LevelOfHead:
    """The statistics of one level for one head.

    Attributes:
        shares: (h w, 6) share of each place of the aligned frame in each zone's mean.
        mean, square: (6, C) mean of the channels and of their squares in the unmasked image.
    """

    shares: Tensor
    mean: Tensor
    square: Tensor


@dataclass(frozen=True, slots=True)
class _Head:
    head: StatisticsHead
    levels: Mapping[int, _LevelOfHead]
    latent: Tensor


BEYOND = 2
"""Width of the border of zeros around windows that the aligned frame reads from: a place outside a window reads two by
two of these zeros instead."""


@dataclass(frozen=True, slots=True)
class _Sampled:
    """The cells of a level that every place of the aligned frame reads, by bilinear interpolation.

    Attributes:
        corners: (H W, 2) int64, row and column of the upper left of the four cells that it reads; may lie beyond the
            map.
        weights: (H W, 4) float32, weights of this cell, the one to its right, the one below and that one's right.
        width: W.
    """

    corners: Tensor
    weights: Tensor
    width: int

    @classmethod
    def by(cls, matrix: npt.NDArray[np.float64], height: int, width: int) -> _Sampled:
        """Makes it for an alignment (2, 3), aligned to network frame, and a level of this height and width."""
        y, x = np.mgrid[0:height, 0:width]
        places = np.stack([(2 * x.ravel() + 1) / width - 1, (2 * y.ravel() + 1) / height - 1, np.ones(height * width)])
        across, down = (matrix @ places + 1) * np.array([[width], [height]]) / 2 - 0.5
        left, top = np.floor(across), np.floor(down)
        right, low = across - left, down - top
        weights = np.stack([(1 - low) * (1 - right), (1 - low) * right, low * (1 - right), low * right], axis=1)
        corners = np.stack([top, left], axis=1).astype(np.int64)
        return cls(torch.from_numpy(corners), torch.from_numpy(weights.astype(np.float32)), width)

    def read(self, change: Change, places: WindowPlaces) -> Tensor:
        """(B, h, w, C) change in windows of the aligned frame, from a change of the level that is 0 elsewhere."""
        windows = F.pad(change.rows, (0, 0, BEYOND, BEYOND, BEYOND, BEYOND))
        count, height, width, channels = windows.shape
        corners = taken(self.corners, self.width, places).view(count, -1, 2)
        starts = torch.from_numpy(np.stack([change.places.tops, change.places.lefts], axis=1))[:, None] - BEYOND
        farthest = torch.tensor([height - 2, width - 2])
        rows, columns = (corners - starts).clamp_(min=torch.zeros_like(farthest), max=farthest).unbind(-1)
        first = torch.arange(0, count * height * width, height * width)[:, None]
        numbers = (rows * width).add_(columns).add_(first).view(-1, 1) + torch.tensor([0, 1, width, width + 1])
        weights = taken(self.weights, self.width, places).view(-1, 4)
        found = F.embedding_bag(numbers, windows.view(-1, channels), mode="sum", per_sample_weights=weights)
        return found.view(count, places.height, places.width, channels)


@dataclass(frozen=True, slots=True)
class _AlignedChange:
    """The change of a level in the aligned frame, for each of a batch of changed images.

    Attributes:
        places: The places that may change.
        mean, square: (B, h w, C) new values minus the old ones, and the same of their squares.
    """

    places: WindowPlaces
    mean: Tensor
    square: Tensor


class ZoneStatistics:
    """Every head's zone statistics of one image, and their change when its features change."""

    def __init__(
        self,
        model: BSNet,
        attentions: Sequence[Attention],
        levels: Mapping[int, Tensor],
        probability: Tensor,
        alignment: Tensor,
    ) -> None:
        """Computes the image's statistics.

        Args:
            model: In evaluation mode, with heads of zone statistics.
            attentions: The heads.
            levels: The four levels (1, C, H, W), finest first, by any key.
            probability: (1, 1, S, S) lung probability.
            alignment: (1, 2, 3).
        """
        self._model, self._attentions = model, attentions
        aligned = model.align_features(list(levels.values()), probability, alignment)
        self._matrix = alignment[0].double().numpy()
        self._sampled = {key: _Sampled.by(self._matrix, *level.shape[2:]) for key, level in levels.items()}
        self._shapes = {key: level.shape[2:] for key, level in zip(levels, aligned.levels, strict=True)}
        by_key = zip(levels, aligned.levels, strict=True)
        self._twice = {key: 2 * by_place(level)[0].contiguous() for key, level in by_key}
        """(H W, C) twice the aligned features."""
        self._heads = []
        for attention in attentions:
            masks = aligned.masks_for(attention) or [None] * len(levels)
            seen: dict[int, _LevelOfHead] = {}
            for key, level, mask in zip(levels, aligned.levels, masks, strict=True):
                shares = zone_shares(level, mask)[0].flatten(1)
                mean, square = moments(by_place(level), shares)
                seen[key] = _LevelOfHead(shares.T.contiguous(), mean[0], square[0])
            head = cast(StatisticsHead, model.heads[attention.value])
            latent = _latent(head, [from_moments(part.mean[None], part.square[None]) for part in seen.values()])
            self._heads.append(_Head(head, seen, latent))

    def changes_with_lungs(self, levels: Sequence[Tensor], probability: Tensor, alignment: Tensor) -> Tensor:
        """(6 H,) as `changes_of_latent_scores`, for one image whose lungs and alignment have changed too."""
        aligned = self._model.align_features(levels, probability, alignment)
        found = []
        for attention, entry in zip(self._attentions, self._heads, strict=True):
            statistics = entry.head.statistics(aligned.levels, aligned.masks_for(attention))
            found.append(as_zones(entry.head.latent_scores(statistics)) - entry.latent)
        return torch.cat(found, dim=1)[0]

    def changes_of_latent_scores(self, changes: Mapping[int, Change], count: int) -> Tensor:
        """(B, 6 H): row 6 h + z for zone z in reading order and the h-th head.

        Args:
            changes: By level; missing levels have not changed.
            count: B.
        """
        aligned = {key: self._aligned_change(key, change) for key, change in changes.items()}
        found = []
        for entry in self._heads:
            parts = []
            for key, part in entry.levels.items():
                mean, square = part.mean.expand(count, -1, -1), part.square.expand(count, -1, -1)
                if key in aligned:
                    change = aligned[key]
                    shares = taken(part.shares, self._shapes[key][1], change.places).flatten(1, 2).transpose(1, 2)
                    mean = mean + shares @ change.mean
                    square = square + shares @ change.square
                parts.append(from_moments(mean, square))
            found.append(_latent(entry.head, parts) - entry.latent)
        return torch.cat(found, dim=1)

    def _aligned_change(self, key: int, change: Change) -> _AlignedChange:
        """Brings the change of a level into the aligned frame; resampling is linear in the features."""
        height, width = self._shapes[key]
        places = places_around(self._reading(change.places, height, width), height, width)
        difference = self._sampled[key].read(change, places)
        # (x + d)² - x² = d (2 x + d), all of it small where d is.
        square = taken(self._twice[key], width, places).add_(difference).mul_(difference)
        return _AlignedChange(places, difference.flatten(1, 2), square.flatten(1, 2))

    def _reading(self, places: WindowPlaces, height: int, width: int) -> Boxes:
        """(B, 4) boxes of the places in the aligned frame that read from windows of the network frame."""
        linear, offset = self._matrix[:, :2], self._matrix[:, 2]
        if abs(np.linalg.det(linear)) < SINGULAR:
            return np.tile(np.array([0, height, 0, width], dtype=np.intp), (len(places.tops), 1))
        # A place reads cells within one cell of it. Edges in normalised coordinates, -1 to 1.
        left, right = 2 * (places.lefts - 1) / width - 1, 2 * (places.lefts + places.width + 1) / width - 1
        top, bottom = 2 * (places.tops - 1) / height - 1, 2 * (places.tops + places.height + 1) / height - 1
        corners = np.stack([np.stack([x, y]) for x in (left, right) for y in (top, bottom)])  # (4, 2, B)
        found = np.einsum("ij,cjb->cib", np.linalg.inv(linear), corners - offset[None, :, None])
        across, down = (found[:, 0] + 1) * width / 2, (found[:, 1] + 1) * height / 2
        first_column, end_column = _within(across, width)
        first_row, end_row = _within(down, height)
        return np.stack([first_row, end_row, first_column, end_column], axis=1)


def _within(corners: npt.NDArray[np.float64], size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First and end (B,) of the cells between the outermost of four corners (4, B), one at least, within the map."""
    first = np.clip(np.floor(corners.min(axis=0)).astype(np.intp), 0, size - 1)
    return first, np.clip(np.ceil(corners.max(axis=0)).astype(np.intp), first + 1, size)


def _latent(head: StatisticsHead, statistics: Sequence[Tensor]) -> Tensor:
    """(N, 6) latent scores from (N, 6, 2 C) statistics per level."""
    return as_zones(head.latent_scores(as_grid(torch.cat(list(statistics), dim=-1))))
