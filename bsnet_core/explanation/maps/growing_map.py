"""An explanation map that grows: the order of its super-pixels, and when it is handed out."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from bsnet_core.explanation.maps.result import Explanation, Masking, Mode, OnPartial
from bsnet_core.inference.prediction import Prediction
from bsnet_core.language import translate as _
from bsnet_core.progress import Report

PARTIAL_EVERY_S = 0.3
"""Shortest time between two maps that are handed out."""
FIRST_PARTIAL_SHARE = 0.1
"""The first map is handed out once it covers this share of the super-pixels that touch the lungs."""

SHORTEST_TIME_LEFT_S = 3.0
"""Less is over before it is read."""
LONGEST_IN_SECONDS_S = 90.0


def describe_progress(done: int, count: int, left_s: float) -> str:
    """The region that is masked next and, if it is some seconds, the time left, rounded up.

    Args:
        done: Number of regions that are done.
        count: Number of regions.
        left_s: Estimated time left in seconds; 0 if it is not known yet.
    """
    text = _("Masking region {number} of {count}").format(number=done + 1, count=count)
    if left_s < SHORTEST_TIME_LEFT_S:
        return text
    if left_s <= LONGEST_IN_SECONDS_S:
        left = _("about {count} s left").format(count=10 * math.ceil(left_s / 10) if left_s > 10 else math.ceil(left_s))
    else:
        left = _("about {count} min left").format(count=math.ceil(left_s / 60))
    return f"{text}, {left}"


class GrowingMap:
    """Collects contributions, reports progress and hands out frozen explanations."""

    def __init__(
        self,
        prediction: Prediction,
        superpixels: npt.NDArray[np.int32],
        base: npt.NDArray[np.float32],
        mode: Mode,
        start: float,
        report: Report,
        on_partial: OnPartial,
        masking: Masking = Masking.BLACK,
    ) -> None:
        count = int(superpixels.max()) + 1
        superpixels.setflags(write=False)
        base = np.array(base, dtype=np.float32)
        base.setflags(write=False)
        self.base = base
        self._prediction, self._superpixels, self._mode = prediction, superpixels, mode
        self._masking = masking
        self._contributions = np.zeros((count, *base.shape), dtype=np.float32)
        self._computed = np.zeros(count, dtype=np.bool_)
        self._report, self._on_partial = report, on_partial
        self._start, self._last_partial = start, None if on_partial is None else start
        self._first_at = max(1, round(FIRST_PARTIAL_SHARE * len(touching_lungs(superpixels, prediction))))
        self._has_shown = False

    def batches(self, order: npt.NDArray[np.intp], size: int) -> Iterator[npt.NDArray[np.intp]]:
        """Gives the super-pixels of `order` in batches; reports before each, which may raise `Cancelled`."""
        begun = time.perf_counter()
        for first in range(0, len(order), size):
            left_s = (time.perf_counter() - begun) / first * (len(order) - first) if first else 0.0
            self._report(describe_progress(first, len(order), left_s), first / len(order))
            yield order[first : first + size]

    def add(self, chosen: npt.NDArray[np.intp], contributions: npt.NDArray[np.float32]) -> None:
        """Takes (M, 3, 2, 4) contributions of M super-pixels; hands out a partial explanation when one is due."""
        self._contributions[chosen] = contributions
        self._computed[chosen] = True
        now = time.perf_counter()
        due = now - (self._last_partial or self._start) >= PARTIAL_EVERY_S
        if not self._has_shown:
            due = int(self._computed.sum()) >= self._first_at
        if due:
            self._has_shown, self._last_partial = True, now
            self._on_partial(self.so_far())

    def so_far(self) -> Explanation:
        """A frozen copy of the map so far."""
        contributions, computed = self._contributions.copy(), self._computed.copy()
        for array in (contributions, computed):
            array.setflags(write=False)
        seconds = time.perf_counter() - self._start
        return Explanation(
            self._superpixels,
            self.base,
            contributions,
            seconds,
            computed,
            self._mode,
            self._prediction.frames,
            self._masking,
        )


def most_promising_first(
    superpixels: npt.NDArray[np.int32], prediction: Prediction, only: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.intp]:
    """(N,) super-pixels sorted by the lung they cover, weighted by the severity of its zone; `only` some if given.

    Those that touch no lung come last, sorted by their distance from it.
    """
    import cv2

    count = int(superpixels.max()) + 1
    lungs = prediction.lung_probability
    severity = _severity_on_network(prediction)
    overlap = np.bincount(superpixels.ravel(), weights=(lungs * (0.25 + severity)).ravel(), minlength=count)
    outside = (lungs < 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, 3)
    sizes = np.bincount(superpixels.ravel(), minlength=count)
    far = np.bincount(superpixels.ravel(), weights=distance.ravel(), minlength=count) / np.maximum(sizes, 1)
    order = np.lexsort((far, -np.where(_touches(superpixels, lungs, count), overlap, 0.0)))
    return order if only is None else order[np.isin(order, only)]


def touching_lungs(
    superpixels: npt.NDArray[np.int32], prediction: Prediction, margin_px: int = 0
) -> npt.NDArray[np.intp]:
    """Super-pixels that touch the lung mask, or come within `margin_px` network pixels of it."""
    import cv2

    lungs = (prediction.lung_probability >= 0.5).astype(np.uint8)
    if margin_px:
        size = 2 * margin_px + 1
        lungs = cv2.dilate(lungs, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return np.flatnonzero(_touches(superpixels, lungs.astype(np.float32), int(superpixels.max()) + 1))


def _touches(superpixels: npt.NDArray[np.int32], lungs: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.bool_]:
    touched = np.zeros(count, dtype=np.bool_)
    touched[np.unique(superpixels[lungs >= 0.5])] = True
    return touched


def _severity_on_network(prediction: Prediction) -> npt.NDArray[np.float32]:
    """(S, S) expected value, 0 to 3, of the zone at each place of the network frame; 0 outside the zones."""
    from bsnet_core.frames import apply, invert
    from bsnet_core.model.roi_pooling import COLUMN_BANDS, ROW_BANDS

    side = prediction.frames.side_px
    try:
        to_aligned = invert(prediction.frames.aligned_to_network)
    except ValueError:
        return np.ones((side, side), dtype=np.float32)
    rows, columns = np.mgrid[0:side, 0:side] + 0.5
    x, y = apply(to_aligned, np.stack([columns.ravel(), rows.ravel()], axis=1)).T / side
    expected = prediction.zone_probabilities @ np.arange(4, dtype=np.float32)
    severity = np.zeros(side * side, dtype=np.float32)
    for row, (top, bottom) in enumerate(ROW_BANDS):
        for column, (left, right) in enumerate(COLUMN_BANDS):
            inside = (y >= top) & (y < bottom) & (x >= left) & (x < right)
            severity[inside] = np.maximum(severity[inside], expected[row, column])
    return severity.reshape(side, side)
