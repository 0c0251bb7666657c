"""A local network recomputed only where its input changed, for several changes of one picture at once.

`WindowedNetwork` keeps every layer's values for one picture. For a batch of patches, each put into the picture alone,
it recomputes layer by layer the windows that may have changed, all of one size, reading what lies around them from the
values kept. This is exact: borders of the picture are padded as the whole layer pads them, and no layer sees an
artificial border.

In deep layers a window is wide and most of it hardly changes. There it can be cut to the places that changed by more
than a share of the layer's standard deviation, if gradients with respect to that layer are at hand: what lies outside
is not lost, its effect on the results is counted to first order (its tail).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bsnet_core.explanation.local_network import Box, LocalNetwork, Places, Sliding

WHOLE_SHARE = 0.85
"""Windows over this share of a map's side take the whole side: nothing has to be cut out of the map then."""
LARGE_WINDOW = 16
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

    def effect(self, gradients: Tensor) -> Tensor:
        """(B, R) first-order effect on R numbers, given their gradients (R, C, H, W) with respect to the map."""
        height, width = gradients.shape[2:]
        if self.places.height * self.places.width * LARGE_WINDOW < height * width:
            effects = []
            for index, difference in enumerate(self.difference):
                rows, columns = self.places.slices(index)
                effects.append(torch.tensordot(gradients[:, :, rows, columns], difference, dims=3))
            return torch.stack(effects)
        # One matrix product over whole maps is cheaper than copying large windows of the gradients.
        return _flat(self._on_whole_map(height, width)) @ _flat(gradients).T

    def _on_whole_map(self, height: int, width: int) -> Tensor:
        if (self.places.height, self.places.width) == (height, width):
            return self.difference
        count, channels = self.difference.shape[:2]
        whole = self.difference.new_zeros(count, height, width, channels).permute(0, 3, 1, 2)
        for index, difference in enumerate(self.difference):
            rows, columns = self.places.slices(index)
            whole[index, :, rows, columns] = difference
        return whole


@dataclass(frozen=True, slots=True)
class _Windows:
    """New values of one layer, and the box of each picture that may really have changed."""

    places: Places
    values: Tensor
    boxes: Sequence[Box]


