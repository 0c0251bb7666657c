"""The pixels of a DICOM file: their declared size, uncompressed values, and codes of the stored values (PS3.5 8)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from bsnet_core.errors import ImageTooLargeError, UnreadableImageError, UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.colour_models import (
    PARTIAL_422,
    WITH_SHARED_COLOUR,
    colour_model_of,
    reject_unsupported_colour,
    rgb_of_partial_range,
)
from bsnet_core.loading.colour_to_grey import to_grey
from bsnet_core.loading.data_set import is_file_meta_doubled, load_data_set
from bsnet_core.loading.decoder import MAX_PIXELS
from bsnet_core.loading.dicom_file import damaged, no_pixels, reject_missing_pixels
from bsnet_core.loading.header import PARSING_ERRORS, bits_stored, integer_of, repair_pixel_tags
from bsnet_core.loading.look_up_tables import words_of
from bsnet_core.loading.transfer_syntax import UNCOMPRESSED, transfer_syntax_of

READ_WHOLE_BYTES = 4 * 1024**2
"""Up to this size reading rows one by one takes longer than reading all of them."""
PACKED, DEPTHS = 12, (1, 8, 12, 16, 32)
"""Bits Allocated that are loaded; in 12, two pixels share three bytes."""
PIXEL_DATA, PIXEL_HEADER_BYTES, UNDEFINED_LENGTH = b"\xe0\x7f\x10\x00", 12, 0xFFFFFFFF


def checked_size(path: Path, header: Dataset) -> tuple[int, int]:
    """(rows, columns) as declared.

    Args:
        path: The file; its pixels are not loaded.
        header: Its header.

    Raises:
        UnreadableImageError: no pixels declared, or none along one side.
        ImageTooLargeError: more pixels declared than the limit.
        UnsupportedObjectError: an unusual depth, colour model or number of samples per pixel.
    """
    if "Rows" not in header and "Columns" not in header:
        reject_missing_pixels(path)
        raise no_pixels()
    rows, columns = integer_of(header, "Rows", 0), integer_of(header, "Columns", 0)
    if rows <= 0 or columns <= 0:
        raise UnreadableImageError(_("This DICOM file declares an image without rows or columns."))
    if rows * columns > MAX_PIXELS:
        raise ImageTooLargeError(
            _(
                "The file declares {width} × {height} pixels, over the limit of {limit} million. It was not loaded."
            ).format(width=columns, height=rows, limit=MAX_PIXELS // 10**6)
        )
    _reject_unusual_depth(path, header)
    reject_unsupported_colour(header, is_compressed=transfer_syntax_of(header) not in UNCOMPRESSED)
    samples = integer_of(header, "SamplesPerPixel", 1)
    if samples not in (1, 3):
        raise UnsupportedObjectError(
            _("An image with {samples} samples per pixel cannot be loaded.").format(samples=samples)
        )
    return rows, columns


def _reject_unusual_depth(path: Path, header: Dataset) -> None:
    allocated, stored = integer_of(header, "BitsAllocated", 16), bits_stored(header)
    is_compressed = transfer_syntax_of(header) not in UNCOMPRESSED
    is_supported = allocated in DEPTHS or (is_compressed and 8 < allocated < 16)  # the codestream says it right
    if is_supported and stored <= 16:
        return
    if allocated >= 32:
        reject_missing_pixels(path)  # which says whether they are floating-point numbers
    if stored > 16:
        raise UnsupportedObjectError(
            _("Pixels of {bits} bits cannot be loaded; a radiograph has 8 to 16 bits.").format(bits=stored)
        )
    raise UnsupportedObjectError(
        _(
            "Each pixel of this file takes {bits} bits (Bits Allocated), which is not supported. Export the image with "
            "16 bits for each pixel."
        ).format(bits=allocated)
    )


def all_pixels(path: Path, header: Dataset, syntax: UID, rows: int, columns: int) -> tuple[npt.NDArray[Any], float]:
    """All pixels of an uncompressed file as (H, W) grey values, and how colourful they were.

    Raises:
        UnreadableImageError: damaged, cut off or without pixels.
    """
    try:
        needed = pixel_bytes(header, rows, columns)
        if syntax != DeflatedExplicitVRLittleEndian and path.stat().st_size < needed // 2:
            reject_missing_pixels(path)
            raise UnreadableImageError(
                _(
                    "This DICOM file is cut off: it declares {width} × {height} pixels but is far too short for them."
                ).format(width=columns, height=rows)
            )
        dataset = load_data_set(path, needed="PixelData")
        if "PixelData" not in dataset:
            reject_missing_pixels(path)
        if len(dataset.PixelData) < needed:
            raise UnreadableImageError(_("This DICOM file is cut off: part of its image is missing."))
        if integer_of(header, "BitsAllocated", 16) == PACKED:
            return unpacked_twelve_bits(dataset, rows, columns), 0.0
        if colour_model_of(dataset) == PARTIAL_422:
            return to_grey(rgb_of_partial_range(dataset.PixelData, rows, columns))
        repair_pixel_tags(dataset)
        dataset.PixelData = dataset.PixelData[: needed + needed % 2]  # else what follows may be taken for more frames
        if dataset.PhotometricInterpretation in ("YBR_ICT", "YBR_RCT"):
            dataset.PhotometricInterpretation = "RGB"  # the decoder that left these pixels gave red, green and blue
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.pixel_array_options(correct_unused_bits=False)
        return to_grey(np.asarray(dataset.pixel_array))
    except (OSError, *PARSING_ERRORS) as error:
        raise damaged() from error


def unpacked_twelve_bits(dataset: Dataset, rows: int, columns: int) -> npt.NDArray[np.uint16]:
    """(H, W) values of 12 bits without gaps, lowest bits first: retired, and unpacked so by dcmtk and GDCM.

    Raises:
        ValueError: not grey, or too few bytes.
    """
    if integer_of(dataset, "SamplesPerPixel", 1) != 1:
        raise ValueError("Only grey pixels are packed.")
    count = rows * columns
    words = words_of(bytes(dataset.PixelData), is_little_endian=dataset.original_encoding[1] is not False)
    packed = np.resize(words.astype("<u2").view(np.uint8), 3 * ((count + 1) // 2)).reshape(-1, 3).astype(np.uint16)
    first, middle, last = packed.T
    pixels = np.stack([first | (middle & 0x0F) << 8, middle >> 4 | last << 4], axis=-1)
    return pixels.reshape(-1)[:count].reshape(rows, columns)


def sampled_pixels(
    path: Path, header: Dataset, syntax: UID, shape: tuple[int, int], step: int
) -> npt.NDArray[Any] | None:
    """Every `step`-th pixel of every `step`-th row of an uncompressed file.

    Read, not mapped: if a medium is taken out, that gives an error and does not end the program.

    Returns:
        (h, w) grey values; None if the file's pixels do not simply lie one after the other.

    Raises:
        UnreadableImageError: damaged.
    """
    plain = integer_of(header, "SamplesPerPixel", 1) == 1 and integer_of(header, "BitsAllocated", 16) in (8, 16)
    if not plain or syntax not in (ImplicitVRLittleEndian, ExplicitVRLittleEndian) or is_file_meta_doubled(path):
        return None
    pixel = np.dtype("<u2" if integer_of(header, "BitsAllocated", 16) == 16 else np.uint8)
    (rows, columns), row_bytes = shape, shape[1] * pixel.itemsize
    try:
        with path.open("rb") as file:
            pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=["Rows"])
            start = file.read(PIXEL_HEADER_BYTES)  # tag, with an explicit VR of two letters and two zeros, length
            is_explicit = start[4:6] in (b"OB", b"OW", b"UN")  # whatever the transfer syntax says
            length = int.from_bytes(start[8:12] if is_explicit else start[4:8], "little")
            first = file.seek(0 if is_explicit else -4, os.SEEK_CUR)
            is_whole = length >= rows * row_bytes and path.stat().st_size >= first + rows * row_bytes
            if start[:4] != PIXEL_DATA or length == UNDEFINED_LENGTH or not is_whole:
                return None
            if length <= READ_WHOLE_BYTES:
                return np.fromfile(file, pixel, rows * columns).reshape(shape)[::step, ::step]
            sampled = []
            for _number in range(0, rows, step):
                sampled.append(np.fromfile(file, pixel, columns)[::step])
                file.seek((step - 1) * row_bytes, os.SEEK_CUR)
            return np.stack(sampled)
    except (OSError, *PARSING_ERRORS) as error:
        raise damaged() from error


def without_unused_bits(grey: npt.NDArray[Any], header: Dataset, bits: int) -> npt.NDArray[Any]:
    """Moves the image's bits down to bit 0; bits above them may hold an old-style overlay, which `codes_of` drops."""
    if integer_of(header, "SamplesPerPixel", 1) > 1:
        return grey
    shift = integer_of(header, "HighBit", bits - 1) + 1 - bits
    return grey >> shift if 0 < shift <= 8 * grey.dtype.itemsize - bits else grey


