"""The image as the content check sees it, and plain statistics of it.

Not the network's preprocessing: local contrast equalisation hides exposure.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.standard_orientation import AS_STORED, StandardOrientation

Pixels = npt.NDArray[np.float32]

SIDE_PX = 160
"""Side of the square that the backbone sees; a multiple of its largest stride, 32."""
SHARPNESS_SIDE_PX = 224
"""Side at which sharpness is measured: no radiograph that is large enough to be scored has fewer pixels of its own."""
BANDS = 5
"""Octaves of detail, finest first."""
CELLS = 4
"""Sharpness and grey levels are measured in CELLS × CELLS parts too."""
HISTOGRAM_BINS = 16
THUMBNAIL_PX = 16
EPSILON = 1e-4
STATISTICS = BANDS * 2 + BANDS - 1 + CELLS * CELLS + HISTOGRAM_BINS + 4 + THUMBNAIL_PX**2
"""Number of plain statistics."""


def content_image(pixels: Pixels, turn: StandardOrientation = AS_STORED) -> Pixels:
    """The image in standard orientation, stretched to a square.

    Args:
        pixels: (H, W) float32 in [0, 1], bone bright (`Radiograph.pixels`).
        turn: The turn into standard orientation.

    Returns:
        (`SHARPNESS_SIDE_PX`, `SHARPNESS_SIDE_PX`) float32 in [0, 1].
    """
    # Resized first: nearly the same and a tenth of the time for images of 10 megapixels.
    return _resized(pixels, SHARPNESS_SIDE_PX, turn)


def for_backbone(image: Pixels) -> Pixels:
    """(`SIDE_PX`, `SIDE_PX`) float32 of a `content_image`, its grey levels stretched to [0, 1]."""
    small = _resized(image, SIDE_PX)
    low, high = np.percentile(small, (0.5, 99.5))
    return np.clip((small - low) / max(float(high - low), EPSILON), 0.0, 1.0).astype(np.float32)


def plain_statistics(image: Pixels) -> npt.NDArray[np.float32]:
    """(`STATISTICS`,) float32 of a `content_image`: sharpness by octave, histogram, thumbnail."""
    means, cells, finest = [], [], None
    level = image
    for _band in range(BANDS):
        coarser = cv2.GaussianBlur(level, (0, 0), 1.0)
        detail = np.abs(level - coarser)
        finest = detail if finest is None else finest
        means.append(float(detail.mean()))
        cells.append(float(np.percentile(detail, 95)))
        level = cv2.resize(coarser, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    bands, peaks = np.log(np.array(means) + EPSILON), np.log(np.array(cells) + EPSILON)
    local = np.log(_resized(finest if finest is not None else image, CELLS) + EPSILON).ravel()
    histogram = np.histogram(image, bins=HISTOGRAM_BINS, range=(0.0, 1.0))[0] / image.size
    extremes = [(image <= 0.01).mean(), (image >= 0.99).mean(), image.mean(), image.std()]
    thumbnail = _resized(image, THUMBNAIL_PX).ravel()
    parts = (bands, peaks, np.diff(bands), local, np.sqrt(histogram), extremes, thumbnail)
    return np.concatenate([np.asarray(part, dtype=np.float32) for part in parts])


def _resized(pixels: Pixels, side_px: int, turn: StandardOrientation = AS_STORED) -> Pixels:
    """Stretched to a square; in standard orientation."""
    shrinks = min(pixels.shape) > side_px
    size = (side_px, side_px)
    stored = cv2.resize(
        np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.ascontiguousarray(turn.to_standard(stored))
