"""Images that are no chest radiographs: photographs, CT, MR and ultrasound, from folders and installed packages.

Every source is one folder or package; figures come from sources that were not trained on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.errors import InvalidDicomError

from bsnet_core.language import translate as _
from training.datasets.sample import DataSetError

Pixels = npt.NDArray[np.float32]

PACKAGES = {
    "scikit-image": ("skimage", "data"),
    "scikit-learn": ("sklearn", "datasets/images"),
    "matplotlib": ("matplotlib", "mpl-data"),
    "pydicom": ("pydicom", "data/test_files"),
    "pydicom-data": ("data_store", "data"),
}
"""Packages with images: where in which module."""
CHEST_RADIOGRAPHS = ("RG1_",)
"""Beginnings of the names of chest radiographs among the packages' images."""
MIN_SIDE_PX = 64
LARGEST_SIDE_PX = 512
LARGE_FILE = 500_000
"""Bytes from which on a photograph is decoded at half its size."""
SLICES = 8
"""Slices taken of a volume, along each axis."""
PHOTOGRAPHS = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"})
MIN_CONTRAST = 0.02


@dataclass(frozen=True)
class OtherImage:
    """One image that is no chest radiograph.

    Attributes:
        source: Folder or package that it comes from.
        name: Its file, and its place in a volume.
        pixels: (H, W) float32 in [0, 1].
    """

    source: str
    name: str
    pixels: Pixels


def load_other_images(folder: Path | None) -> list[OtherImage]:
    """All images of the installed packages, and of the folder if there is one.

    Args:
        folder: A folder with one folder per source. Images are JPEG, PNG, TIFF, WebP, DICOM, `.npy` volumes and, with
            the package nibabel, NIfTI volumes. A volume gives slices and projections. What cannot be loaded is skipped.

    Raises:
        DataSetError: the folder does not exist.
    """
    if folder is not None and not folder.is_dir():
        raise DataSetError(_("The folder {folder} is missing.").format(folder=folder))
    roots = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()} if folder is not None else {}
    for name, (module, inside) in PACKAGES.items():
        spec = importlib.util.find_spec(module)
        if spec is not None and spec.submodule_search_locations:
            roots[name] = Path(spec.submodule_search_locations[0]) / inside
    images = [image for source, root in roots.items() for image in _images_of(source, root)]
    return [image for image in images if min(image.pixels.shape) >= MIN_SIDE_PX and image.pixels.std() > MIN_CONTRAST]


def _images_of(source: str, root: Path) -> Iterator[OtherImage]:
    seen: set[bytes] = set()
    for path in sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()):
        if path.name.startswith(CHEST_RADIOGRAPHS):
            continue
        for place, values in _arrays_in(path):
            pixels = _in_range(values)
            print_of_it = cv2.resize(pixels, (16, 16), interpolation=cv2.INTER_AREA).round(1).tobytes()
            if print_of_it not in seen:  # test files hold one image in many encodings
                seen.add(print_of_it)
                yield OtherImage(source, f"{path.name}{place}", pixels)


def _arrays_in(path: Path) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    suffixes = "".join(path.suffixes).lower()
    if path.suffix.lower() in PHOTOGRAPHS:
        reduced = cv2.IMREAD_REDUCED_GRAYSCALE_2 if path.stat().st_size > LARGE_FILE else cv2.IMREAD_GRAYSCALE
        image = cv2.imdecode(np.fromfile(path, dtype=np.uint8), reduced)
        if image is not None:
            yield "", image.astype(np.float32)
    elif suffixes.endswith((".nii", ".nii.gz")):
        yield from _slices(_nifti(path))
    elif path.suffix == ".npy":
        try:
            array = np.load(path)
        except (OSError, ValueError):
            return
        yield from _slices(array) if array.ndim == 3 else [("", array.astype(np.float32))] if array.ndim == 2 else []
    elif path.suffix.lower() == ".dcm" or path.suffix == "" or path.suffix[1:].isdigit():
        yield from _dicom(path)


def _dicom(path: Path) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    try:
        dataset = pydicom.dcmread(path)
        if not {"Rows", "Columns", "PixelData"} <= {element.keyword for element in dataset.group_dataset(0x28)} | {
            "PixelData" if "PixelData" in dataset else ""
        } or dataset.get("Modality") in ("SEG", "RTDOSE"):
            return
        array = np.asarray(dataset.pixel_array)
    except (InvalidDicomError, AttributeError, ValueError, RuntimeError, NotImplementedError, OSError, KeyError):
        return
    if array.shape[-1] in (3, 4) and array.ndim >= 3:
        array = array[..., :3].mean(axis=-1)
    frames = array.reshape(-1, *array.shape[-2:])
    for index in np.unique(np.linspace(0, len(frames) - 1, 3).round().astype(int)):
        yield f"#{index}", frames[index].astype(np.float32)


def _nifti(path: Path) -> npt.NDArray[np.float32]:
    if importlib.util.find_spec("nibabel") is None:
        return np.zeros((0, 0, 0), np.float32)
    nibabel = importlib.import_module("nibabel")  # optional: only volumes of other organs need it
    volume = np.asarray(nibabel.load(path).dataobj, dtype=np.float32)
    return volume.reshape(*volume.shape[:3], -1)[..., 0] if volume.ndim > 3 else volume


def _slices(volume: npt.NDArray[np.float32]) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Slices along every axis, and two projections: the mean, which looks like a radiograph, and the maximum."""
    if volume.ndim != 3 or min(volume.shape, default=0) < 8:
        return
    for axis in range(3):
        count = volume.shape[axis]
        for index in np.unique(np.linspace(0.15 * count, 0.85 * count, SLICES).astype(int)):
            image = np.take(volume, index, axis).astype(np.float32)
            yield f"#{axis}-{index}", np.ascontiguousarray(np.rot90(image))
        low = np.maximum(volume, np.percentile(volume, 5)).astype(np.float32)
        yield f"#{axis}-mean", np.ascontiguousarray(np.rot90(low.mean(axis)))
        yield f"#{axis}-maximum", np.ascontiguousarray(np.rot90(low.max(axis)))


def _in_range(values: npt.NDArray[np.float32]) -> Pixels:
    shrink = LARGEST_SIDE_PX / max(values.shape)
    if shrink < 1:
        values = cv2.resize(values, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    values = np.nan_to_num(values.astype(np.float32))
    low, high = np.percentile(values, (0.1, 99.9))
    return np.clip((values - low) / max(float(high - low), 1e-6), 0, 1).astype(np.float32)
