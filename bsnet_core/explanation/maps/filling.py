"""The values that take the place of a masked super-pixel, and the division into super-pixels that goes with them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.explanation.maps.result import Masking
from bsnet_core.explanation.maps.superpixels import smoothed, superpixels_of

RIM_SHARE = 4 / 384
"""Width of a super-pixel's surroundings as a share of the side."""

Divider = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.int32]]


def divided(
    network_image: npt.NDArray[np.float32], masking: Masking, divide: Divider = superpixels_of
) -> npt.NDArray[np.int32]:
    """(S, S) labels: the paper's quickshift of the image itself, or for other definitions of the smoothed image."""
    return divide(network_image if masking is Masking.BLACK else smoothed(network_image))


def filling_of(
    network_image: npt.NDArray[np.float32], superpixels: npt.NDArray[np.int32], masking: Masking
) -> npt.NDArray[np.float32]:
    """(S, S) float32: at every place the value that it has when its super-pixel is masked."""
    if masking is not Masking.SURROUNDINGS:
        return np.zeros_like(network_image)
    side = network_image.shape[0]
    rim = max(1, round(RIM_SHARE * side))
    kernel = np.ones((2 * rim + 1, 2 * rim + 1), dtype=np.uint8)
    filling = np.empty_like(network_image)
    for index in range(int(superpixels.max()) + 1):
        rows, columns = np.nonzero(superpixels == index)
        place = (
            slice(max(rows.min() - rim, 0), rows.max() + rim + 1),
            slice(max(columns.min() - rim, 0), columns.max() + rim + 1),
        )
        inside = superpixels[place] == index
        around = (cv2.dilate(inside.astype(np.uint8), kernel) > 0) & ~inside
        # An image of a single super-pixel has no surroundings.
        filling[rows, columns] = network_image[place][around].mean() if around.any() else 0.0
    return filling
