"""Every transfer syntax of the standard (PS3.6 table A-1, retired ones included), at every depth that it can hold."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.conformance.cells import Cell, file_of, monochrome
from tests.conformance.code_streams import (
    as_words,
    hierarchical,
    htj2k,
    jpeg_2000,
    jpeg_lossless,
    jpeg_lossy,
    jpeg_ls,
    jpeg_xl,
    rle,
    stored,
    with_frame_marker,
)
from tests.conformance.synthetic_image import grey

Frame = Callable[[npt.NDArray[Any], int], bytes | None]
"""Makes the frame of one depth from two's complement words; None if the pixels lie in the file as they are."""


@dataclass(frozen=True)
class Depth:
    """Bits allocated and stored, and what lies above them."""

    stored: int
    signed: bool = False
    allocated: int = 16
    overlay: bool = False

    @property
    def name(self) -> str:
        sign = "signed " if self.signed else ""
        within = f" in {self.allocated}" if self.allocated == 16 and self.stored <= 8 else ""
        return f"{sign}{self.stored}{within}{' and overlay above' if self.overlay else ''}"

    @property
    def values(self) -> npt.NDArray[np.int64]:
        return grey(self.stored, signed=self.signed)

    @property
    def words(self) -> npt.NDArray[Any]:
        """Two's complement, with an old-style overlay in the bit above where there is one."""
        words = as_words(self.values, self.stored)
        if self.overlay:
            words = words | (np.arange(words.shape[1]) % 5 == 0).astype(np.uint16) << self.stored
        return words.astype(np.uint8 if self.allocated == 8 else np.uint16)


EIGHT, TWELVE, SIXTEEN = Depth(8, allocated=8), Depth(12), Depth(16)
EIGHT_IN_SIXTEEN = Depth(8)
WORDS = tuple(Depth(bits) for bits in (10, 12, 14, 16))
SIGNED = (Depth(12, signed=True), Depth(16, signed=True))
OVERLAY = Depth(12, overlay=True)
ALL = (EIGHT, EIGHT_IN_SIXTEEN, *WORDS, *SIGNED, OVERLAY, Depth(12, signed=True, overlay=True))
NOTHING_TO_DECODE = (TWELVE,)


@dataclass(frozen=True)
class Syntax:
    """One transfer syntax: its number below 1.2.840.10008.1, its name, and an encoder with what it can hold.

    Attributes:
        tolerances: Per number of bits, the difference that lossy coding of this image may make; exact if empty.
        holds_image: False where any file is rejected for its transfer syntax alone: videos, links, other wrappings.
    """

    number: str
    name: str
    frame: Frame
    depths: tuple[Depth, ...] = ALL
    tolerances: tuple[tuple[int, int], ...] = ()
    holds_image: bool = True

    @property
    def uid(self) -> str:
        return f"1.2.840.10008.1.{self.number}"


def native(_words: npt.NDArray[Any], _bits: int) -> None:
    return None


def used(words: npt.NDArray[Any], bits: int) -> int:
    """The precision to state in the code stream: all bits that are in use."""
    return max(bits, int(words.max()).bit_length())


def by_name(pattern: str) -> Frame:
    return lambda _words, bits: stored(pattern.format(bits=bits))


def patched(marker: int, *, in_hierarchy: bool, lossless: bool = False) -> Frame:
    change = hierarchical if in_hierarchy else with_frame_marker
    return lambda words, bits: change(jpeg_lossless(words, bits) if lossless else jpeg_lossy(words), marker)


def deflated(words: npt.NDArray[Any], _bits: int) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    content = packer.compress(words.astype(words.dtype.newbyteorder("<")).tobytes()) + packer.flush()
    return content + b"\0" * (len(content) % 2)


def plain_bytes(words: npt.NDArray[Any], _bits: int) -> bytes:
    return words.astype(words.dtype.newbyteorder("<")).tobytes()


def opaque(_words: npt.NDArray[Any], _bits: int) -> bytes:
    return b"\x00\x00\x01\xb3" + bytes(60)  # the start of an MPEG sequence, and nothing


def lossless_jpeg(words: npt.NDArray[Any], bits: int) -> bytes:
    return jpeg_lossless(words, used(words, bits))


def reversible_2000(words: npt.NDArray[Any], bits: int) -> bytes:
    return jpeg_2000(words, used(words, bits))


def _without_image(number: str, name: str) -> Syntax:
    return Syntax(number, name, opaque, (EIGHT,), holds_image=False)


