"""A local network recomputed only where its input changed, for several changes of one picture at once.

`WindowedNetwork` keeps every layer's values for one picture. For a batch of patches, each put into the picture alone,
it recomputes layer by layer the windows that may have changed, all of one size, reading what lies around them from the
values kept. This is exact: borders of the picture are padded as the whole layer pads them, and no layer sees an
artificial border.

In deep layers a window is wide and most of it hardly changes. There it can be cut to the places that changed by more
than a share of the layer's standard deviation, if gradients with respect to that layer are at hand: what lies outside
is not lost, its effect on the results is counted to first order (its tail).

Every layer is computed in the precision that its kept values have; differences are float32.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.explanation.local_network import Boxes, Convolution, LocalNetwork, Places, Sliding

WHOLE_SHARE = 0.85
"""Windows over this share of a map's side take the whole side: nothing has to be cut out of the map then."""
LARGE_WINDOW = 6
"""Windows over one such part of a map are multiplied with gradients as whole maps."""


@dataclass(frozen=True, slots=True)
class Change:
    """How one layer's map changes in each of a batch of changed pictures.

    Attributes:
        places: Where, within the map.
        difference: (B, C, h, w), the new values minus those of the unchanged picture.
    """

    places: Places
    difference: Tensor

    def effect(self, gradients: PlacedGradients) -> Tensor:
        """(B, R) first-order effect on R numbers, given their gradients with respect to the map."""
        if self.places.height * self.places.width * LARGE_WINDOW < gradients.height * gradients.width:
            cells = torch.from_numpy(cells_of(self.places, gradients.width).ravel())
            seen = gradients.by_place.index_select(0, cells).view(len(self.difference), -1, gradients.count)
            return (as_rows(self.difference).view(len(seen), 1, -1) @ seen)[:, 0]
        # One matrix product over whole maps is cheaper than copying large windows of the gradients.
        whole = self._on_whole_map(gradients.height, gradients.width, gradients.by_number.dtype)
        return F.linear(whole, gradients.by_number).float()

    def _on_whole_map(self, height: int, width: int, precision: torch.dtype) -> Tensor:
        """(B, H W C), 0 around the windows."""
        rows = as_rows(self.difference.to(precision)).flatten(0, 2)
        count, channels = self.difference.shape[:2]
        if not self.places.covers(height, width):
            cells = cells_of(self.places, width) + height * width * np.arange(count)[:, None, None]
            whole = rows.new_zeros(count * height * width, channels)
            rows = whole.index_copy_(0, torch.from_numpy(cells.ravel()), rows)
        return rows.view(count, -1)


class PlacedGradients:
    """Gradients of R numbers with respect to one layer's map (C, H, W)."""

    def __init__(self, gradients: Tensor, precision: torch.dtype = torch.float32) -> None:
        """Takes (R, C, H, W); the precision is that of products with whole maps."""
        self._gradients, self._precision = gradients, precision
        self.count, _, self.height, self.width = gradients.shape

    @cached_property
    def by_place(self) -> Tensor:
        """(H W, C R), all that belongs to a place side by side."""
        return self._gradients.permute(2, 3, 1, 0).reshape(self.height * self.width, -1).contiguous()

    @cached_property
    def by_number(self) -> Tensor:
        """(R, H W C), all that belongs to one of the numbers side by side."""
        return as_rows(self._gradients.to(self._precision)).flatten(1)


@dataclass(frozen=True, slots=True)
class _Windows:
    """New values (B, C, h, w) of one layer, and the box of each picture that may really have changed."""

    places: Places
    values: Tensor
    boxes: Boxes


