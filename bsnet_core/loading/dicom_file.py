"""A DICOM file opened: its header, and whether it holds pixels at all."""

from __future__ import annotations

import logging
import warnings
import zlib
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from bsnet_core.errors import ImageTooLargeError, UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading.header import PARSING_ERRORS, integer_of
from bsnet_core.loading.sniffing import PREAMBLE_BYTES

# Odd values are tolerated one by one where they are used; they must neither raise nor warn on the way in.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")
# pydicom's messages quote values, and a value can be a patient's name.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)

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
        # force: a file without preamble is still DICOM; other files have neither class nor rows
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        if "SOPClassUID" not in header and "Rows" not in header and "Modality" not in header:
            raise UnreadableImageError(_("This file is neither DICOM nor a JPEG, PNG or TIFF image."))
    except (OSError, *PARSING_ERRORS) as error:
        raise damaged() from error
    return header


def has_pixel_data(path: Path) -> bool:
    """Whether a file holds pixels, which are not read.

    Raises:
        UnreadableImageError: damaged.
    """
    try:
        dataset = pydicom.dcmread(path, force=True, defer_size=1024, specific_tags=["PixelData"])
        return "PixelData" in dataset
    except (OSError, *PARSING_ERRORS) as error:
        raise damaged() from error


def damaged() -> UnreadableImageError:
    """The error of a file that cannot be parsed."""
    return UnreadableImageError(_("This DICOM file is damaged or cut off and cannot be loaded."))


def no_pixels() -> UnreadableImageError:
    """The error of a file without pixels."""
    return UnreadableImageError(_("This DICOM file holds no image. Choose the frontal view of the study."))


def _reject_inflation_bomb(path: Path) -> None:
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