LOSSY = ((8, 6), (10, 12), (12, 48), (14, 200), (16, 800))
"""About 1.2 % of the range: more than any of the encoders here costs this image."""
UNCOMPRESSED_AND_JPEG = (
    Syntax("2", "Implicit VR Little Endian", native),
    Syntax("2.1", "Explicit VR Little Endian", native),
    Syntax("2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian", plain_bytes),
    Syntax("2.1.99", "Deflated Explicit VR Little Endian", native),
    Syntax("2.2", "Explicit VR Big Endian (retired)", native),
    Syntax("2.4.50", "JPEG Baseline", lambda words, bits: jpeg_lossy(words), (EIGHT,), LOSSY),
    Syntax("2.4.51", "JPEG Extended", by_name("extended-{bits}.jpg"), (EIGHT, TWELVE), LOSSY),
    Syntax(
        "2.4.52",
        "JPEG Extended, arithmetic coding (retired)",
        by_name("arithmetic-extended-{bits}.jpg"),
        (EIGHT,),
        LOSSY,
    ),
    Syntax("2.4.53", "JPEG Spectral Selection (retired)", by_name("spectral-{bits}.jpg"), (EIGHT, TWELVE), LOSSY),
    Syntax(
        "2.4.54",
        "JPEG Spectral Selection, arithmetic coding (retired)",
        by_name("arithmetic-spectral-{bits}.jpg"),
        (EIGHT,),
        LOSSY,
    ),
    Syntax("2.4.55", "JPEG Full Progression (retired)", by_name("progressive-{bits}.jpg"), (EIGHT, TWELVE), LOSSY),
    Syntax(
        "2.4.56",
        "JPEG Full Progression, arithmetic coding (retired)",
        by_name("arithmetic-progressive-{bits}.jpg"),
        (EIGHT,),
        LOSSY,
    ),
    Syntax("2.4.57", "JPEG Lossless", lossless_jpeg),
    Syntax(
        "2.4.58",
        "JPEG Lossless, arithmetic coding (retired)",
        patched(0xCB, in_hierarchy=False, lossless=True),
        (EIGHT,),
    ),
    Syntax("2.4.59", "JPEG Extended, hierarchical (retired)", patched(0xC1, in_hierarchy=True), (EIGHT,), LOSSY),
    Syntax(
        "2.4.60",
        "JPEG Extended, hierarchical, arithmetic coding (retired)",
        patched(0xC9, in_hierarchy=True),
        (EIGHT,),
        LOSSY,
    ),
    Syntax(
        "2.4.61", "JPEG Spectral Selection, hierarchical (retired)", patched(0xC2, in_hierarchy=True), (EIGHT,), LOSSY
    ),
    Syntax(
        "2.4.62",
        "JPEG Spectral Selection, hierarchical, arithmetic coding (retired)",
        patched(0xCA, in_hierarchy=True),
        (EIGHT,),
        LOSSY,
    ),
    Syntax(
        "2.4.63", "JPEG Full Progression, hierarchical (retired)", patched(0xC2, in_hierarchy=True), (EIGHT,), LOSSY
    ),
    Syntax(
        "2.4.64",
        "JPEG Full Progression, hierarchical, arithmetic coding (retired)",
        patched(0xCA, in_hierarchy=True),
        (EIGHT,),
        LOSSY,
    ),
    Syntax(
        "2.4.65", "JPEG Lossless, hierarchical (retired)", patched(0xC3, in_hierarchy=True, lossless=True), (EIGHT,)
    ),
    Syntax(
        "2.4.66",
        "JPEG Lossless, hierarchical, arithmetic coding (retired)",
        patched(0xCB, in_hierarchy=True, lossless=True),
        (EIGHT,),
    ),
    Syntax("2.4.70", "JPEG Lossless, First-Order Prediction", lossless_jpeg),
)
NEWER = (
    Syntax("2.4.80", "JPEG-LS Lossless", lambda words, bits: jpeg_ls(words)),
    Syntax(
        "2.4.81",
        "JPEG-LS Near-Lossless",
        lambda words, bits: jpeg_ls(words, 2),
        (EIGHT, *WORDS),
        ((8, 2), (10, 2), (12, 2), (14, 2), (16, 2)),
    ),
    Syntax("2.4.90", "JPEG 2000 Lossless", reversible_2000),
    Syntax("2.4.91", "JPEG 2000", lambda words, bits: jpeg_2000(words, bits, quality=65), (EIGHT, *WORDS), LOSSY),
    Syntax("2.4.92", "JPEG 2000 Part 2 Multi-component Lossless", reversible_2000, (EIGHT, TWELVE)),
    Syntax(
        "2.4.93",
        "JPEG 2000 Part 2 Multi-component",
        lambda words, bits: jpeg_2000(words, bits, quality=65),
        (EIGHT, TWELVE),
        LOSSY,
    ),
    _without_image("2.4.94", "JPIP Referenced"),
    _without_image("2.4.95", "JPIP Referenced Deflate"),
    Syntax("2.4.110", "JPEG XL Lossless", lambda words, bits: jpeg_xl(words, used(words, bits)), (EIGHT, *WORDS)),
    Syntax(
        "2.4.111",
        "JPEG XL JPEG Recompression",
        lambda words, bits: jpeg_xl(words, bits, lossless=False),
        (EIGHT,),
        LOSSY,
    ),
    Syntax("2.4.112", "JPEG XL", lambda words, bits: jpeg_xl(words, bits, lossless=False), (EIGHT, *WORDS), LOSSY),
    Syntax("2.4.201", "High-Throughput JPEG 2000 Lossless", lambda words, bits: htj2k(words)),
    Syntax("2.4.202", "High-Throughput JPEG 2000 with RPCL Lossless", lambda words, bits: htj2k(words)),
    Syntax(
        "2.4.203",
        "High-Throughput JPEG 2000",
        lambda words, bits: htj2k(words, bits, reversible=False),
        (EIGHT, *WORDS),
        LOSSY,
    ),
    _without_image("2.4.204", "JPIP HTJ2K Referenced"),
    _without_image("2.4.205", "JPIP HTJ2K Referenced Deflate"),
    Syntax("2.5", "RLE Lossless", lambda words, bits: rle(words)),
    Syntax("2.8.1", "Deflated Image Frame Compression", deflated),
    Syntax("20", "Papyrus 3 Implicit VR Little Endian (retired)", native, (TWELVE,)),
)
OTHERS = tuple(
    _without_image(number, name)
    for number, name in (
        ("2.4.100", "MPEG2 Main Profile / Main Level"),
        ("2.4.100.1", "Fragmentable MPEG2 Main Profile / Main Level"),
        ("2.4.101", "MPEG2 Main Profile / High Level"),
        ("2.4.101.1", "Fragmentable MPEG2 Main Profile / High Level"),
        ("2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1"),
        ("2.4.102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1"),
        ("2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
        ("2.4.103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
        ("2.4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D video"),
        ("2.4.104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D video"),
        ("2.4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D video"),
        ("2.4.105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D video"),
        ("2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
        ("2.4.106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
        ("2.4.107", "HEVC/H.265 Main Profile / Level 5.1"),
        ("2.4.108", "HEVC/H.265 Main 10 Profile / Level 5.1"),
        ("2.6.1", "RFC 2557 MIME encapsulation (retired)"),
        ("2.6.2", "XML Encoding (retired)"),
        ("2.7.1", "SMPTE ST 2110-20 Uncompressed Progressive Active Video"),
        ("2.7.2", "SMPTE ST 2110-20 Uncompressed Interlaced Active Video"),
        ("2.7.3", "SMPTE ST 2110-30 PCM Digital Audio"),
    )
)
SYNTAXES = (*UNCOMPRESSED_AND_JPEG, *NEWER, *OTHERS)
PREDICTORS = range(1, 8)


def cells() -> Iterator[Cell]:
    """One cell per transfer syntax and depth, and JPEG Lossless by each of its predictors."""
    for syntax in SYNTAXES:
        for depth in syntax.depths:
            yield _cell(syntax, depth)
        if syntax.number == "2.4.57":
            for predictor in PREDICTORS:
                content = partial(_predicted, syntax.uid, f"lossless-12-predictor-{predictor}.jpg")
                yield Cell(_label(syntax), f"12 by predictor {predictor}", content, grey(12))


def _predicted(uid: str, name: str) -> bytes:
    return file_of(monochrome(grey(12), 12), uid, stored(name))


def _label(syntax: Syntax) -> str:
    return f"{syntax.name} | {syntax.uid}"


def _cell(syntax: Syntax, depth: Depth) -> Cell:
    def content() -> bytes:
        dataset = monochrome(depth.words.astype(np.int64), depth.stored, allocated=depth.allocated, signed=depth.signed)
        if depth.overlay:
            dataset.add_new(0x60000010, "US", dataset.Rows)
            dataset.add_new(0x60000011, "US", dataset.Columns)
            dataset.add_new(0x60000040, "CS", "G")
            dataset.add_new(0x60000050, "SS", [1, 1])
            dataset.add_new(0x60000100, "US", 16)
            dataset.add_new(0x60000102, "US", depth.stored)
        return file_of(dataset, syntax.uid, syntax.frame(depth.words, depth.stored))

    tolerance = dict(syntax.tolerances).get(depth.stored, 0)
    return Cell(_label(syntax), depth.name, content, depth.values if syntax.holds_image else None, tolerance)