class WindowedNetwork:
    """One picture's values in every layer, and what they become where the picture is changed."""

    def __init__(
        self,
        network: LocalNetwork,
        values: Sequence[Tensor],
        tails: Mapping[int, Tensor] | None = None,
        tolerance: float = 0.0,
    ) -> None:
        """
        Args:
            network: The layers.
            values: What they make of the picture, `network.values(picture)`.
            tails: Gradients (R, C, H, W) of R results with respect to the layers where windows are cut.
            tolerance: Changes up to this share of such a layer's standard deviation are counted to first order.
        """
        self._network, self._values = network, values
        self._tails = dict(tails or {}) if tolerance > 0 else {}
        self._limits = {index: tolerance * float(values[index].std()) for index in self._tails}
        self._last_read = {
            source: index
            for index, layer in enumerate(network.layers)
            if layer is not None
            for source in layer.sources
        }

    @torch.no_grad()
    def change(
        self, patches: Sequence[Tensor], boxes: Sequence[Box], wanted: Sequence[int]
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

    def _patched(self, patches: Sequence[Tensor], boxes: Sequence[Box]) -> _Windows:
        shape = self._values[0].shape
        places = _places(boxes, shape[2], shape[3])
        values = self._gathered(0, None, places, 0.0)
        for index, (patch, box) in enumerate(zip(patches, boxes, strict=True)):
            top, left = places.tops[index], places.lefts[index]
            values[index, :, box.top - top : box.bottom - top, box.left - left : box.right - left] = patch
        return _Windows(places, values, list(boxes))

    def _recomputed(self, index: int, sources: Sequence[_Windows | None]) -> _Windows:
        layer = self._network.layers[index]
        if layer is None:
            raise ValueError("The input is not computed.")
        shape = self._values[index].shape
        count = next(len(source.boxes) for source in sources if source is not None)
        boxes = [
            _not_empty(layer.box([source and source.boxes[number] for source in sources], shape), shape)
            for number in range(count)
        ]
        places = _places(boxes, shape[2], shape[3], layer.grid)
        if _is_whole(places, shape) and all(
            source is not None and _is_whole(source.places, self._values[number].shape)
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
        if now is not None and now.places == places:
            return now.values
        base = self._values[index][0]
        channels, height, width = base.shape
        count, rows, columns = len(places.tops), places.height, places.width
        result = base.new_empty(count, rows, columns, channels).permute(0, 3, 1, 2)
        if (
            min(places.tops) < 0
            or min(places.lefts) < 0
            or max(places.tops) + rows > height
            or max(places.lefts) + columns > width
        ):
            result.fill_(fill)
        for number, (top, left) in enumerate(zip(places.tops, places.lefts, strict=True)):
            seen = Box(max(top, 0), min(top + rows, height), max(left, 0), min(left + columns, width))
            changed = _shared(seen, now, number)
            if changed != seen:
                result[number, :, seen.top - top : seen.bottom - top, seen.left - left : seen.right - left] = base[
                    :, seen.top : seen.bottom, seen.left : seen.right
                ]
            if now is not None and changed is not None:
                from_top, from_left = now.places.tops[number], now.places.lefts[number]
                result[
                    number, :, changed.top - top : changed.bottom - top, changed.left - left : changed.right - left
                ] = now.values[
                    number,
                    :,
                    changed.top - from_top : changed.bottom - from_top,
                    changed.left - from_left : changed.right - from_left,
                ]
        return result

    def _difference(self, index: int, now: _Windows) -> Tensor:
        return now.values - self._gathered(index, None, now.places, 0.0)

    def _cut(self, index: int, now: _Windows) -> tuple[_Windows, Tensor]:
        """Keeps the places that changed much, and counts the others to first order."""
        shape = self._values[index].shape
        difference = self._difference(index, now)
        large = (difference.abs().amax(dim=1) > self._limits[index]).numpy()
        boxes = [
            _box_of(large[number], top, left)
            for number, (top, left) in enumerate(zip(now.places.tops, now.places.lefts, strict=True))
        ]
        places = _places(boxes, shape[2], shape[3])
        if places.height >= now.places.height and places.width >= now.places.width:
            return now, difference.new_zeros(len(boxes), len(self._tails[index]))
        values = self._gathered(index, now, places, 0.0)
        for number, (top, left) in enumerate(zip(now.places.tops, now.places.lefts, strict=True)):
            kept_top, kept_left = places.tops[number] - top, places.lefts[number] - left
            rows = slice(max(kept_top, 0), max(kept_top + places.height, 0))
            columns = slice(max(kept_left, 0), max(kept_left + places.width, 0))
            difference[number, :, rows, columns] = 0
        return _Windows(places, values, boxes), Change(now.places, difference).effect(self._tails[index])


def _places(boxes: Sequence[Box], height: int, width: int, grid: int = 1) -> Places:
    """Windows of one size around the boxes, within the map."""
    rows = max(box.bottom - box.top for box in boxes)
    columns = max(box.right - box.left for box in boxes)
    rows = height if rows >= WHOLE_SHARE * height else rows
    columns = width if columns >= WHOLE_SHARE * width else columns
    return Places(
        tuple(_start(box.top, box.bottom, rows, height, grid) for box in boxes),
        tuple(_start(box.left, box.right, columns, width, grid) for box in boxes),
        rows,
        columns,
    )


def _start(first: int, end: int, size: int, limit: int, grid: int) -> int:
    """Where a window of a size begins that holds [first, end) about in its middle."""
    start = min(max(first - (size - (end - first)) // 2, 0), limit - size)
    return start - start % grid


def _is_whole(places: Places, shape: torch.Size) -> bool:
    return places.height == shape[2] and places.width == shape[3]


def _not_empty(box: Box, shape: torch.Size) -> Box:
    """The box, or one place where a stride skips the few places that changed."""
    if box.top < box.bottom and box.left < box.right:
        return box
    top, left = min(max(box.top, 0), shape[2] - 1), min(max(box.left, 0), shape[3] - 1)
    return Box(top, max(box.bottom, top + 1), left, max(box.right, left + 1))


def _shared(seen: Box, now: _Windows | None, number: int) -> Box | None:
    """What a window of new values has of a box."""
    if now is None:
        return None
    top, left = now.places.tops[number], now.places.lefts[number]
    shared = Box(
        max(seen.top, top),
        min(seen.bottom, top + now.places.height),
        max(seen.left, left),
        min(seen.right, left + now.places.width),
    )
    return shared if shared.top < shared.bottom and shared.left < shared.right else None


def _box_of(places: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], top: int, left: int) -> Box:
    """The box around the true places of a window at (top, left); its middle if there are none."""
    rows, columns = np.flatnonzero(places.any(axis=1)), np.flatnonzero(places.any(axis=0))
    if not len(rows):
        row, column = top + places.shape[0] // 2, left + places.shape[1] // 2
        return Box(row, row + 1, column, column + 1)
    return Box(top + int(rows[0]), top + int(rows[-1]) + 1, left + int(columns[0]), left + int(columns[-1]) + 1)


def _flat(maps: Tensor) -> Tensor:
    """(N, H W C), in the order of memory of channels-last maps."""
    return maps.permute(0, 2, 3, 1).flatten(1)
