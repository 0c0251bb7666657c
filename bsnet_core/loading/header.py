"""The tags that describe DICOM pixels, read and mended where a file leaves them out (PS3.3 C.7.6.3)."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.pixels.common import PhotometricInterpretation

PARSING_ERRORS = (
    InvalidDicomError,
    BytesLengthException,
    AttributeError,
    LookupError,
    ValueError,
    TypeError,
    EOFError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    struct.error,
    zlib.error,
)
"""What pydicom and numpy raise on damaged files."""
KNOWN_PHOTOMETRIC = frozenset(str(kind.value) for kind in PhotometricInterpretation)


def value_of(dataset: Dataset, keyword: str) -> Any:
    """A tag's value, or None where it is absent, empty or malformed: one odd tag must not cost the whole picture."""
    try:
        value = dataset.get(keyword, None)
    except PARSING_ERRORS:
        return None
    return None if value == "" else value


def integer_of(dataset: Dataset, keyword: str, default: int) -> int:
    """A whole number, or `default`."""
    value = value_of(dataset, keyword)
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        return default


def bits_stored(dataset: Dataset) -> int:
    """Bits that carry the picture, 1 to Bits Allocated."""
    allocated = integer_of(dataset, "BitsAllocated", 16)
    stored = integer_of(dataset, "BitsStored", allocated)
    return stored if 1 <= stored <= allocated else allocated


def repair_pixel_tags(dataset: Dataset) -> None:
    """Fills in what pydicom's decoders insist on, by the meaning that the other tags leave."""
    samples = integer_of(dataset, "SamplesPerPixel", 1)
    photometric = str(value_of(dataset, "PhotometricInterpretation") or "").strip().upper()
    dataset.BitsAllocated = integer_of(dataset, "BitsAllocated", 16)
    dataset.BitsStored = bits_stored(dataset)
    dataset.SamplesPerPixel = samples
    dataset.PixelRepresentation = 1 if integer_of(dataset, "PixelRepresentation", 0) == 1 else 0
    if photometric not in KNOWN_PHOTOMETRIC:
        photometric = "MONOCHROME2" if samples == 1 else "RGB"
    dataset.PhotometricInterpretation = photometric
    if "NumberOfFrames" in dataset:
        del dataset.NumberOfFrames  # more than one was refused before
    if samples > 1:
        dataset.PlanarConfiguration = 1 if integer_of(dataset, "PlanarConfiguration", 0) == 1 else 0
