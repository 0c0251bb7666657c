"""A DICOM file opened: its header, and whether it holds pixels at all."""

from __future__ import annotations

import zlib
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from bsnet_core.errors import ImageTooLargeError, UnreadableImageError, UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.data_set import load_data_set, repaired
from bsnet_core.loading.functional_groups import unfold_functional_groups
from bsnet_core.loading.header import PARSING_ERRORS, integer_of
from bsnet_core.loading.sniffing import PREAMBLE_BYTES

ROWS = 0x00280010
KINDS_OF_PIXELS = (0x00287FE0, 0x7FE00008, 0x7FE00009, 0x7FE00010)
"""Pixel Data Provider URL, Float Pixel Data, Double Float Pixel Data, Pixel Data."""
META_SEARCH_BYTES = 64 * 1024
MAX_INFLATED_BYTES = 1024**3
INFLATED_AT_ONCE_BYTES = 16 * 1024**2


def load_header(path: Path) -> Dataset:
    """Loads everything but the pixels.

    Raises:
        UnreadableImageError: damaged, or not DICOM.
        ImageTooLargeError: a deflated file that unpacks to more than the limit.
    """
    try:
        _reject_inflation_bomb(path)
        # Files without preamble are still DICOM; files of other formats have neither class nor rows.
        header = load_data_set(path, needed="Rows", stop_before_pixels=True)
        if "SOPClassUID" not in header and "Rows" not in header and "Modality" not in header:
            raise UnreadableImageError(_("This file is neither DICOM nor an image such as JPEG, PNG or TIFF."))
        if "Rows" not in header and repaired(path).is_cut_off:
            raise _cut_off()
        unfold_functional_groups(header)
    except (OSError, *PARSING_ERRORS) as error:
        raise damaged() from error
    return header


def reject_missing_pixels(path: Path) -> None:
    """Rejects a file without pixels; they are not loaded.

    Raises:
        UnreadableImageError: damaged, cut off or without pixels.
        UnsupportedObjectError: pixels that are not in the file, or not whole numbers.
    """
    try:
        dataset = load_data_set(path, needed="PixelData", defer_size=1024, only=(ROWS, *KINDS_OF_PIXELS))
        if "PixelData" in dataset:
            return
        if "PixelDataProviderURL" in dataset:
            raise UnsupportedObjectError(
                _("This DICOM file has no pixels: they are on a server. Export the image together with its pixels.")
            )
        if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
            raise UnsupportedObjectError(
                _("The pixels of this DICOM file are floating-point numbers; a radiograph has whole numbers.")
            )
        if repaired(path).is_cut_off:
            raise _cut_off()
    except (OSError, *PARSING_ERRORS) as error:
        raise damaged() from error
    if ROWS in dataset:
        raise UnreadableImageError(
            _("This DICOM file holds no image although it describes one: it is cut off or was saved without.")
        )
    raise no_pixels()


def damaged() -> UnreadableImageError:
    """The error of a file that cannot be parsed."""
    return UnreadableImageError(_("This DICOM file is damaged or cut off and cannot be loaded."))


def _cut_off() -> UnreadableImageError:
    return UnreadableImageError(_("This DICOM file is cut off: it ends before its image."))


def no_pixels() -> UnreadableImageError:
    """The error of a file without pixels."""
    return UnreadableImageError(_("This DICOM file holds no image. Choose the frontal view of the study."))


def _reject_inflation_bomb(path: Path) -> None:
    with path.open("rb") as file:
        if DeflatedExplicitVRLittleEndian.encode() not in file.read(META_SEARCH_BYTES):
            return  # as nearly always, known in a fraction of the time
    meta = pydicom.filereader.read_file_meta_info(path) if _has_preamble(path) else Dataset()
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    group_length = integer_of(meta, "FileMetaInformationGroupLength", 0)
    with path.open("rb") as file:
        file.seek(PREAMBLE_BYTES + 4 + 12 + group_length)
        packed, inflated = file.read(), 0
    while packed and inflated <= MAX_INFLATED_BYTES:
        inflated += len(inflater.decompress(packed, INFLATED_AT_ONCE_BYTES))
        packed = inflater.unconsumed_tail
    if packed:
        raise ImageTooLargeError(_("This deflated DICOM file unpacks to over 1 GiB. It was not loaded."))


def _has_preamble(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(PREAMBLE_BYTES + 4)[PREAMBLE_BYTES:] == b"DICM"
