"""Colour images reduced to grey, and how colourful they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue: ITU-R BT.601, as in DICOM's YBR_FULL."""
COLOUR_SAMPLES = 500_000


def to_grey(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], float]:
    """Reduces an image to its luminance, and measures how colourful it was.

    Args:
        pixels: (H, W) or (H, W, C) integers; C is grey, grey and alpha, RGB or RGBA. Alpha is dropped.

    Returns:
        (H, W) of the same dtype, and the colourfulness: the standard deviations of the two opponent colours (red-green,
        yellow-blue), added as vectors, as a share of the range. 0 for a grey image, next to none for an evenly tinted
        radiograph, 0.1 and more for a photograph.

    Raises:
        ValueError: another number of channels or dimensions.
    """
    if pixels.ndim == 2:
        return pixels, 0.0
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4):
        raise ValueError(f"An image has 1 to 4 channels, got shape {pixels.shape}.")
    if pixels.shape[2] < 3:
        return pixels[..., 0], 0.0
    colour = pixels[..., :3]
    full = float(np.iinfo(colour.dtype).max)
    step = max(1, int((colour.shape[0] * colour.shape[1] / COLOUR_SAMPLES) ** 0.5))
    red, green, blue = (colour[::step, ::step, channel].astype(np.float32) / full for channel in range(3))
    colourfulness = float(np.hypot((red - green).std(), ((red + green) / 2 - blue).std()))
    grey = sum(colour[..., channel] * np.float32(weight) for channel, weight in enumerate(LUMA))
    return np.rint(grey).astype(pixels.dtype), colourfulness
