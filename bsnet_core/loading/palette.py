"""Palettes: the colours that the stored values of PALETTE COLOR stand for, reduced to grey.

Source: PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from bsnet_core.loading.colour_to_grey import COLOUR_SAMPLES, to_grey
from bsnet_core.loading.header import integer_of, text_of, value_of
from bsnet_core.loading.look_up_tables import (
    LARGEST_COUNT,
    bits_of,
    descriptor_of,
    entries_of,
    first_value_of,
    words_of,
)

COLOURS = ("Red", "Green", "Blue")
DISCRETE, LINEAR, INDIRECT = 0, 1, 2
"""Kinds of segments (PS3.3 C.7.9.2)."""


def has_palette(header: Dataset) -> bool:
    """Whether the stored values are indices into a palette."""
    photometric = text_of(header, "PhotometricInterpretation").upper()
    return photometric == "PALETTE COLOR" and integer_of(header, "SamplesPerPixel", 1) == 1


def grey_of_palette(
    indices: npt.NDArray[Any], header: Dataset, *, bits: int, signed: bool
) -> tuple[npt.NDArray[np.uint16], int, float]:
    """The luminance of an image whose stored values are indices into a palette.

    Args:
        indices: (H, W) stored values.
        header: Gives the palette, plain or in segments, in either byte order.
        bits: Bits of a stored value.
        signed: Whether stored values are signed.

    Returns:
        (H, W) luminance, its number of bits, and the image's colourfulness as from `to_grey`.

    Raises:
        ValueError, TypeError, AttributeError, LookupError: no palette, or a malformed one.
    """
    span = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    tables, firsts, declared = [], [], []
    for colour in COLOURS:
        entries, first, depth = _table(header, colour, span, signed=signed)
        tables.append(entries)
        firsts.append(first)
        declared.append(depth)
    used = max(bits_of(entries, depth) for entries, depth in zip(tables, declared, strict=True))
    used += used % 2  # 8, 12 or 16 bits: a dark palette of 16 bits is not one of 15
    full = 8 if used == 8 else 16
    # One colour per possible index: an image has many more pixels than that.
    possible = np.arange(span[0], span[1] + 1)
    colours = np.stack(
        [
            (entries << np.uint16(full - used))[np.clip(possible - first, 0, len(entries) - 1)]
            for entries, first in zip(tables, firsts, strict=True)
        ],
        axis=-1,
    ).astype(np.uint8 if full == 8 else np.uint16)
    luminance = to_grey(colours[None])[0][0].astype(np.uint16)
    places = indices.astype(np.int32) - span[0]
    step = max(1, int((places.size / COLOUR_SAMPLES) ** 0.5))
    return luminance[places], full, to_grey(colours[places[::step, ::step]])[1]


def _table(
    header: Dataset, colour: str, span: tuple[int, int], *, signed: bool
) -> tuple[npt.NDArray[np.uint16], int, int]:
    """One colour's entries, first index and declared bits; other colours' descriptors may be missing."""
    is_little_endian = header.original_encoding[1] is not False
    stated = value_of(header, f"{colour}PaletteColorLookupTableDescriptor")
    if stated is None:
        stated = header.RedPaletteColorLookupTableDescriptor
    descriptor = descriptor_of(stated, is_little_endian=is_little_endian)
    data = value_of(header, f"{colour}PaletteColorLookupTableData")
    if data is not None:
        entries = entries_of(data, descriptor.count, is_little_endian=is_little_endian)
    else:
        segments = header[f"Segmented{colour}PaletteColorLookupTableData"].value
        words = words_of(segments, is_little_endian=is_little_endian)
        if descriptor.bits == 8:
            words = words.astype("<u2").view(np.uint8).astype(np.uint16)
        entries = expanded(words.tolist(), entry_bits=descriptor.bits)[: descriptor.count]
    return entries, first_value_of(descriptor, span, signed=signed), descriptor.bits


def expanded(data: list[int], *, entry_bits: int) -> npt.NDArray[np.uint16]:
    """The entries of a segmented table (PS3.3 C.7.9.2).

    Args:
        data: Its words, or bytes where an entry has 8 bits.
        entry_bits: 8 or 16; decides how an indirect segment writes its offset.

    Raises:
        ValueError: an unknown kind of segment, one without an entry before it, or more entries than a table can have.
        IndexError: cut off inside a segment.
    """
    offset_size, entry_bytes = (4, 1) if entry_bits == 8 else (2, 2)
    entries: list[int] = []

    def add(place: int, limit: int, *, is_copy: bool) -> None:
        """Adds the segments from `place` on, at most `limit` of them."""
        for _number in range(limit):
            if place + 2 >= len(data):  # a single one left is padding
                return
            kind, length = data[place : place + 2]
            place += 2
            if kind == DISCRETE:
                entries.extend(data[place : place + length])
                place += length
            elif kind == LINEAR and entries:
                start, end = entries[-1], data[place]
                entries.extend(int(value) for value in np.rint(np.linspace(start, end, length + 1))[1:])
                place += 1
            elif kind == INDIRECT and not is_copy:
                parts = data[place : place + offset_size]
                offset = sum(part << (8 * entry_bytes * number) for number, part in enumerate(parts))  # in bytes
                add(offset // entry_bytes, length, is_copy=True)
                place += offset_size
            else:
                raise ValueError("A palette's segment of an unknown kind.")
            if len(entries) > LARGEST_COUNT:
                raise ValueError("The palette has more entries than it can have.")

    add(0, len(data), is_copy=False)
    if not entries:
        raise ValueError("The palette is empty.")
    return np.asarray(entries, dtype=np.uint16)