class WindowedNetwork:
    """One picture's values in every layer, and what they become where the picture is changed."""

    def __init__(
        self,
        network: LocalNetwork,
        values: Sequence[Tensor],
        tails: Mapping[int, PlacedGradients] | None = None,
        tolerance: float = 0.0,
    ) -> None:
        """Keeps the picture's values.

        Args:
            network: The layers.
            values: What they make of the picture, `network.values(picture)`.
            tails: Gradients of R results with respect to the layers where windows are cut.
            tolerance: Changes up to this share of such a layer's standard deviation are counted to first order.
        """
        self._network, self._values = network, values
        self._tails = dict(tails or {}) if tolerance > 0 else {}
        self._limits = {index: tolerance * float(values[index].std()) for index in self._tails}
        self._last_read = {
            source: index for index, layer in enumerate(network.layers) if layer is not None for source in layer.sources
        }

    @torch.no_grad()
    def change(
        self, patches: Sequence[Tensor], boxes: Boxes, wanted: Sequence[int]
    ) -> tuple[dict[int, Change], Tensor | None]:
        """Puts each patch into the unchanged picture.

        Args:
            patches: B times (C, h, w), the picture's new values.
            boxes: Where each belongs.
            wanted: Layers whose changes are asked for.

        Returns:
            The changes by layer, without layers that nothing reaches; and the effect (B, R) of all tails.
        """
        now = {0: self._patched(patches, boxes)}
        changes: dict[int, Change] = {}
        effect: Tensor | None = None
        for index in range(max(wanted) + 1):
            layer = self._network.layers[index]
            if layer is not None:
                sources = [now.get(source) for source in layer.sources]
                if not any(sources):
                    continue
                now[index] = self._recomputed(index, sources)
                for source in layer.sources:
                    if self._last_read[source] == index:
                        now.pop(source, None)
            if index in self._tails:
                now[index], lost = self._cut(index, now[index])
                effect = lost if effect is None else effect + lost
            if index in wanted:
                changes[index] = Change(now[index].places, self._difference(index, now[index]))
        return changes, effect

    def _patched(self, patches: Sequence[Tensor], boxes: Boxes) -> _Windows:
        places = places_around(boxes, *self._values[0].shape[2:])
        values = self._gathered(0, None, places, 0.0)
        for index, (patch, (top, bottom, left, right)) in enumerate(zip(patches, boxes.tolist(), strict=True)):
            row, column = int(places.tops[index]), int(places.lefts[index])
            values[index, :, top - row : bottom - row, left - column : right - column] = patch
        return _Windows(places, values, boxes)

    def _recomputed(self, index: int, sources: Sequence[_Windows | None]) -> _Windows:
        layer = self._network.layers[index]
        if layer is None:
            raise ValueError("The input is not computed.")
        if isinstance(layer, Convolution) and layer.is_by_place and (source := sources[0]):
            return _Windows(source.places, layer.windows([source.values]), source.boxes)
        height, width = self._values[index].shape[2:]
        boxes = _not_empty(
            layer.reached([source.boxes if source else None for source in sources], self._values[index].shape),
            height,
            width,
        )
        places = places_around(boxes, height, width, layer.grid)
        if places.covers(height, width) and all(
            source is not None and source.places.covers(*self._values[number].shape[2:])
            for number, source in zip(layer.sources, sources, strict=True)
        ):
            return _Windows(places, layer.whole([source.values for source in sources if source]), boxes)
        read, fill = layer.read(places), layer.fill if isinstance(layer, Sliding) else 0.0
        patches = [
            self._gathered(number, source, read, fill) for number, source in zip(layer.sources, sources, strict=True)
        ]
        return _Windows(places, layer.windows(patches), boxes)

    def _gathered(self, index: int, now: _Windows | None, places: Places, fill: float) -> Tensor:
        """(B, C, h, w) windows of one layer as it is now, filled up beyond the border."""
        if now is not None and now.places.is_same(places):
            return now.values
        base = as_rows(self._values[index])[0]
        height, width, channels = base.shape
        count = len(places.tops)
        rows, columns = places.rows, places.columns
        cells = np.clip(rows, 0, height - 1)[:, :, None] * width + np.clip(columns, 0, width - 1)[:, None, :]
        result = base.view(-1, channels).index_select(0, torch.from_numpy(cells.ravel()))
        above_or_below, beside = (rows < 0) | (rows >= height), (columns < 0) | (columns >= width)
        if above_or_below.any() or beside.any():
            outside = np.flatnonzero(above_or_below[:, :, None] | beside[:, None, :])
            result.index_fill_(0, torch.from_numpy(outside), fill)
        if now is not None:
            self._put(result, places, now)
        return result.view(count, places.height, places.width, channels).permute(0, 3, 1, 2)

    def _put(self, result: Tensor, places: Places, now: _Windows) -> None:
        """Writes new values over those kept, (B h w, C) at `places`."""
        rows, columns = now.places.rows - places.tops[:, None], now.places.columns - places.lefts[:, None]
        first = places.height * places.width * np.arange(len(rows))
        cells = first[:, None, None] + rows[:, :, None] * places.width + columns[:, None, :]
        new = as_rows(now.values).flatten(0, 2)
        rows_meet, columns_meet = (rows >= 0) & (rows < places.height), (columns >= 0) & (columns < places.width)
        if rows_meet.all() and columns_meet.all():
            result.index_copy_(0, torch.from_numpy(cells.ravel()), new)
            return
        meet = np.flatnonzero(rows_meet[:, :, None] & columns_meet[:, None, :])
        result.index_copy_(0, torch.from_numpy(cells.ravel()[meet]), new.index_select(0, torch.from_numpy(meet)))

    def _difference(self, index: int, now: _Windows) -> Tensor:
        return now.values.float() - self._gathered(index, None, now.places, 0.0).float()

    def _cut(self, index: int, now: _Windows) -> tuple[_Windows, Tensor]:
        """Keeps the places that changed much, and counts the others to first order."""
        difference = self._difference(index, now)
        large = (difference.abs().amax(dim=1) > self._limits[index]).numpy()
        boxes = _boxes_of(large, now.places)
        places = places_around(boxes, *self._values[index].shape[2:])
        if places.height >= now.places.height and places.width >= now.places.width:
            return now, difference.new_zeros(len(boxes), self._tails[index].count)
        values = self._gathered(index, now, places, 0.0)
        for number, (top, left) in enumerate(
            zip((places.tops - now.places.tops).tolist(), (places.lefts - now.places.lefts).tolist(), strict=True)
        ):
            rows = slice(max(top, 0), max(top + places.height, 0))
            columns = slice(max(left, 0), max(left + places.width, 0))
            difference[number, :, rows, columns] = 0
        return _Windows(places, values, boxes), Change(now.places, difference).effect(self._tails[index])


