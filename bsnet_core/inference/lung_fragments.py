"""Pieces of the lung mask that are no lungs: small ones, and those away from both lungs, as gas in the stomach is."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

FRAGMENT_SHARE = 0.02
"""A piece below this share of the lung mask is small, and no lung."""
REACH = 0.05
"""Greatest distance of a third piece from the box around the two largest, as a share of the side."""


def without_fragments(lung_probability: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], int]:
    """The lungs without pieces that are none, and the number of large ones among these.

    The two largest pieces stay, unless they are small. A mask of small pieces alone stays as it is: nothing in it is
    more of a lung than the rest.

    Args:
        lung_probability: (S, S) in [0, 1]; the mask is where it is at least 0.5.

    Returns:
        (S, S) with 0 in the fragments, the argument itself if there are none; the number of those that are not small.
    """
    mask = lung_probability >= 0.5
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return lung_probability, 0
    areas = statistics[1:, cv2.CC_STAT_AREA]
    boxes = statistics[1:, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    first, last = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    is_small = areas < FRAGMENT_SHARE * areas.sum()
    largest = np.argsort(areas)[::-1][:2]
    largest = largest[~is_small[largest]]
    if not len(largest):
        return lung_probability, 0
    reach = REACH * mask.shape[0]
    low, high = first[largest].min(axis=0) - reach, last[largest].max(axis=0) + reach
    is_away = ((last < low) | (first > high)).any(axis=1)
    is_fragment = is_small | is_away
    is_fragment[largest] = False
    if not is_fragment.any():
        return lung_probability, 0
    cleaned = np.where(np.concatenate([[False], is_fragment])[labels], np.float32(0), lung_probability)
    return cleaned, int((is_fragment & ~is_small).sum())
