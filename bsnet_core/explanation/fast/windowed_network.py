"""A local network recomputed only where its input changed, for several changes of one image at once.

`WindowedNetwork` keeps every layer's values for one image. For a batch of patches, each put into the image alone,
it recomputes layer by layer the windows that may have changed, all of one size, reading what lies around them from the
values kept. This is exact: borders of the image are padded as the whole layer pads them, and no layer sees an
artificial border.

In deep layers a window is wide and most of it hardly changes. There it can be cut to the places that changed by more
than a share of the layer's standard deviation, if gradients with respect to that layer are known: the change outside
is taken into account by a first-order approximation (its tail).

Every layer is computed in the precision that its kept values have; differences are float32.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.explanation.fast.local_layers import Convolution, Layer, Sliding, in_precision
from bsnet_core.explanation.fast.local_network import LocalNetwork
from bsnet_core.explanation.fast.window_places import (
    Boxes,
    KeptMap,
    WindowPlaces,
    as_rows,
    fill_beyond,
    places_around,
    shared_parts,
    taken,
    taken_from_windows,
)

WIDE, FINE_STRIDE = 3, 4
"""A layer of so many times its source's channels is wide, maps of a stride up to this are fine."""
LARGE_WINDOW = 6
"""Windows over one such part of a map are multiplied with gradients as whole maps."""


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one layer's map in each of a batch of changed images.

    Attributes:
        places: Windows within the map.
        rows: (B, h, w, C), the new values minus those of the unchanged image.
    """

    places: WindowPlaces
    rows: Tensor

    @property
    def difference(self) -> Tensor:
        """(B, C, h, w)."""
        return self.rows.permute(0, 3, 1, 2)

    def effect(self, gradients: PlacedGradients) -> Tensor:
        """(B, R) first-order effect on R numbers, given their gradients with respect to the map."""
        count = len(self.rows)
        if self.places.height * self.places.width * LARGE_WINDOW < gradients.height * gradients.width:
            seen = taken(gradients.by_place, gradients.width, self.places).view(count, -1, gradients.count)
            return (self.rows.view(count, 1, -1) @ seen)[:, 0]
        # One matrix product over whole maps is cheaper than copying large windows of the gradients.
        whole = self._on_whole_map(gradients.height, gradients.width, gradients.by_number.dtype)
        return in_precision(F.linear(whole, gradients.by_number), torch.float32)

    def _on_whole_map(self, height: int, width: int, precision: torch.dtype) -> Tensor:
        """(B, H W C), 0 around the windows."""
        rows = in_precision(self.rows, precision)
        if self.places.covers(height, width):
            return rows.flatten(1)
        whole = rows.new_zeros(len(rows), height, width, rows.shape[3])
        for there, here in shared_parts(WindowPlaces.whole(len(rows), height, width), self.places):
            whole[there] = rows[here]
        return whole.flatten(1)


class PlacedGradients:
    """Gradients of R numbers with respect to one layer's map (C, H, W)."""

    def __init__(self, gradients: Tensor, precision: torch.dtype = torch.float32) -> None:
        """Takes (R, C, H, W) gradients, and the precision of products with whole maps."""
        self._gradients, self._precision = gradients, precision
        self.count, _, self.height, self.width = gradients.shape

    @cached_property
    def by_place(self) -> Tensor:
        """(H W, C R), the gradients of one place side by side."""
        return self._gradients.permute(2, 3, 1, 0).reshape(self.height * self.width, -1).contiguous()

    @cached_property
    def by_number(self) -> Tensor:
        """(R, H W C), the gradients of one number side by side."""
        return as_rows(self._gradients.to(self._precision)).flatten(1)


@dataclass(frozen=True, slots=True)
class _Windows:
    """New values (B, h, w, C) of one layer, and for each image the box that may have changed."""

    places: WindowPlaces
    rows: Tensor
    boxes: Boxes


