"""The places of windows of one size in maps, one per image of a batch, and fast reading and writing of them.

The cells of a map or window are stored channels last: each cell's channels side by side in memory, cell after cell.
A row of a window is then one run of memory and is copied as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

WHOLE_SHARE = 0.85
"""Windows over this share of a map's side take the whole side: nothing has to be cut out of the map then."""

Boxes = npt.NDArray[np.intp]
"""(B, 4): per image of a batch the rows [top, bottom) and columns [left, right) of a map."""

Part = tuple[slice, slice, slice]
"""Some images of a batch, and some rows and columns of their windows."""


def mirrored(boxes: Boxes, width: int) -> Boxes:
    """The boxes on the image flipped left to right."""
    return np.stack([boxes[:, 0], boxes[:, 1], width - boxes[:, 3], width - boxes[:, 2]], axis=1)


@dataclass(frozen=True, slots=True)
class WindowPlaces:
    """Windows of one size, one per image of a batch, at places (B,) of a map; they may reach beyond its border."""

    tops: npt.NDArray[np.intp]
    lefts: npt.NDArray[np.intp]
    height: int
    width: int

    @classmethod
    def whole(cls, count: int, height: int, width: int) -> WindowPlaces:
        """Windows that are whole maps."""
        start = np.zeros(count, dtype=np.intp)
        return cls(start, start, height, width)

    @property
    def rows(self) -> npt.NDArray[np.intp]:
        """(B, h) rows of the map that the windows lie on."""
        return self.tops[:, None] + np.arange(self.height)

    def is_same(self, other: WindowPlaces) -> bool:
        """Whether both have the same windows."""
        return (
            (self.height, self.width) == (other.height, other.width)
            and np.array_equal(self.tops, other.tops)
            and np.array_equal(self.lefts, other.lefts)
        )

    def covers(self, height: int, width: int) -> bool:
        """Whether every window is a whole map of this size."""
        return (self.height, self.width) == (height, width)

    def lie_within(self, others: WindowPlaces) -> bool:
        """Whether every window lies inside the other window of its image."""
        down, across = self.tops - others.tops, self.lefts - others.lefts
        return bool(
            min(down.min(), across.min()) >= 0
            and down.max() + self.height <= others.height
            and across.max() + self.width <= others.width
        )

    def overhang(self, height: int, width: int) -> int:
        """Largest number of cells by which the windows reach beyond a map of this size."""
        below = self.tops.max() + self.height - height
        right = self.lefts.max() + self.width - width
        return int(max(-self.tops.min(), -self.lefts.min(), below, right, 0))

    def within_border(self, border: int) -> WindowPlaces:
        """The windows in the map with a border of this many cells around it."""
        return WindowPlaces(self.tops + border, self.lefts + border, self.height, self.width)

    def slices(self, index: int) -> tuple[slice, slice]:
        """Rows and columns of one window; only for windows within the map."""
        top, left = int(self.tops[index]), int(self.lefts[index])
        return slice(top, top + self.height), slice(left, left + self.width)


