"""The size that a JPEG-family codestream declares, found before a codec allocates anything."""

from __future__ import annotations

import struct

JPEG_START = b"\xff\xd8"
J2K_START = b"\xff\x4f\xff\x51"
START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Markers SOF0-SOF15 without DHT, JPG and DAC, and SOF55 of JPEG-LS."""
MARKERS_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def declared_size(codestream: bytes) -> tuple[int, int] | None:
    """(height, width) of a JPEG, JPEG-LS, JPEG 2000 or HTJ2K codestream, or None if it states none.

    Source: ITU-T T.81 B.2.2, T.87 C.2.2, T.800 A.5.1.
    """
    try:
        if codestream.startswith(JPEG_START):
            return _jpeg_size(codestream)
        start = codestream.find(J2K_START, 0, 1024)  # a JP2 file has boxes before it
        if start >= 0:
            width, height, left, top = struct.unpack_from(">4I", codestream, start + 8)
            return height - top, width - left
    except struct.error:  # cut off before the size
        return None
    return None


def _jpeg_size(codestream: bytes) -> tuple[int, int] | None:
    position = len(JPEG_START)
    while True:
        prefix, marker = struct.unpack_from("BB", codestream, position)
        if prefix != 0xFF:
            return None
        if marker == 0xFF:  # a fill byte
            position += 1
        elif marker in MARKERS_WITHOUT_LENGTH:
            position += 2
        elif marker in START_OF_FRAME:
            height, width = struct.unpack_from(">HH", codestream, position + 5)
            return height, width
        elif marker == 0xDA:
            return None
        else:
            position += 2 + struct.unpack_from(">H", codestream, position + 2)[0]