class WindowedNetwork:
    """One image's values in every layer, recomputed where the image is changed."""

    def __init__(
        self,
        network: LocalNetwork,
        values: Sequence[Tensor],
        tails: Mapping[int, PlacedGradients] | None = None,
        tolerance: float = 0.0,
    ) -> None:
        """Keeps the image's values.

        Args:
            network: The layers.
            values: Their values for the image, `network.values(image)`.
            tails: Gradients of R results with respect to the layers where windows are cut.
            tolerance: Changes up to this share of such a layer's standard deviation are approximated.
        """
        self._network = network
        self._shapes = [value.shape for value in values]
        self._kept = [KeptMap(value) for value in values]
        self._tails = dict(tails or {}) if tolerance > 0 else {}
        self._limits = {index: tolerance * float(values[index].std()) for index in self._tails}
        readers = [(source, index) for index, layer in enumerate(network.layers) if layer for source in layer.sources]
        self._last_read = dict(readers)
        counts = Counter(source for source, _ in readers)
        self._wide = {
            source
            for source, index in readers
            if counts[source] == 1
            and isinstance(network.layers[index], Sliding)
            and isinstance(layer := network.layers[source], Convolution)
            and layer.is_by_place
            and self._shapes[source][1] >= WIDE * self._shapes[layer.sources[0]][1]
            and self._shapes[source][2] * FINE_STRIDE >= self._shapes[0][2]
        }
        """Layers of many channels on fine maps: around a window they are recomputed from their narrow source, as
        copying their kept values would take longer."""

    @torch.no_grad()
    def change(
        self, patches: Sequence[npt.NDArray[np.float32]], boxes: Boxes, requested: Sequence[int]
    ) -> tuple[dict[int, Change], Tensor | None]:
        """Puts each patch into the unchanged image.

        Args:
            patches: B times (C, h, w), the image's new values.
            boxes: The place of each patch.
            requested: Layers whose changes are returned.

        Returns:
            The changes by layer, without layers that no change reaches; and the effect (B, R) of all tails.
        """
        wide = self._wide - set(requested)
        now = {0: self._patched(patches, boxes)}
        changes: dict[int, Change] = {}
        effect: Tensor | None = None
        for index in range(max(requested) + 1):
            layer = self._network.layers[index]
            if layer is not None:
                sources = [now.get(source) for source in layer.sources]
                if not any(sources):
                    continue
                if index in wide and sources[0]:
                    now[index] = sources[0]  # the layer that reads it widens the source
                    continue
                now[index] = self._recomputed(layer, index, sources, wide)
                for source in layer.sources:
                    if self._last_read[source] == index:
                        now.pop(source, None)
            if index in self._tails:
                now[index], lost = self._cut(index, now[index])
                effect = lost if effect is None else effect + lost
            if index in requested:
                changes[index] = Change(now[index].places, self._difference(index, now[index]))
        return changes, effect

    def _patched(self, patches: Sequence[npt.NDArray[np.float32]], boxes: Boxes) -> _Windows:
        height, width = self._shapes[0][2:]
        places = places_around(boxes, height, width)
        windows = self._kept[0].windows(places)
        rows = windows.numpy()
        for index, (patch, (top, bottom, left, right)) in enumerate(zip(patches, boxes.tolist(), strict=True)):
            row, column = int(places.tops[index]), int(places.lefts[index])
            rows[index, top - row : bottom - row, left - column : right - column] = patch.transpose(1, 2, 0)
        return _Windows(places, windows, boxes)

    def _recomputed(self, layer: Layer, index: int, sources: Sequence[_Windows | None], wide: Set[int]) -> _Windows:
        shape = self._shapes[index]
        if isinstance(layer, Convolution) and layer.is_by_place and (source := sources[0]):
            return _Windows(source.places, layer.rows(source.rows), source.boxes)
        boxes = layer.reached([source.boxes if source else None for source in sources], shape)
        places = places_around(boxes, shape[2], shape[3], layer.grid)
        if places.covers(shape[2], shape[3]) and all(
            source is not None and number not in wide and source.places.covers(*self._shapes[number][2:])
            for number, source in zip(layer.sources, sources, strict=True)
        ):
            new = layer.whole([source.rows.permute(0, 3, 1, 2) for source in sources if source])
            return _Windows(places, as_rows(new), boxes)
        read, fill = layer.read(places), layer.fill if isinstance(layer, Sliding) else 0.0
        patches = [
            (
                self._widened(number, source, read, fill)
                if number in wide
                else self._gathered(number, source, read, fill)
            ).permute(0, 3, 1, 2)
            for number, source in zip(layer.sources, sources, strict=True)
        ]
        return _Windows(places, as_rows(layer.windows(patches)), boxes)

    def _gathered(self, index: int, now: _Windows | None, places: WindowPlaces, fill: float) -> Tensor:
        """(B, h, w, C) windows of one layer with its changes, filled beyond the border."""
        if now is not None and now.places.is_same(places):
            return now.rows
        result = self._kept[index].windows(places, fill)
        if now is not None:
            for there, here in shared_parts(places, now.places):
                result[there] = now.rows[here]
        return result

    def _widened(self, index: int, source: _Windows | None, places: WindowPlaces, fill: float) -> Tensor:
        """(B, h, w, C) as `_gathered`, for a skipped pointwise layer: from its source."""
        layer = self._network.layers[index]
        if not isinstance(layer, Convolution):
            raise ValueError("Only convolutions are skipped.")
        result = layer.rows(self._gathered(layer.sources[0], source, places, 0.0))
        fill_beyond(result, places, self._kept[index], fill)
        return result

    def _difference(self, index: int, now: _Windows) -> Tensor:
        before = self._kept[index].windows(now.places)
        return in_precision(now.rows, torch.float32) - in_precision(before, torch.float32)

    def _cut(self, index: int, now: _Windows) -> tuple[_Windows, Tensor]:
        """Keeps the places that changed much, and approximates the effect of the others."""
        difference = self._difference(index, now)
        large = (difference.abs().amax(dim=-1) > self._limits[index]).numpy()
        boxes = _boxes_of(large, now.places)
        places = places_around(boxes, *self._shapes[index][2:])
        if places.height >= now.places.height and places.width >= now.places.width:
            return now, difference.new_zeros(len(boxes), self._tails[index].count)
        if places.lie_within(now.places):
            rows = taken_from_windows(now.rows, now.places, places)
        else:
            rows = self._gathered(index, now, places, 0.0)
        for kept, _ in shared_parts(now.places, places):
            difference[kept] = 0.0
        return _Windows(places, rows, boxes), Change(now.places, difference).effect(self._tails[index])


def _boxes_of(large: npt.NDArray[np.bool_], places: WindowPlaces) -> Boxes:
    """The boxes around the true places (B, h, w) of windows; the middle of a window if there are none."""
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