def places_around(boxes: Boxes, height: int, width: int, grid: int = 1) -> WindowPlaces:
    """Windows of one size around the boxes, within a map of this height and width."""
    first, size = boxes[:, ::2], boxes[:, 1::2] - boxes[:, ::2]
    limit = np.array([height, width])
    largest: npt.NDArray[np.intp] = size.max(axis=0)
    largest = np.where(largest >= WHOLE_SHARE * limit, limit, largest)
    # Each box lies about in the middle of its window.
    starts = np.minimum(np.maximum(first - (largest - size) // 2, 0), limit - largest)
    if grid > 1:
        starts -= starts % grid
    return WindowPlaces(starts[:, 0], starts[:, 1], int(largest[0]), int(largest[1]))


def taken(cells: Tensor, width: int, places: WindowPlaces) -> Tensor:
    """(B, h, w, C) windows, all within the map, of a map whose cells (H W, C) lie row by row."""
    return _runs(cells, places.rows * width + places.lefts[:, None], places)


def taken_from_windows(windows: Tensor, here: WindowPlaces, places: WindowPlaces) -> Tensor:
    """(B, h, w, C) smaller windows taken from windows (B, H, W, C) that lie `here` and contain them."""
    count, height, width, channels = windows.shape
    first = height * width * np.arange(count) + places.lefts - here.lefts
    starts = first[:, None] + (places.rows - here.tops[:, None]) * width
    return _runs(windows.view(-1, channels), starts, places)


def _runs(cells: Tensor, starts: npt.NDArray[np.intp], places: WindowPlaces) -> Tensor:
    count, channels = cells.shape
    flat = cells.view(-1)  # raises if the cells do not lie one after the other
    runs = flat.as_strided((count - places.width + 1, places.width * channels), (channels, 1))
    found = runs.index_select(0, torch.from_numpy(starts.ravel()))
    return found.view(len(starts), places.height, places.width, channels)


def shared_parts(ones: WindowPlaces, others: WindowPlaces) -> Iterator[tuple[Part, Part]]:
    """The overlap of windows with other windows of the same images, as a part of the ones and of the others.

    Consecutive images whose windows have the same relative position make one part.
    """
    down, across = others.tops - ones.tops, others.lefts - ones.lefts
    turns = np.flatnonzero((down[1:] != down[:-1]) | (across[1:] != across[:-1])) + 1
    first = [0, *turns.tolist()]
    end = [*first[1:], len(down)]
    for start, stop, lower, righter in zip(first, end, down[first].tolist(), across[first].tolist(), strict=True):
        top, left = max(lower, 0), max(righter, 0)
        bottom, right = min(lower + others.height, ones.height), min(righter + others.width, ones.width)
        if top < bottom and left < right:
            images = slice(start, stop)
            yield (
                (images, slice(top, bottom), slice(left, right)),
                (images, slice(top - lower, bottom - lower), slice(left - righter, right - righter)),
            )


def fill_beyond(windows: Tensor, places: WindowPlaces, kept: KeptMap, value: float) -> None:
    """Writes a value into the cells of windows (B, h, w, C) beyond their map."""
    height, width = kept.height, kept.width
    if not places.overhang(height, width):
        return
    for window, top, left in zip(windows, places.tops.tolist(), places.lefts.tolist(), strict=True):
        if top < 0:
            window[:-top] = value
        if left < 0:
            window[:, :-left] = value
        if (below := top + places.height - height) > 0:
            window[-below:] = value
        if (right := left + places.width - width) > 0:
            window[:, -right:] = value


class KeptMap:
    """One layer's values of the unchanged image, from which windows are read."""

    def __init__(self, value: Tensor) -> None:
        """Takes (1, C, H, W)."""
        self._rows = as_rows(value)[0]
        self.height, self.width, self.channels = self._rows.shape
        self._bordered: dict[float, tuple[int, Tensor]] = {}

    def windows(self, places: WindowPlaces, fill: float = 0.0) -> Tensor:
        """(B, h, w, C) windows, filled with a value beyond the border."""
        if not (overhang := places.overhang(self.height, self.width)):
            return taken(self._rows.view(-1, self.channels), self.width, places)
        border, rows = self._bordered.get(fill, (0, self._rows))
        if border < overhang:
            border, rows = overhang, F.pad(self._rows, (0, 0, *[overhang] * 4), value=fill)
            self._bordered[fill] = border, rows
        return taken(rows.view(-1, self.channels), self.width + 2 * border, places.within_border(border))


def as_rows(maps: Tensor) -> Tensor:
    """(N, H, W, C), contiguous, as channels-last maps lie in memory."""
    rows = maps.permute(0, 2, 3, 1)
    return rows if rows.is_contiguous() else rows.contiguous()
