"""Damage to DICOM files that keeps their structure: lengths, VRs, values, sequences, code streams (PS3.5 section 7)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from pydicom.datadict import dictionary_VR
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.conformance.transfer_syntaxes import SYNTAXES

Mutation = Callable[[bytes, Random], bytes]
"""Gives damaged bytes, or the same ones where there is nothing of the kind to damage."""

PREAMBLE_BYTES = 132
UNDEFINED = 0xFFFFFFFF
ITEM_GROUP, PIXEL_DATA, TRANSFER_SYNTAX = 0xFFFE, 0x7FE00010, 0x00020010
LONG_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
ALL_VRS = (
    *sorted(LONG_VRS),
    "AE",
    "AS",
    "CS",
    "DA",
    "DS",
    "DT",
    "FD",
    "FL",
    "IS",
    "LO",
    "PN",
    "SH",
    "SS",
    "ST",
    "TM",
    "UI",
    "US",
    "??",
    "\0\0",
)
ODD_LENGTHS = (0, 1, 2, 3, 7, 8, 0xFF, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, UNDEFINED)
ODD_WORDS = (0, 1, 2, 3, 7, 8, 12, 15, 16, 17, 31, 32, 64, 255, 256, 1000, 4095, 32767, 32768, 65534, 65535)
ODD_TEXTS = (
    b"",
    b" ",
    b"\0",
    b"0",
    b"-1",
    b"1e400",
    b"-1e308",
    b"1e-320",
    b"nan",
    b"inf",
    b"1,5",
    b"1.5.2",
    b"0x10",
    b"\\",
    b"\\\\",
    b"1\\",
    b"\\1",
    b"1\\2\\3\\4",
    b"9999999999999999999999",
    b"--",
    b"A\nB",
    b"\xff\xfe",
    b"\xc3\x28",
    b"\x1b$B",
    b"LINEAR",
    b"SIGMOID",
    b"linear_exact",
    b"INVERSE",
    b"PALETTE COLOR",
    b"YBR_FULL_422",
    b"RGB",
    b"XYZ",
    b"20200230",
    b"2020-01-02",
    b"00000000",
    b"999Y",
    b"-01Y",
    b"012W",
    b"Y",
    b"../../../etc/passwd",
    b"%s%n{0}{patient}",
    b"x" * 5000,
)
ODD_CHARACTER_SETS = (
    b"ISO_IR 100",
    b"ISO 2022 IR 87",
    b"\\ISO 2022 IR 149",
    b"GB18030",
    b"ISO_IR 192",
    b"NONE",
    b"\\\\\\",
)
SIZES = (0x00280002, 0x00280006, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103)
"""Samples, planar configuration, frames, rows, columns, bits and sign."""
WINDOWS = (0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00281056, 0x00280120, 0x00280121, 0x20500020)
"""Centre, width, intercept, slope, function, padding and presentation shape."""
DESCRIPTORS = (0x00283002, 0x00281101, 0x00281102, 0x00281103)
DEEPEST = 3000


@dataclass(frozen=True)
class Span:
    """One element: where its tag begins, where its length and its value are, and its length as it states it."""

    tag: int
    start: int
    length_at: int
    length_format: str
    value_at: int
    length: int
    vr: str

    @property
    def end(self) -> int:
        return self.value_at + (0 if self.length == UNDEFINED else self.length)


def spans(content: bytes) -> list[Span]:
    """The elements of a file, those of sequences and the items themselves included, until the structure breaks off."""
    start = PREAMBLE_BYTES if content[128:132] == b"DICM" else 0
    try:
        return list(_walk(content, start))
    except struct.error:
        return []


def _walk(content: bytes, place: int) -> Iterator[Span]:
    order, implicit, syntax = "<", False, ""
    in_meta, in_pixels = True, False
    while place + 8 <= len(content):
        if in_meta and content[place : place + 2] != b"\x02\x00":
            in_meta = False
            order, implicit = (">" if syntax == ExplicitVRBigEndian else "<"), syntax == ImplicitVRLittleEndian
        span = _span(content, place, order, implicit)
        if span is None:
            return
        yield span
        if span.tag == TRANSFER_SYNTAX:
            syntax = content[span.value_at : span.end].rstrip(b"\0 ").decode("latin-1")
        in_pixels = in_pixels or span.tag == PIXEL_DATA
        is_fragment = in_pixels and span.tag >> 16 == ITEM_GROUP
        is_nested = span.vr == "SQ" or span.length == UNDEFINED or (span.tag >> 16 == ITEM_GROUP and not is_fragment)
        place = span.value_at if is_nested else span.end


def _span(content: bytes, place: int, order: str, implicit: bool) -> Span | None:
    group, element = struct.unpack_from(f"{order}HH", content, place)
    tag = group << 16 | element
    if group == ITEM_GROUP or implicit:
        try:
            vr = "" if group == ITEM_GROUP else dictionary_VR(tag)
        except KeyError:
            vr = "UN"
        (length,) = struct.unpack_from(f"{order}I", content, place + 4)
        return Span(tag, place, place + 4, f"{order}I", place + 8, length, vr)
    vr = content[place + 4 : place + 6].decode("latin-1")
    if not (vr.isalpha() and vr.isupper()):
        return None
    at, form, value_at = (place + 8, f"{order}I", place + 12) if vr in LONG_VRS else (place + 6, f"{order}H", place + 8)
    if value_at > len(content):
        return None
    (length,) = struct.unpack_from(form, content, at)
    return Span(tag, place, at, form, value_at, length, vr)


def with_length(content: bytes, span: Span, length: int) -> bytes:
    """Content whose element states another length, cut to what its field holds."""
    size = struct.calcsize(span.length_format)
    field = struct.pack(span.length_format, length & ((1 << 8 * size) - 1))
    return content[: span.length_at] + field + content[span.length_at + size :]


def with_value(content: bytes, span: Span, value: bytes) -> bytes:
    """Content whose element has another value and states its length."""
    return with_length(content[: span.value_at] + value + content[span.end :], span, len(value))


def chosen(content: bytes, random: Random, tags: tuple[int, ...] = ()) -> Span | None:
    """An element at random, of some tags only if any are named; None if there is none."""
    found = [span for span in spans(content) if not tags or span.tag in tags]
    return random.choice(found) if found else None


def length_changed(content: bytes, random: Random) -> bytes:
    span = chosen(content, random)
    if span is None:
        return content
    near = (span.length + random.choice((-2, -1, 1, 2)), span.length * 2, len(content), len(content) - span.value_at)
    return with_length(content, span, random.choice((*ODD_LENGTHS, *near)))


def vr_changed(content: bytes, random: Random) -> bytes:
    span = chosen(content, random)
    if span is None or span.length_at - span.start == 4:  # items and implicit files state none
        return content
    return content[: span.start + 4] + random.choice(ALL_VRS).encode() + content[span.start + 6 :]


def syntax_exchanged(content: bytes, random: Random) -> bytes:
    span = chosen(content, random, (TRANSFER_SYNTAX,))
    return content if span is None else with_value(content, span, random.choice(SYNTAXES).uid.encode().ljust(24, b"\0"))


def size_promised(content: bytes, random: Random) -> bytes:
    return _word_changed(content, random, SIZES)


def descriptor_changed(content: bytes, random: Random) -> bytes:
    return _word_changed(content, random, DESCRIPTORS)


def _word_changed(content: bytes, random: Random, tags: tuple[int, ...]) -> bytes:
    span = chosen(content, random, tags)
    if span is None or span.length < 2:
        return content
    place = span.value_at + 2 * random.randrange(span.length // 2)
    return content[:place] + struct.pack(f"{span.length_format[0]}H", random.choice(ODD_WORDS)) + content[place + 2 :]


def window_changed(content: bytes, random: Random) -> bytes:
    span = chosen(content, random, WINDOWS)
    return content if span is None else with_value(content, span, random.choice(ODD_TEXTS))


def text_changed(content: bytes, random: Random) -> bytes:
    span = chosen(content, random)
    return content if span is None else with_value(content, span, random.choice(ODD_TEXTS))


def character_set_changed(content: bytes, random: Random) -> bytes:
    span = chosen(content, random, (0x00080005,))
    return content if span is None else with_value(content, span, random.choice(ODD_CHARACTER_SETS))


def element_removed(content: bytes, random: Random) -> bytes:
    span = chosen(content, random)
    return content if span is None else content[: span.start] + content[span.end :]


def element_moved(content: bytes, random: Random) -> bytes:
    """One element once more, or somewhere else."""
    span, goal = chosen(content, random), chosen(content, random)
    if span is None or goal is None:
        return content
    element = content[span.start : span.end]
    kept = content if random.random() < 0.5 else content[: span.start] + content[span.end :]
    return kept[: goal.start] + element + kept[goal.start :]


def nested(content: bytes, random: Random) -> bytes:
    """Sequences within sequences, of undefined length, closed or not; a window, an overlay or a LUT may be in them."""
    span = chosen(content, random)
    if span is None:
        return content
    order = span.length_format[0]
    depth = random.choice((1, 2, 30, 300, DEEPEST))
    tag = random.choice(((0x0028, 0x3010), (0x0028, 0x3000), (0x0008, 0x1140), (0x0054, 0x0220), (0x0009, 0x1001)))
    head = struct.pack(f"{order}HH", *tag)
    explicit = span.length_at - span.start != 4 and span.tag >> 16 != ITEM_GROUP
    head += (b"SQ\0\0" if explicit else b"") + struct.pack(f"{order}I", UNDEFINED)
    item = struct.pack(f"{order}HHI", ITEM_GROUP, 0xE000, UNDEFINED)
    ends = struct.pack(f"{order}HHI", ITEM_GROUP, 0xE00D, 0) + struct.pack(f"{order}HHI", ITEM_GROUP, 0xE0DD, 0)
    closed = random.choice((depth, depth, depth - 1, 0, depth + 1))
    inner = content[span.start : span.end] if random.random() < 0.5 else b""
    return content[: span.start] + (head + item) * depth + inner + ends * closed + content[span.start :]


def pixels_changed(content: bytes, random: Random) -> bytes:
    """Some bytes of the pixel data: values, or the code stream with its markers."""
    places = [span for span in spans(content) if span.tag == PIXEL_DATA]
    if not places or places[-1].value_at >= len(content):
        return content
    damaged = bytearray(content)
    for _ in range(random.choice((1, 1, 3, 20))):
        damaged[random.randrange(places[-1].value_at, len(content))] = random.randrange(256)
    return bytes(damaged)


DICOM_MUTATIONS: tuple[Mutation, ...] = (
    length_changed,
    vr_changed,
    syntax_exchanged,
    size_promised,
    descriptor_changed,
    window_changed,
    text_changed,
    character_set_changed,
    element_removed,
    element_moved,
    nested,
    pixels_changed,
)
