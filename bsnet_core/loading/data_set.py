"""A file's data set, tolerant of malformed files: the one way in which the program parses DICOM."""

from __future__ import annotations

import io
import logging
import struct
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from bsnet_core.loading.character_sets import decode_undeclared_texts
from bsnet_core.loading.data_set_repair import DELIMITERS, PIXELS, RepairedFile, repaired_file
from bsnet_core.loading.header import PARSING_ERRORS
from bsnet_core.loading.sniffing import PREAMBLE_BYTES

# Odd values are tolerated one by one where they are used; they must neither raise nor warn on the way in.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")
# pydicom's messages quote values, and a value can be a patient's name.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)

GROUP_LENGTH, GROUP_LENGTH_END = b"\x02\x00\x00\x00UL\x04\x00", PREAMBLE_BYTES + 4 + 12
MOST_REPAIRED_BYTES = 512 * 1024**2


def load_data_set(
    path: Path,
    *,
    needed: str,
    stop_before_pixels: bool = False,
    defer_size: int | None = None,
    only: Sequence[int] | None = None,
) -> Dataset:
    """Loads a data set up to its pixels, repaired if the file is malformed.

    Args:
        path: The file, with or without preamble and File Meta Information.
        needed: A keyword without which the file is tried again, repaired.
        stop_before_pixels: Leaves the pixels out; what may lie behind them never is part of the data set.
        defer_size: Values of more bytes are loaded when they are used.
        only: Tags to load; all if None.

    Raises:
        OSError, `PARSING_ERRORS`: it cannot be parsed, nor repaired.
    """

    def parsed(file: BinaryIO) -> Dataset:
        stop = _stop_at_pixels(before=stop_before_pixels)
        tags = None if only is None else list(only)
        # force: a file without preamble is still DICOM
        return read_partial(file, stop, defer_size=defer_size, force=True, specific_tags=tags)

    try:
        if is_file_meta_doubled(path):
            data_set, failure = None, None
        else:
            with path.open("rb") as file:
                data_set, failure = parsed(file), None
    except (OSError, *PARSING_ERRORS) as error:
        data_set, failure = None, error
    if data_set is None or needed not in data_set:
        try:
            again = parsed(io.BytesIO(repaired(path).content))
        except (OSError, *PARSING_ERRORS) as error:
            if data_set is None:
                raise (failure or error) from error
        else:
            if data_set is None or needed in again:
                data_set = again
    for stray in DELIMITERS:
        if stray in data_set:
            del data_set[stray]
    decode_undeclared_texts(data_set)
    return data_set


def _stop_at_pixels(*, before: bool) -> Callable[[BaseTag, str | None, int], bool]:
    has_pixels = False

    def stop_when(tag: BaseTag, _vr: str | None, _length: int) -> bool:
        nonlocal has_pixels
        if has_pixels or (before and tag in PIXELS):
            return True
        has_pixels = tag in PIXELS
        return False

    return stop_when


def repaired(path: Path) -> RepairedFile:
    """The file's content, made well-formed.

    Raises:
        OSError, ValueError, struct.error: it cannot be opened, or not be repaired.
    """
    if path.stat().st_size > MOST_REPAIRED_BYTES:
        raise ValueError("The file is too large to be repaired.")
    return repaired_file(path.read_bytes())


def is_file_meta_doubled(path: Path) -> bool:
    """Whether group 0002 goes on behind the end that it states.

    Raises:
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        start = file.read(GROUP_LENGTH_END)
        for place in (PREAMBLE_BYTES + 4, 0):
            (length,) = struct.unpack("<L", start[place + 8 : place + 12].rjust(4, b"\0"))
            if start[place : place + 8] == GROUP_LENGTH:
                file.seek(place + 12 + length)
                return file.read(2) == b"\x02\x00"
    return False
