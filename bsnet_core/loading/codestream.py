"""The header of a compressed image's code stream: its own markers say how it is coded, whatever the file states."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import StrEnum

from bsnet_core.loading.jpeg_xl_header import BOX_START, CODE_STREAM_START, jpeg_xl_header

JPEG_START = b"\xff\xd8"
J2K_START = b"\xff\x4f\xff\x51"
JP2_START = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
HEADER_BYTES = 64 * 1024
"""The markers that are looked at lie within so many bytes unless profiles or comments are stored before them."""
DCT_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
LOSSLESS_FRAMES = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Markers SOF0-SOF15 without DHT, JPG and DAC, and SOF55 of JPEG-LS."""
MARKERS_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
HIERARCHICAL, SOS_MARKER, JFIF_MARKER, ADOBE_MARKER = 0xDE, 0xDA, 0xE0, 0xEE
J2K_CODING_STYLE, J2K_CAPABILITIES, J2K_START_OF_TILE = 0x52, 0x50, 0x90
HIGH_THROUGHPUT = 1 << 17
"""Bit of Pcap that names part 15 (T.814 A.3.2)."""


class Coding(StrEnum):
    """The kinds of code stream; their values are the names that people read."""

    JPEG = "JPEG"
    JPEG_LOSSLESS = "JPEG Lossless"
    JPEG_LS = "JPEG-LS"
    JPEG_2000 = "JPEG 2000"
    HTJ2K = "HTJ2K"
    JPEG_XL = "JPEG XL"
    RLE = "RLE"


@dataclass(frozen=True, slots=True)
class CodeStream:
    """The header of one code stream.

    Attributes:
        coding: Its kind.
        shape: (height, width); None if the header does not state it.
        bits: Bits per sample; 0 if not stated.
        is_signed: Whether its samples are signed.
        is_lossless: Whether it is coded without loss; None if its header does not tell.
        is_rgb: Whether its three components are red, green and blue (True), or luminance and colour differences
            (False); None if it does not tell.
        process: The kind of JPEG in words if it is one that few decoders know; else empty.
        segments: Number of segments of an RLE stream, one per byte of a pixel.
    """

    coding: Coding
    shape: tuple[int, int] | None = None
    bits: int = 0
    is_signed: bool = False
    is_lossless: bool | None = None
    is_rgb: bool | None = None
    process: str = ""
    segments: int = 0


def codestream_of(content: bytes) -> CodeStream | None:
    """The header of a code stream, or None if the bytes begin like none.

    Source: ITU-T T.81 B.2, T.87 C.2, T.800 A.5, T.814 A.3; ISO/IEC 18181-1; PS3.5 G.5 for RLE.
    """
    try:
        if content.startswith(JPEG_START):
            return _jpeg(content)
        if content.startswith((J2K_START, JP2_START)):
            return _jpeg_2000(content)
        if content.startswith((CODE_STREAM_START, BOX_START)):
            header = jpeg_xl_header(content)
            return CodeStream(Coding.JPEG_XL, header.shape, header.bits, is_lossless=header.is_lossless)
        segments, first = struct.unpack_from("<2I", content)
        if 1 <= segments <= 15 and first == 64:
            return CodeStream(Coding.RLE, is_lossless=True, segments=segments)
    except (struct.error, IndexError):  # cut off before the end of the header
        return None
    return None


def declared_size(content: bytes) -> tuple[int, int] | None:
    """(height, width) that a code stream declares, before a codec allocates anything; None if it states none."""
    stream = codestream_of(content)
    return None if stream is None else stream.shape


def _jpeg(content: bytes) -> CodeStream | None:
    position, is_rgb, is_hierarchical = len(JPEG_START), None, False
    found: CodeStream | None = None
    while True:
        if position + 2 > len(content) and found is not None:
            return found
        prefix, marker = struct.unpack_from("BB", content, position)
        if prefix != 0xFF:
            return found
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        if marker in MARKERS_WITHOUT_LENGTH:
            position += 2
            continue
        length = struct.unpack_from(">H", content, position + 2)[0]
        segment = content[position + 4 : position + 2 + length]
        if marker == JFIF_MARKER and segment.startswith(b"JFIF\0"):
            is_rgb = False
        elif marker == ADOBE_MARKER and segment.startswith(b"Adobe") and len(segment) >= 12:
            is_rgb = segment[11] == 0
        elif marker == HIERARCHICAL:
            is_hierarchical = True
        elif marker in START_OF_FRAME:
            found = _jpeg_frame(marker, segment, is_rgb, is_hierarchical=is_hierarchical)
            if marker != 0xF7:
                return found
        elif marker == SOS_MARKER:
            if found is None or not segment:
                return found
            near = segment[1 + 2 * segment[0]]
            return replace(found, is_lossless=near == 0)
        position += 2 + length


def _jpeg_frame(marker: int, segment: bytes, is_rgb: bool | None, *, is_hierarchical: bool) -> CodeStream:
    bits, height, width, components = struct.unpack_from(">BHHB", segment)
    names = bytes(segment[6 + 3 * number] for number in range(components))
    if names.lower() == b"rgb":
        is_rgb = True
    shape = (height, width) if height else None  # 0: stated after the first scan (T.81 B.2.5)
    if marker == 0xF7:
        return CodeStream(Coding.JPEG_LS, shape, bits, is_rgb=is_rgb)
    is_lossless = marker in LOSSLESS_FRAMES
    words = [
        *(["hierarchical"] if is_hierarchical or marker not in DCT_FRAMES | {0xC3, 0xCB} else []),
        *(["arithmetic"] if marker >= 0xC9 else []),
        *(["progressive"] if marker in (0xC2, 0xC6, 0xCA, 0xCE) else []),
    ]
    is_usual = not words or (words == ["progressive"] and bits == 8)
    process = "" if is_usual and height else " ".join([*words, f"{bits}-bit"])
    coding = Coding.JPEG_LOSSLESS if is_lossless else Coding.JPEG
    return CodeStream(coding, shape, bits, is_lossless=is_lossless, is_rgb=is_rgb, process=process)


def _jpeg_2000(content: bytes) -> CodeStream | None:
    start = content.find(J2K_START, 0, HEADER_BYTES)  # a JP2 file has boxes before it
    if start < 0:
        return None
    width, height, left, top = struct.unpack_from(">4I", content, start + 8)
    depth = content[start + 42]
    coding, is_lossless, is_rgb = Coding.JPEG_2000, None, None
    position = start + 4 + struct.unpack_from(">H", content, start + 4)[0]
    while position + 4 <= len(content):
        prefix, marker, length = struct.unpack_from(">BBH", content, position)
        if prefix != 0xFF or marker == J2K_START_OF_TILE:
            break
        if marker == J2K_CAPABILITIES and struct.unpack_from(">I", content, position + 4)[0] & HIGH_THROUGHPUT:
            coding = Coding.HTJ2K
        elif marker == J2K_CODING_STYLE:
            is_lossless = content[position + 13] == 1  # the reversible 5-3 wavelet
            is_rgb = True if content[position + 8] else None
        position += 2 + length
    is_signed, bits = bool(depth & 0x80), (depth & 0x7F) + 1
    return CodeStream(coding, (height - top, width - left), bits, is_signed, is_lossless, is_rgb)
