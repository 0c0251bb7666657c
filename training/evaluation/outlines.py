"""Outlines of disease by radiologists, as bit masks: what an explanation map should point at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bsnet_core.frames import Frames, centre_affine
from training.datasets.sample import DataSetError

LUNGS, DISEASE = 1 | 2, 4 | 8
"""Bits of the right and left lung; of ground glass and consolidation."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Outlines in the network frame.

    Attributes:
        lungs: (S, S) bool.
        disease: (S, S) bool, ground glass or consolidation within the lungs.
    """

    lungs: npt.NDArray[np.bool_]
    disease: npt.NDArray[np.bool_]


def load_outlines(path: Path, frames: Frames) -> Outlines:
    """Loads the bit mask of an image: 1 right lung, 2 left lung, 4 ground glass, 8 consolidation.

    Args:
        path: Mask of the image's size, or of another size and the same field of view.
        frames: The image's frames.

    Raises:
        DataSetError: the file cannot be opened, or has no lungs.
    """
    try:
        with Image.open(path) as file:
            bits = np.asarray(file)
    except OSError as error:
        raise DataSetError(f"{path}: the outlines cannot be opened.") from error
    if bits.ndim != 2 or not np.issubdtype(bits.dtype, np.integer) or not (bits & LUNGS).any():
        raise DataSetError(f"{path}: not a mask of outlines: one channel with the bits 1 and 2 for the lungs.")
    height, width = frames.image_shape
    if bits.shape != (height, width):
        bits = cv2.resize(bits, (width, height), interpolation=cv2.INTER_NEAREST)
    size = (frames.side_px, frames.side_px)
    seen = cv2.warpAffine(bits, centre_affine(frames.image_to_network), size, flags=cv2.INTER_NEAREST)
    lungs = (seen & LUNGS) > 0
    return Outlines(lungs, lungs & ((seen & DISEASE) > 0))
