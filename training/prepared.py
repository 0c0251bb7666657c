"""Images and masks preprocessed once at training size and kept in a cache folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bsnet_core import preprocessing
from bsnet_core.frames import Frames
from bsnet_core.model.config import Aspect
from bsnet_core.reading import read_radiograph
from training.datasets.sample import DataSetError, Sample


@dataclass(frozen=True)
class PreparedImages:
    """Network images of a data set, row i belonging to `samples[i]`.

    Attributes:
        images: (N, S, S) uint8, network image times 255.
        masks: (N, S, S) uint8, 255 inside the lungs; all zero where the sample has no mask.
    """

    samples: Sequence[Sample]
    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.uint8]

    def where(self, patients: frozenset[str], *, mask: bool = False, score: bool = False) -> list[int]:
        """Rows of these patients, only those with a mask or a score if asked."""
        return [
            row
            for row, sample in enumerate(self.samples)
            if sample.patient in patients
            and (not mask or sample.mask is not None)
            and (not score or sample.score is not None)
        ]


def prepare(samples: Sequence[Sample], side_px: int, aspect: Aspect, cache: Path) -> PreparedImages:
    """Reads the cache, or fills it first (with a progress bar).

    The key covers file names, sizes and the preprocessing constants; another recipe gets another file.

    Raises:
        DataSetError: a mask that cannot be read or has another size than its image.
        BSNetError: an image that cannot be read.
    """
    recipe = {
        "files": [[str(sample.image), sample.image.stat().st_size, str(sample.mask)] for sample in samples],
        "side": side_px,
        "aspect": aspect.value,
        "clahe": [preprocessing.CLAHE_CLIP_LIMIT, preprocessing.CLAHE_TILES],
        "percentiles": [preprocessing.PERCENTILES, preprocessing.RANGE_PERCENTILES],
    }
    key = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]
    images_path, masks_path = cache / f"{key}-images.npy", cache / f"{key}-masks.npy"
    if not (images_path.exists() and masks_path.exists()):
        cache.mkdir(parents=True, exist_ok=True)
        images = np.zeros((len(samples), side_px, side_px), dtype=np.uint8)
        masks = np.zeros_like(images)
        for row, sample in enumerate(tqdm(samples, desc=f"preparing at {side_px} px", leave=False, disable=None)):
            pixels = read_radiograph(sample.image).pixels
            network_image, frames = preprocessing.preprocess(pixels, side_px, aspect)
            images[row] = np.rint(network_image * 255)
            if sample.mask is not None:
                masks[row] = _mask_in_network_frame(sample.mask, frames)
        _save(masks_path, masks)
        _save(images_path, images)
    return PreparedImages(tuple(samples), np.load(images_path, mmap_mode="r"), np.load(masks_path, mmap_mode="r"))


def read_mask(path: Path) -> npt.NDArray[np.bool_]:
    """(H, W) bool, true inside the lungs: every pixel of the file that is not zero.

    Raises:
        DataSetError: not a readable picture.
    """
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise DataSetError(f"The mask {path} cannot be read.")
    return np.asarray(mask) > 0


def _mask_in_network_frame(path: Path, frames: Frames) -> npt.NDArray[np.uint8]:
    mask = read_mask(path)
    if mask.shape != frames.image_shape:
        raise DataSetError(f"The mask {path} has another size than its image: {mask.shape}, {frames.image_shape}.")
    left, top, width, height = frames.box
    shrinks = width < mask.shape[1]
    soft = cv2.resize(
        np.where(mask, 255, 0).astype(np.uint8),
        (width, height),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
    square = np.zeros((frames.side_px, frames.side_px), dtype=np.uint8)
    square[top : top + height, left : left + width] = np.where(soft >= 128, 255, 0)
    return square


def _save(path: Path, array: npt.NDArray[np.uint8]) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.save(file, array)
    os.replace(temporary, path)