def bits_needed(grey: npt.NDArray[Any]) -> int:
    """Number of bits that a codec's values take; cutting those beyond the header's count would garble the image."""
    highest, lowest = int(grey.max()), int(grey.min())
    if lowest < 0:
        return 1 + max(max(highest, 0).bit_length(), (-lowest - 1).bit_length())
    return highest.bit_length() + (1 if np.issubdtype(grey.dtype, np.signedinteger) else 0)


def codes_of(grey: npt.NDArray[Any], bits: int, *, signed: bool) -> tuple[npt.NDArray[np.uint16], int]:
    """Stored values as ascending (H, W) uint16 codes, and the offset: stored value = code + offset."""
    native = grey.astype(grey.dtype.newbyteorder("="), copy=False)
    unsigned = native.view(f"u{native.dtype.itemsize}")
    codes = (unsigned & unsigned.dtype.type(min((1 << bits) - 1, np.iinfo(unsigned.dtype).max))).astype(np.uint16)
    offset = 0
    if signed:
        # Two's complement to an ascending code: the most negative value becomes 0.
        sign = 1 << (bits - 1)
        codes = codes ^ np.uint16(sign)
        offset = -sign
    codes = np.ascontiguousarray(codes)
    codes.setflags(write=False)
    return codes, offset


def pixel_bytes(header: Dataset, rows: int, columns: int) -> int:
    """Number of bytes that all pixels take uncompressed."""
    samples = integer_of(header, "SamplesPerPixel", 1)
    if colour_model_of(header) in WITH_SHARED_COLOUR:
        samples = 2  # two pixels share their colour
    return (rows * columns * samples * integer_of(header, "BitsAllocated", 16) + 7) // 8
