"""Super-pixels in batches for windows of one size: their boxes, their order and their masked patches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bsnet_core.explanation.fast.window_places import Boxes

BATCH = 24
"""Super-pixels whose windows are recomputed together: enough to spread the cost of a step, and they fit the cache."""
ALIKE_BATCHES = 4
"""Number of batches within which super-pixels are sorted; the first batch is left as it is."""


def boxes_of(labels: npt.NDArray[np.int32]) -> Boxes:
    """(N, 4), the box around every super-pixel."""
    boxes = []
    for index in range(int(labels.max()) + 1):
        inside = labels == index
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        boxes.append((rows[0], rows[-1] + 1, columns[0], columns[-1] + 1))
    return np.array(boxes, dtype=np.intp)


def alike_together(
    order: npt.NDArray[np.intp], image: npt.NDArray[np.float32], labels: npt.NDArray[np.int32], boxes: Boxes
) -> npt.NDArray[np.intp]:
    """Rearranges the order behind its first batch so that super-pixels with windows of similar size share a batch.

    The windows of a batch are all as large as its largest one needs, and how far masking reaches depends on how much
    brightness it takes away: within every few batches super-pixels are sorted by that, and pairs of batches by the
    shape of their boxes. The first batch is shown first, and holds the most promising super-pixels whatever their size.
    """
    taken_away = np.bincount(labels.ravel(), weights=image.ravel())
    shape = (boxes[:, 1] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 2])
    arranged = [order[:BATCH]]
    for few in _parts(order[BATCH:], ALIKE_BATCHES * BATCH):
        by_reach = few[np.argsort(taken_away[few], kind="stable")]
        arranged += [pair[np.argsort(shape[pair], kind="stable")] for pair in _parts(by_reach, 2 * BATCH)]
    return np.concatenate(arranged)


def masked_batches(
    order: npt.NDArray[np.intp],
    image: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int32],
    boxes: Boxes,
    filling: npt.NDArray[np.float32],
) -> list[tuple[list[npt.NDArray[np.float32]], Boxes]]:
    """The batches of an order: per super-pixel its masked patch (1, h, w), and the boxes (B, 4) of the patches.

    `filling` (S, S) has the values that take a super-pixel's place.
    """
    return [
        ([_masked_patch(image, labels, index, boxes[index], filling) for index in chosen], boxes[chosen])
        for chosen in _parts(order, BATCH)
    ]


def _parts(order: npt.NDArray[np.intp], size: int) -> list[npt.NDArray[np.intp]]:
    return [order[first : first + size] for first in range(0, len(order), size)]


def _masked_patch(
    image: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int32],
    index: np.intp,
    box: npt.NDArray[np.intp],
    filling: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """(1, h, w): the image within a super-pixel's box, the super-pixel filled."""
    top, bottom, left, right = box
    place = slice(top, bottom), slice(left, right)
    return np.where(labels[place] == index, filling[place], image[place])[None]
