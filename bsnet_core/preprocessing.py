"""The preprocessing of images for the network, one recipe for the viewer and for training (paper 4.3, 5.3).

CLAHE (clip limit 0.01), median 3 x 3, clip at the 2nd and 98th percentile, rescale to [0, 1], fit into the
network's square. `preprocess` takes OpenCV's fast path, `preprocess_reference` the scikit-image chain of the
paper; the two differ by 8-bit rounding and the border tiles of CLAHE, and stay within `FAST_PATH_TOLERANCE`.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.frames import Aspect, Frames
from bsnet_core.standard_orientation import AS_STORED, StandardOrientation

CLAHE_CLIP_LIMIT = 0.01
CLAHE_TILES = 8
PERCENTILES = (2.0, 98.0)
RANGE_PERCENTILES = (0.1, 99.9)
FAST_PATH_TOLERANCE = 0.03
"""Largest mean absolute difference between the fast path and the reference, of a range of 1."""

Pixels = npt.NDArray[np.float32]


def preprocess(
    pixels: Pixels, side_px: int, aspect: Aspect, turn: StandardOrientation = AS_STORED
) -> tuple[Pixels, Frames]:
    """The network image of a radiograph, by the fast path.

    Args:
        pixels: (H, W) float32 in [0, 1], bone bright (`Radiograph.pixels`).
        side_px: Side of the network's square.
        aspect: How an image that is not square is fitted.
        turn: The turn of the stored image into standard orientation, in which the network sees it.

    Returns:
        (side_px, side_px) float32 in [0, 1], zero outside the image; and the frames to map results back.
    """
    frames = Frames.fit(_shape_of(pixels), side_px, aspect, turn)
    grey = _to_full_8_bit_range(np.ascontiguousarray(turn.to_standard(pixels)))
    # OpenCV counts the clip limit per bin of 256, scikit-image as a share of the tile.
    clahe = cv2.createCLAHE(CLAHE_CLIP_LIMIT * 256, (CLAHE_TILES, CLAHE_TILES))
    filtered = cv2.medianBlur(clahe.apply(grey), 3)
    low, high = _percentiles_of_8_bit(filtered, PERCENTILES)
    _, _, box_width, box_height = frames.box
    shrinks = box_width < grey.shape[1]
    # Clip before resizing: averaging values beyond the percentiles would leak them into their neighbours.
    table = np.clip((np.arange(256, dtype=np.float32) - low) / max(high - low, 1.0), 0.0, 1.0).astype(np.float32)
    resized = cv2.resize(
        table[filtered], (box_width, box_height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return _into_square(resized, frames), frames


def preprocess_reference(
    pixels: Pixels, side_px: int, aspect: Aspect, turn: StandardOrientation = AS_STORED
) -> tuple[Pixels, Frames]:
    """The network image by the scikit-image chain in floating point: slow, for comparison; else as `preprocess`."""
    # Imported here: it takes long, and the fast path, which the window waits for, does not need it.
    from skimage import exposure, transform
    from skimage.filters import median as skimage_median

    frames = Frames.fit(_shape_of(pixels), side_px, aspect, turn)
    standard = turn.to_standard(pixels)
    low, high = np.percentile(standard, RANGE_PERCENTILES)
    ranged = np.clip((standard - low) / max(float(high - low), 1e-6), 0.0, 1.0)
    equalized = exposure.equalize_adapthist(ranged, clip_limit=CLAHE_CLIP_LIMIT)
    filtered = skimage_median(equalized, footprint=np.ones((3, 3)))
    low, high = np.percentile(filtered, PERCENTILES)
    rescaled = np.clip((filtered - low) / max(float(high - low), 1e-6), 0.0, 1.0)
    _, _, box_width, box_height = frames.box
    resized = transform.resize(rescaled, (box_height, box_width), order=1, anti_aliasing=box_width < standard.shape[1])
    return _into_square(resized.astype(np.float32), frames), frames


def _shape_of(pixels: Pixels) -> tuple[int, int]:
    height, width = pixels.shape
    return height, width


def _to_full_8_bit_range(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Scales to 8 bits, clipped so that outliers (markers, collimator edges) cost the lungs no grey levels."""
    codes = (pixels * np.float32(65535)).astype(np.uint16)
    histogram = np.bincount(codes.ravel(), minlength=65536).cumsum()
    low, high = (int(np.searchsorted(histogram, share / 100 * codes.size)) for share in RANGE_PERCENTILES)
    scaled = (np.arange(65536, dtype=np.float32) - low) * (255.0 / max(high - low, 1))
    table = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return table[codes]


def _percentiles_of_8_bit(values: npt.NDArray[np.uint8], percents: tuple[float, float]) -> tuple[float, float]:
    cumulative = np.bincount(values.ravel(), minlength=256).cumsum()
    low, high = (float(np.searchsorted(cumulative, share / 100 * values.size)) for share in percents)
    return low, high


def _into_square(resized: Pixels, frames: Frames) -> Pixels:
    left, top, width, height = frames.box
    square = np.zeros((frames.side_px, frames.side_px), dtype=np.float32)
    square[top : top + height, left : left + width] = resized
    return square
