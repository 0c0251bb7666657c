"""A file's data set, tolerant of malformed files: the one way in which the program parses DICOM."""

from __future__ import annotations

import io
import logging
import struct
import warnings
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from bsnet_core.loading.character_sets import decode_undeclared_utf8
from bsnet_core.loading.data_set_repair import RepairedFile, has_second_file_meta, repaired_file
from bsnet_core.loading.header import PARSING_ERRORS
from bsnet_core.loading.sniffing import PREAMBLE_BYTES

# Odd values are tolerated one by one where they are used; they must neither raise nor warn on the way in.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")
# pydicom's messages quote values, and a value can be a patient's name.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)

GROUP_LENGTH_END = PREAMBLE_BYTES + 4 + 12
MOST_REPAIRED_BYTES = 512 * 1024**2


def load_data_set(path: Path, *, needed: str, **options: Any) -> Dataset:
    """Loads a data set, repaired if the file is malformed.

    Args:
        path: The file, with or without preamble and File Meta Information.
        needed: A keyword without which the file is tried again, repaired.
        options: As for `pydicom.dcmread`.

    Raises:
        OSError, `PARSING_ERRORS`: it cannot be parsed, nor repaired.
    """
    try:
        data_set = None if is_file_meta_doubled(path) else pydicom.dcmread(path, force=True, **options)
        failure = None
    except (OSError, *PARSING_ERRORS) as error:
        data_set, failure = None, error
    if data_set is None or needed not in data_set:
        try:
            again = pydicom.dcmread(io.BytesIO(repaired(path).content), force=True, **options)
        except (OSError, *PARSING_ERRORS) as error:
            if data_set is None:
                raise (failure or error) from error
        else:
            if data_set is None or needed in again:
                data_set = again
    decode_undeclared_utf8(data_set)
    return data_set


def repaired(path: Path) -> RepairedFile:
    """The file's content, made well-formed.

    Raises:
        OSError, ValueError, struct.error: it cannot be read, or not be repaired.
    """
    if path.stat().st_size > MOST_REPAIRED_BYTES:
        raise ValueError("The file is too large to be repaired.")
    return repaired_file(path.read_bytes())


def is_file_meta_doubled(path: Path) -> bool:
    """Whether group 0002 goes on behind the end that it states.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(GROUP_LENGTH_END)
        if len(start) < GROUP_LENGTH_END:
            return False
        (length,) = struct.unpack_from("<L", start, GROUP_LENGTH_END - 4)
        file.seek(GROUP_LENGTH_END + length)
        return has_second_file_meta(start, file.read(4))
