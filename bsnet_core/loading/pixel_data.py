"""The Pixel Data element of a DICOM file: native values or a code stream in fragments (PS3.5 A.4, 8.2).

The element itself decides, not the transfer syntax that the file states: an undefined length means fragments.
"""

from __future__ import annotations

import io
import os
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pydicom

from bsnet_core.loading.codestream import CodeStream, codestream_of
from bsnet_core.loading.data_set import is_file_meta_doubled, repaired
from bsnet_core.loading.header import PARSING_ERRORS

PIXEL_DATA = 0x7FE0, 0x0010
ITEM, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
UNDEFINED_LENGTH = 0xFFFFFFFF
LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN", b"\0\0")
HEAD_BYTES = 4096
LEADING_BYTES = 64
"""Some writers put a few bytes before the start of the code stream."""


@dataclass(frozen=True, slots=True)
class PixelData:
    """The place of Pixel Data in a file.

    Attributes:
        start: Position of its value.
        length: Length of its value in bytes as stated, or None if undefined.
        head: First bytes of the value.
        little: Whether the file is little endian.
        repaired: The whole file, well-formed, if the place is one in it; None if it is one in the file itself.
    """

    start: int
    length: int | None
    head: bytes
    little: bool
    repaired: bytes | None = field(default=None, repr=False)

    @property
    def has_items(self) -> bool:
        """Whether the value begins with an item, as that of an encapsulated image does."""
        return self._tag_at(0) == ITEM

    def is_native(self, needed: int, shape: tuple[int, int]) -> bool:
        """Whether the value holds the pixels themselves.

        Args:
            needed: Bytes of all pixels, from the header.
            shape: (rows, columns) from the header.
        """
        if self.length is None:  # without items, uncompressed pixels whose length should have been written
            return not self.has_items and codestream_of(self.head) is None
        if self.has_items:
            first = 8 + struct.unpack_from(self._order + "L", self.head, 4)[0]
            return self.length >= needed and self._tag_at(first) not in (ITEM, SEQUENCE_END)
        stream = codestream_of(self.head)
        return stream is None or (self.length >= needed and stream.shape != shape)

    def _tag_at(self, position: int) -> tuple[int, ...] | None:
        whole = position + 8 <= len(self.head)
        return struct.unpack_from(self._order + "2H", self.head, position) if whole else None

    @property
    def _order(self) -> str:
        return "<" if self.little else ">"


def pixel_data_of(path: Path) -> PixelData | None:
    """The place of a file's Pixel Data, or None if there is none; not for deflated files.

    Raises:
        OSError, or one of `header.PARSING_ERRORS`: the file is damaged.
    """
    failure: Exception | None = None
    try:
        if not is_file_meta_doubled(path):
            with path.open("rb") as file:
                if (found := _place_in(file)) is not None:
                    return found
    except (OSError, *PARSING_ERRORS) as error:
        failure = error
    try:
        content = repaired(path).content
        found = _place_in(io.BytesIO(content))
    except (OSError, *PARSING_ERRORS) as error:
        if failure is not None:
            raise failure from error
        return None
    return None if found is None else replace(found, repaired=content)


def _place_in(file: BinaryIO) -> PixelData | None:
    header = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=["Rows"])
    implicit, little = header.original_encoding
    order = "<" if little or little is None else ">"
    start = file.read(12)
    if "Rows" not in header or len(start) < 8 or struct.unpack_from(order + "2H", start) != PIXEL_DATA:
        return None
    if not _has_long_vr(start, is_implicit=bool(implicit)):
        file.seek(8 - len(start), os.SEEK_CUR)
        length = struct.unpack_from(order + "L", start, 4)[0]
    else:
        length = struct.unpack_from(order + "L", start, 8)[0]
    position = file.tell()
    head = file.read(HEAD_BYTES)
    return PixelData(position, None if length == UNDEFINED_LENGTH else length, head, order == "<")


def _has_long_vr(start: bytes, *, is_implicit: bool) -> bool:
    """Whether the element's VR is written, with a length of four bytes, whatever the transfer syntax says.

    As a length the letters of all these VRs would be odd, which no length is (PS3.5 7.1.1).
    """
    vr = start[4:6]
    return vr in LONG_VRS and (not is_implicit or (vr != b"\0\0" and start[6:8] == b"\0\0"))


def frame_in(path: Path, pixel_data: PixelData) -> tuple[bytes, CodeStream | None]:
    """The compressed frame of a file with one frame, and the header of its code stream.

    All fragments are that frame, whatever the offset tables say (PS3.5 A.4). A missing end of the sequence, and a last
    fragment that the end of the file cuts off, are tolerated here; the decoder says what is missing.
    """
    with path.open("rb") if pixel_data.repaired is None else io.BytesIO(pixel_data.repaired) as file:
        file.seek(pixel_data.start)
        content = file.read(-1 if pixel_data.length is None else pixel_data.length)
    candidates = [content]
    if pixel_data.has_items:
        fragments = _fragments(content, "<" if pixel_data.little else ">")
        # The first is the offset table; without one it is part of the frame.
        candidates = [b"".join(fragments[1:]), *fragments[1:2], b"".join(fragments)]
    for candidate in candidates:
        for skipped in _possible_starts(candidate):
            if (stream := codestream_of(candidate[skipped:])) is not None:
                return candidate[skipped:], stream
    return candidates[0], None


def _fragments(content: bytes, order: str) -> list[bytes]:
    """The items of an encapsulated value; the first is the Basic Offset Table."""
    fragments: list[bytes] = []
    position = 0
    while position + 8 <= len(content):
        group, element, length = struct.unpack_from(order + "2HL", content, position)
        if (group, element) != ITEM:
            break
        fragments.append(content[position + 8 : position + 8 + length])
        position += 8 + length
    return fragments


def _possible_starts(content: bytes) -> list[int]:
    starts = (content.find(mark, 1, LEADING_BYTES) for mark in (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\xff\x0a"))
    return [0, *(start for start in starts if start > 0)]
