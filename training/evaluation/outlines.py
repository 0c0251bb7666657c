"""Outlines of disease by radiologists in the network frame: what an explanation map should point at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.frames import Frames, centre_affine
from training.datasets.lesion_outlines import load_lesion_outlines


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
    """Loads the bit masks of an image; false outside of the image.

    Raises:
        DataSetError: not bit masks of outlines, or of another size than the image.
    """
    outlines = load_lesion_outlines(path, frames.image_shape)
    matrix, size = centre_affine(frames.image_to_network), (frames.side_px, frames.side_px)
    lungs, disease = (
        cv2.warpAffine(mask.astype(np.uint8), matrix, size, flags=cv2.INTER_NEAREST) > 0
        for mask in (outlines.lungs, outlines.disease)
    )
    return Outlines(lungs, lungs & disease)
