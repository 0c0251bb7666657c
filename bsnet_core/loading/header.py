"""Access to the values of a DICOM header: tolerant of malformed tags, and repaired where the pixels need it.

Source: PS3.3 C.7.6.3.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any

from pydicom.charset import convert_encodings
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.multival import MultiValue
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
    OSError,
    OverflowError,
    RecursionError,
    struct.error,
    zlib.error,
)
"""Errors that pydicom and numpy raise on damaged files; OSError where a sequence ends within an item."""
KNOWN_PHOTOMETRIC = frozenset(str(kind.value) for kind in PhotometricInterpretation)


def value_of(dataset: Dataset, keyword: str) -> Any:
    """A tag's value, or None if it is absent, empty or malformed: one odd tag must not cost the whole image."""
    try:
        value = dataset.get(keyword, None)
    except PARSING_ERRORS:
        return None
    return None if value == "" else value


def text_of(dataset: Dataset, keyword: str) -> str:
    """A tag's value as text without spaces around it; empty if there is none."""
    value = value_of(dataset, keyword)
    return "" if value is None else str(value).strip()


def text_in_any_letters_of(dataset: Dataset, keyword: str) -> str:
    """As `text_of`, for a tag that allows only ASCII (PS3.5 6.2, AS and CS) but may be written in other letters."""
    text = text_of(dataset, keyword)
    if text.isascii():
        return text
    for encoding in ("utf_8", *_encodings_of(dataset)[:1]):
        try:
            return text.encode("latin-1").decode(encoding)  # pydicom takes all bytes of such a tag for Latin letters
        except (LookupError, UnicodeError):
            continue
    return text


def _encodings_of(dataset: Dataset) -> list[str]:
    try:
        return convert_encodings(value_of(dataset, "SpecificCharacterSet") or "ISO_IR 100")
    except PARSING_ERRORS:
        return []


def number_of(dataset: Dataset, keyword: str) -> float | None:
    """A tag's first number, or None."""
    numbers = numbers_and_gaps_of(dataset, keyword)
    return numbers[0] if numbers else None


def numbers_of(dataset: Dataset, keyword: str) -> list[float]:
    """A tag's numbers; none at all if one of them is missing, malformed or not finite."""
    numbers = numbers_and_gaps_of(dataset, keyword)
    return [number for number in numbers if number is not None] if None not in numbers else []


def numbers_and_gaps_of(dataset: Dataset, keyword: str) -> list[float | None]:
    """A tag's numbers, each in its place; None for one that is missing, malformed or not finite."""
    value = value_of(dataset, keyword)
    if value is None:
        return []
    return [_number(part) for part in (value if isinstance(value, (list, MultiValue)) else [value])]


def _number(part: Any) -> float | None:
    """A number, also with a decimal comma or padded with zero bytes."""
    if isinstance(part, bytes):
        part = part.decode("ascii", errors="replace")
    if isinstance(part, str):
        part = part.strip("\0 ")
        if part.count(",") == 1 and "." not in part:
            part = part.replace(",", ".")
    try:
        number = float(part)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def pair_of(dataset: Dataset, keyword: str) -> tuple[float, float] | None:
    """A tag's two positive numbers, such as a pixel spacing, or None."""
    values = numbers_of(dataset, keyword)
    return (values[0], values[1]) if len(values) == 2 and min(values) > 0 else None


def integer_of(dataset: Dataset, keyword: str, default: int) -> int:
    """A tag's whole number, or `default`."""
    value = value_of(dataset, keyword)
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        return default


def bits_stored(dataset: Dataset) -> int:
    """Number of bits that carry the image, 1 to Bits Allocated."""
    allocated = integer_of(dataset, "BitsAllocated", 16)
    stored = integer_of(dataset, "BitsStored", allocated)
    return stored if 1 <= stored <= allocated else allocated


def repair_pixel_tags(dataset: Dataset) -> None:
    """Fills in the tags that pydicom's decoders insist on, with the meaning that the other tags imply."""
    samples = integer_of(dataset, "SamplesPerPixel", 1)
    photometric = text_of(dataset, "PhotometricInterpretation").upper()
    allocated = integer_of(dataset, "BitsAllocated", 16)
    dataset.BitsAllocated = 16 if 8 < allocated < 16 else allocated  # in a codestream they are
    dataset.BitsStored = bits_stored(dataset)
    dataset.SamplesPerPixel = samples
    dataset.PixelRepresentation = 1 if integer_of(dataset, "PixelRepresentation", 0) == 1 else 0
    if photometric not in KNOWN_PHOTOMETRIC:
        photometric = "MONOCHROME2" if samples == 1 else "RGB"
    dataset.PhotometricInterpretation = photometric
    if "NumberOfFrames" in dataset:
        del dataset.NumberOfFrames  # more than one was rejected before
    if samples > 1:
        dataset.PlanarConfiguration = 1 if integer_of(dataset, "PlanarConfiguration", 0) == 1 else 0
