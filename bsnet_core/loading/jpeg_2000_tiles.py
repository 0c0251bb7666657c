"""Tiles of a JPEG 2000 code stream: all that its header declares, or fewer.

Decoders fill up a tile that is missing as a whole, and say nothing.
"""

from __future__ import annotations

import re
import struct

from bsnet_core.loading.codestream import HEADER_BYTES, J2K_START

START_OF_TILE_PART = re.compile(rb"\xff\x90\x00\x0a(..)", re.DOTALL)
"""Compressed data never have these bytes: after 0xFF they go up to 0x8F (T.800 B.10.1, C.2)."""


def has_all_tiles(content: bytes) -> bool:
    """Whether a stream has at least one part of every tile.

    Args:
        content: The stream, bare or in a JP2 file.

    Raises:
        struct.error: cut off within its header.

    Source: ITU-T T.800 A.4.2, A.5.1, B.3.
    """
    start = content.find(J2K_START, 0, HEADER_BYTES)
    width, height, _left, _top, tile_width, tile_height, tile_left, tile_top = struct.unpack_from(
        ">8I", content, start + 8
    )
    if not tile_width or not tile_height:
        return False
    declared = -((tile_left - width) // tile_width) * -((tile_top - height) // tile_height)
    found = {int.from_bytes(match[1]) for match in START_OF_TILE_PART.finditer(content)}
    return sum(number < declared for number in found) == declared