def places_around(boxes: Boxes, height: int, width: int, grid: int = 1) -> Places:
    """Windows of one size around the boxes, within a map of this height and width."""
    rows = int((boxes[:, 1] - boxes[:, 0]).max())
    columns = int((boxes[:, 3] - boxes[:, 2]).max())
    rows = height if rows >= WHOLE_SHARE * height else rows
    columns = width if columns >= WHOLE_SHARE * width else columns
    return Places(
        _starts(boxes[:, 0], boxes[:, 1], rows, height, grid),
        _starts(boxes[:, 2], boxes[:, 3], columns, width, grid),
        rows,
        columns,
    )


def _starts(
    first: npt.NDArray[np.intp], end: npt.NDArray[np.intp], size: int, limit: int, grid: int
) -> npt.NDArray[np.intp]:
    """Where windows of a size begin that hold [first, end) about in their middle."""
    starts = np.minimum(np.maximum(first - (size - (end - first)) // 2, 0), limit - size)
    return starts - starts % grid


def _not_empty(boxes: Boxes, height: int, width: int) -> Boxes:
    """The boxes; one place instead of an empty box, where a stride skips the few places that changed."""
    top, left = np.clip(boxes[:, 0], 0, height - 1), np.clip(boxes[:, 2], 0, width - 1)
    return np.stack([top, np.maximum(boxes[:, 1], top + 1), left, np.maximum(boxes[:, 3], left + 1)], axis=1)


def _boxes_of(large: npt.NDArray[np.bool_], places: Places) -> Boxes:
    """The boxes around the true places (B, h, w) of windows; their middles where there are none."""
    rows: npt.NDArray[np.bool_] = np.any(large, axis=2)
    columns: npt.NDArray[np.bool_] = np.any(large, axis=1)
    empty = ~np.any(rows, axis=1)
    rows[empty, places.height // 2] = True
    columns[empty, places.width // 2] = True
    return np.stack(
        [
            places.tops + rows.argmax(axis=1),
            places.tops + places.height - rows[:, ::-1].argmax(axis=1),
            places.lefts + columns.argmax(axis=1),
            places.lefts + places.width - columns[:, ::-1].argmax(axis=1),
        ],
        axis=1,
    )


def cells_of(places: Places, width: int) -> npt.NDArray[np.intp]:
    """(B, h, w) numbers of the windows' places in a map of a width, row by row."""
    return places.rows[:, :, None] * width + places.columns[:, None, :]


def as_rows(maps: Tensor) -> Tensor:
    """(N, H, W, C), contiguous: as channels-last maps lie in memory."""
    return maps.permute(0, 2, 3, 1).contiguous()
