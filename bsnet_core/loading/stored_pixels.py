"""The stored values of a DICOM file, wherever they are: native or in a code stream, as the file itself shows.

Source: PS3.5 8.1.1, 8.2, A.4; PS3.3 C.7.6.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from bsnet_core.errors import UnreadableImageError
from bsnet_core.loading.decoder import DECODER, time_limit_s
from bsnet_core.loading.dicom_file import damaged, no_pixels, reject_missing_pixels
from bsnet_core.loading.dicom_pixels import all_pixels, pixel_bytes, sampled_pixels
from bsnet_core.loading.header import PARSING_ERRORS, integer_of
from bsnet_core.loading.pixel_bits import is_coded_with_loss, notes_on_bits, pixel_bits
from bsnet_core.loading.pixel_data import pixel_data_of
from bsnet_core.loading.plain_image import cut_off_note
from bsnet_core.loading.sampling import sampling_step
from bsnet_core.loading.transfer_syntax import (
    COMPRESSED,
    PAPYRUS_3,
    UNCOMPRESSED,
    contradictions_of,
    reject_without_still_image,
    transfer_syntax_of,
    unknown_compression,
)


@dataclass(frozen=True)
class StoredPixels:
    """The pixels of a file, before the meaning of their values.

    Attributes:
        grey: (H, W) integers; the image is in the lowest `bits` bits, what lies above is no part of it.
        bits: Number of bits that carry the image.
        colourfulness: How colourful the image was before it was reduced to grey.
        is_lossy: Whether its code stream is coded with loss.
        notes: Sentences on what the file contradicts itself in.
    """

    grey: npt.NDArray[Any]
    bits: int
    colourfulness: float
    is_lossy: bool = False
    notes: tuple[str, ...] = ()


def load_stored_pixels(
    path: Path, header: Dataset, shape: tuple[int, int], timeout_s: float | None, sampled_px: int | None
) -> StoredPixels:
    """Loads the pixels of a file with one frame.

    Args:
        path: The file.
        header: Its header.
        shape: (rows, columns), checked.
        timeout_s: Limit for decoding compressed pixels; by the size of image and file if None.
        sampled_px: Pixels to keep at least along the shorter side; all if None.

    Raises:
        UnreadableImageError: damaged, cut off or without pixels.
        UnsupportedObjectError: no still image, or a compression that is not loaded.
        ImageTooLargeError: not enough memory.
    """
    syntax = transfer_syntax_of(header)
    reject_without_still_image(syntax)
    try:
        if syntax == DeflatedExplicitVRLittleEndian:
            return _native_pixels(path, header, syntax, shape, sampled_px)
        pixel_data = pixel_data_of(path)
        if pixel_data is None:
            reject_missing_pixels(path)
            raise no_pixels()
        if pixel_data.is_native(pixel_bytes(header, *shape), shape):
            return _native_pixels(path, header, syntax, shape, sampled_px)
        return _compressed_pixels(path, header, syntax, timeout_s, sampled_px)
    except (OSError, *PARSING_ERRORS) as error:
        raise damaged() from error


def _native_pixels(
    path: Path, header: Dataset, stated: UID, shape: tuple[int, int], sampled_px: int | None
) -> StoredPixels:
    if stated not in UNCOMPRESSED and stated not in COMPRESSED:
        raise unknown_compression(stated)
    # Files that state a compression are always of explicit VR, little endian (PS3.5 A.4).
    syntax = stated if stated in UNCOMPRESSED else ExplicitVRLittleEndian
    if syntax == PAPYRUS_3:  # the same pixels under a retired name
        syntax = ImplicitVRLittleEndian
    step = sampling_step(shape, sampled_px)
    sample = None if sampled_px is None else sampled_pixels(path, header, syntax, shape, step)
    grey, colourfulness = (sample, 0.0) if sample is not None else all_pixels(path, header, syntax, *shape)
    if sample is None:
        grey = grey[::step, ::step]
    grey, bits = pixel_bits(grey, header, None, stated)
    return StoredPixels(grey, bits, colourfulness, notes=contradictions_of(stated, None))


def _compressed_pixels(
    path: Path, header: Dataset, syntax: UID, timeout_s: float | None, sampled_px: int | None
) -> StoredPixels:
    pixels = integer_of(header, "Rows", 0) * integer_of(header, "Columns", 0)
    limit_s = time_limit_s(pixels, path.stat().st_size) if timeout_s is None else timeout_s
    try:
        decoded = DECODER.decode("dicom", path, limit_s, sampled_px=sampled_px)
    except UnreadableImageError as error:
        if syntax not in UNCOMPRESSED and syntax not in COMPRESSED:
            raise unknown_compression(syntax) from error
        raise
    stream = decoded.stream
    grey, bits = pixel_bits(decoded.grey, header, stream, syntax)
    notes = contradictions_of(syntax, stream)
    if stream is not None:
        signed = integer_of(header, "PixelRepresentation", 0) == 1
        notes += notes_on_bits(grey, header, bits, signed=signed)
    if decoded.is_cut_off:
        notes += (cut_off_note(),)
    is_lossy = stream is not None and is_coded_with_loss(stream, syntax)
    return StoredPixels(grey, bits, decoded.colourfulness, is_lossy, notes)
