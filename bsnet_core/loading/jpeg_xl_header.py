"""The header of a JPEG XL code stream: size, bits and whether it is lossless (ISO/IEC 18181-1 D, 18181-2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

CODE_STREAM_START = b"\xff\x0a"
BOX_START = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
SIZE_BITS = (9, 13, 18, 30)


@dataclass(frozen=True, slots=True)
class JpegXlHeader:
    """Size, bits per sample, and whether the image is coded without loss; None and 0 where that is not stated."""

    shape: tuple[int, int] | None = None
    bits: int = 0
    is_lossless: bool | None = None


class _Bits:
    """Reads bits from the lowest of each byte upwards."""

    def __init__(self, content: bytes) -> None:
        self._content, self._position = content, 0

    def take(self, count: int) -> int:
        value = 0
        for number in range(count):
            byte, bit = divmod(self._position, 8)
            value |= (self._content[byte] >> bit & 1) << number
            self._position += 1
        return value

    def choice(self, *choices: tuple[int, int]) -> int:
        """A number coded as U32: two bits choose a constant and how many bits are added to it."""
        constant, count = choices[self.take(2)]
        return constant + self.take(count)


def jpeg_xl_header(content: bytes) -> JpegXlHeader:
    """The header of a code stream, bare or in its boxes.

    Raises:
        IndexError, struct.error: cut off within the header.
    """
    has_jpeg = False
    if content.startswith(BOX_START):
        content, has_jpeg = _code_stream_in(content)
    if not content.startswith(CODE_STREAM_START):
        return JpegXlHeader()
    bits = _Bits(content[2:])
    shape = _size(bits)
    if bits.take(1):  # all defaults: 8 bits, coded by colour perception, which is lossy
        return JpegXlHeader(shape, 8, is_lossless=False)
    if bits.take(1):
        bits.take(3)  # orientation
        if bits.take(1):
            _size(bits)
        if bits.take(1) or bits.take(1):  # a preview or an animation: their fields are not followed
            return JpegXlHeader(shape)
    if bits.take(1):
        depth = bits.choice((32, 0), (16, 0), (24, 0), (1, 6))
        bits.take(4)
    else:
        depth = bits.choice((8, 0), (10, 0), (12, 0), (1, 6))
    bits.take(1)
    if bits.choice((0, 0), (1, 0), (2, 4), (1, 12)):  # further channels, such as alpha
        return JpegXlHeader(shape, depth)
    is_perceptual = bool(bits.take(1))
    return JpegXlHeader(shape, depth, is_lossless=not is_perceptual and not has_jpeg)


def _size(bits: _Bits) -> tuple[int, int]:
    is_small = bits.take(1)
    sides = tuple((1, count) for count in SIZE_BITS)
    height = 8 * (bits.take(5) + 1) if is_small else bits.choice(*sides)
    ratio = bits.take(3)
    if ratio:
        numerator, denominator = RATIOS[ratio - 1]
        return height, height * numerator // denominator
    return height, 8 * (bits.take(5) + 1) if is_small else bits.choice(*sides)


def _code_stream_in(content: bytes) -> tuple[bytes, bool]:
    """The (first part of the) code stream in its box, and whether the boxes hold a recompressed JPEG."""
    position, has_jpeg = 0, False
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        head = 8
        if length == 1:
            length, head = struct.unpack_from(">Q", content, position + 8)[0], 16
        has_jpeg = has_jpeg or kind == b"jbrd"
        if kind in (b"jxlc", b"jxlp"):
            return content[position + head + (4 if kind == b"jxlp" else 0) :], has_jpeg
        if length < head:
            break
        position += length
    return b"", has_jpeg
