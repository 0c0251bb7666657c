"""Look-up tables of a DICOM header, as writers really write them (PS3.3 C.7.6.3.1.5, C.11.1.1, C.11.2.1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from bsnet_core.loading.header import PARSING_ERRORS, text_of, value_of
from bsnet_core.radiograph import LookupTable

LARGEST_COUNT = 65536


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A table's own statement: number of entries, 1 to 65536; first input value, 0 to 65535; bits of an entry."""

    count: int
    first: int
    bits: int


def descriptor_of(value: Any, *, is_little_endian: bool = True) -> Descriptor:
    """A descriptor's three numbers, whichever of US and SS they are written as.

    Raises:
        ValueError, TypeError: not three numbers.
    """
    if isinstance(value, bytes):
        value = np.frombuffer(value, "<u2" if is_little_endian else ">u2").tolist()
    count, first, bits = (int(number) for number in value)
    return Descriptor(count % LARGEST_COUNT or LARGEST_COUNT, first % 65536, bits % 65536)


def words_of(data: Any, *, is_little_endian: bool) -> npt.NDArray[np.uint16]:
    """Table data as 16-bit words; bytes are words in the byte order of the file, whatever they hold (PS3.5 7.3)."""
    if isinstance(data, bytes):
        even = data if len(data) % 2 == 0 else data + b"\0"
        return np.frombuffer(even, "<u2" if is_little_endian else ">u2").astype(np.uint16)
    return (np.atleast_1d(np.asarray(data, dtype=np.int64)) & 0xFFFF).astype(np.uint16)


def entries_of(data: Any, count: int, *, is_little_endian: bool) -> npt.NDArray[np.uint16]:
    """The entries of a table: one a word, or two of 8 bits a word, the first in the low byte (PS3.3 C.7.6.3.1.6).

    Fewer entries than declared are accepted down to half of them, and any number where the declared one is written as
    0; the last one then stands for the missing ones.

    Raises:
        ValueError: less than half of the entries.
    """
    words = words_of(data, is_little_endian=is_little_endian)
    if len(words) == (count + 1) // 2 and count > 1:
        words = words.astype("<u2").view(np.uint8).astype(np.uint16)
    if len(words) == 0 or (2 * len(words) < count != LARGEST_COUNT):
        raise ValueError("The look-up table is much shorter than it says.")
    return words[:count]


def bits_of(entries: npt.NDArray[np.uint16], declared: int) -> int:
    """Bits of the range that a table's entries span, 8 to 16.

    The entries decide: files declare 16 bits for entries of 12 (and the other way round), and divided by the declared
    range their images would be almost black.
    """
    needed = int(entries.max()).bit_length()
    # A table of zeros has no range of its own.
    return max(8, needed) if needed else min(max(declared, 8), 16)


def first_value_of(descriptor: Descriptor, values: tuple[float, float], *, signed: bool) -> int:
    """The first input value of a table, by the values that it is applied to.

    Its 16 bits are written as US or SS, and often as the wrong one: of the two numbers that they may mean, the one
    whose table covers more of the values counts.

    Args:
        descriptor: Gives the 16 bits.
        values: The lowest and the highest of them.
        signed: Whether the bits mean a signed number if both cover the same.
    """
    (lowest, highest), unsigned, negative = values, descriptor.first, descriptor.first - 65536
    if unsigned <= 32767:
        return unsigned

    def covered(first: int) -> float:
        return min(highest, first + descriptor.count - 1) - max(lowest, first)

    if max(covered(unsigned), covered(negative)) >= 0 and covered(unsigned) != covered(negative):
        return unsigned if covered(unsigned) > covered(negative) else negative
    return negative if signed else unsigned


def tables_of(header: Dataset, keyword: str, values: tuple[float, float], *, signed: bool) -> tuple[LookupTable, ...]:
    """The usable look-up tables of a sequence.

    Args:
        header: The data set.
        keyword: Of the sequence.
        values: Lowest and highest value that the tables are applied to.
        signed: Whether these may be negative.
    """
    tables = []
    items = value_of(header, keyword)
    for item in items if isinstance(items, Sequence) else ():
        try:
            tables.append(_table(item, values, signed=signed))
        except PARSING_ERRORS:  # an unusable table counts as none; the window remains
            continue
    return tuple(tables)


def _table(item: Dataset, values: tuple[float, float], *, signed: bool) -> LookupTable:
    is_little_endian = item.original_encoding[1] is not False
    descriptor = descriptor_of(item.LUTDescriptor, is_little_endian=is_little_endian)
    words = entries_of(item.LUTData, descriptor.count, is_little_endian=is_little_endian)
    entries = words.astype(np.float32)
    entries.setflags(write=False)
    first = first_value_of(descriptor, values, signed=signed)
    return LookupTable(first, entries, bits_of(words, descriptor.bits), text_of(item, "LUTExplanation"))
