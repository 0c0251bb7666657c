"""Images and masks, preprocessed once at training size and kept in a cache folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from bsnet_core import preprocessing
from bsnet_core.errors import BSNetError
from bsnet_core.frames import Aspect, Frames
from bsnet_core.language import translate as _
from bsnet_core.private_files import make_private_folder, private_file
from training.datasets.fingerprints import content_hashes, sha256_of_lines
from training.datasets.pixels import load_lung_mask, load_sample_radiograph
from training.datasets.sample import DataSetError, Sample, UnreadableFileError


@dataclass(frozen=True)
class PreparedImages:
    """Network images of a data set; row i belongs to `samples[i]`.

    Attributes:
        samples: The images with what is known about them.
        images: (N, S, S) uint8, network image times 255.
        masks: (N, S, S) uint8, 255 inside the lungs; all zero if the sample has no mask.
    """

    samples: Sequence[Sample]
    images: npt.NDArray[np.uint8]
    masks: npt.NDArray[np.uint8]

    def where(self, patients: frozenset[str], *, mask: bool = False, score: bool = False) -> list[int]:
        """Rows of these patients, optionally only those with a mask or with a score."""
        return [
            row
            for row, sample in enumerate(self.samples)
            if sample.patient in patients and (not mask or sample.masks) and (not score or sample.score is not None)
        ]


def prepare(samples: Sequence[Sample], side_px: int, aspect: Aspect, cache: Path) -> PreparedImages:
    """Loads the images from the cache, which is filled first if necessary (with a progress bar).

    The name of a cached file depends on the images' contents and on every preprocessing constant.

    Raises:
        DataSetError: an image or mask that cannot be loaded, or a mask of another size than its image.
    """
    prepared, faults = prepare_sound(samples, side_px, aspect, cache)
    if faults:
        raise next(iter(faults.values()))
    return prepared


def prepare_sound(
    samples: Sequence[Sample], side_px: int, aspect: Aspect, cache: Path
) -> tuple[PreparedImages, dict[int, DataSetError]]:
    """Like `prepare`, but continues after a faulty file: its row stays zero, and nothing is kept in the cache.

    Returns:
        The images, and the faults by row.

    Raises:
        DataSetError: a file that no longer exists.
    """
    images_path, masks_path = cached_files(samples, side_px, aspect, cache)
    if images_path.exists() and masks_path.exists():
        images, masks = np.load(images_path, mmap_mode="r"), np.load(masks_path, mmap_mode="r")
        return PreparedImages(tuple(samples), images, masks), {}
    images = np.zeros((len(samples), side_px, side_px), dtype=np.uint8)
    masks = np.zeros_like(images)
    faults: dict[int, DataSetError] = {}
    bar = tqdm(samples, desc=_("preparing at {side} px").format(side=side_px), leave=False, disable=None)
    for row, sample in enumerate(bar):
        try:
            images[row], masks[row] = prepare_one(sample, side_px, aspect)
        except DataSetError as error:
            faults[row] = error
    if not faults:
        make_private_folder(cache)
        _save(masks_path, masks)
        _save(images_path, images)
    return PreparedImages(tuple(samples), images, masks), faults


def cached_files(samples: Sequence[Sample], side_px: int, aspect: Aspect, cache: Path) -> tuple[Path, Path]:
    """The cache files of the images and of the masks.

    Raises:
        DataSetError: a file that cannot be opened.
    """
    hashes = content_hashes(samples, cache)
    recipe = {
        "side": side_px,
        "aspect": aspect.value,
        "clahe": [preprocessing.CLAHE_CLIP_LIMIT, preprocessing.CLAHE_TILES],
        "percentiles": [preprocessing.PERCENTILES, preprocessing.RANGE_PERCENTILES],
    }
    files = (
        " ".join((hashes[sample.image], sample.format.value, *(hashes[mask] for mask in sample.masks)))
        for sample in samples
    )
    key = sha256_of_lines([json.dumps(recipe), *files])[:16]
    return cache / f"{key}-images.npy", cache / f"{key}-masks.npy"


def prepare_one(sample: Sample, side_px: int, aspect: Aspect) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The (S, S) uint8 network image and lung mask of one sample.

    Raises:
        DataSetError: an image or mask that cannot be loaded, or a mask of another size than its image.
    """
    try:
        pixels = load_sample_radiograph(sample).pixels
    except DataSetError:
        raise
    except BSNetError as error:
        raise UnreadableFileError(
            _("The image {image} cannot be loaded: {reason}").format(image=sample.image, reason=error)
        ) from error
    network_image, frames = preprocessing.preprocess(pixels, side_px, aspect)
    mask = np.zeros((side_px, side_px), dtype=np.uint8)
    if sample.masks:
        mask = _in_network_frame(load_lung_mask(sample, frames.image_shape), frames)
    return np.rint(network_image * 255).astype(np.uint8), mask


def as_tensor(array: npt.NDArray[np.uint8], device: torch.device) -> Tensor:
    """Converts (N, S, S) uint8 to (N, 1, S, S) float32 in [0, 1], channels last."""
    tensor = torch.from_numpy(np.array(array)).to(device)  # a copy: cached arrays are read-only
    return (tensor[:, None].float() / 255).contiguous(memory_format=torch.channels_last)


def _in_network_frame(mask: npt.NDArray[np.bool_], frames: Frames) -> npt.NDArray[np.uint8]:
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
    with private_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)
