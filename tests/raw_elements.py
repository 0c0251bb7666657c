"""DICOM files element by element, so that they may be malformed in every way."""

from __future__ import annotations

import struct

import numpy as np

from tests.dicom_files import CR, ramp

LONG = frozenset({"OB", "OW", "SQ", "UN", "UT", "OF", "OD"})
UNDEFINED = 0xFFFFFFFF
EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


class Writer:
    """Writes elements in one encoding."""

    def __init__(self, syntax: str = EXPLICIT) -> None:
        self.is_implicit, self.order = syntax == IMPLICIT, ">" if syntax == BIG else "<"

    def element(self, tag: int, vr: str, value: bytes = b"", length: int | None = None) -> bytes:
        """One element; `length` may differ from its value's."""
        length = len(value) if length is None else length
        name = struct.pack(f"{self.order}HH", tag >> 16, tag & 0xFFFF)
        if self.is_implicit or tag >> 16 == 0xFFFE:
            return name + struct.pack(f"{self.order}L", length) + value
        if vr in LONG:
            return name + vr.encode() + b"\0\0" + struct.pack(f"{self.order}L", length) + value
        return name + vr.encode() + struct.pack(f"{self.order}H", length) + value

    def delimiter(self, tag: int, length: int = 0) -> bytes:
        """Beginning or end of an item, or end of a sequence."""
        return self.element(tag, "", b"", length)

    def shorts(self, tag: int, *values: int) -> bytes:
        """An element of VR US."""
        return self.element(tag, "US", struct.pack(f"{self.order}{len(values)}H", *values))

    def text(self, tag: int, vr: str, value: str) -> bytes:
        """An element of text, padded."""
        content = value.encode()
        return self.element(tag, vr, content + (b"\0" if vr == "UI" else b" ") * (len(content) % 2))


def file_meta(syntax: str = EXPLICIT, *, length: int | None = None) -> bytes:
    """Group 0002 with its length."""
    writer = Writer()
    rest = writer.element(0x00020001, "OB", b"\0\1")
    rest += (
        writer.text(0x00020002, "UI", CR)
        + writer.text(0x00020003, "UI", "1.2.3")
        + writer.text(0x00020010, "UI", syntax)
    )
    return writer.element(0x00020000, "UL", struct.pack("<L", len(rest) if length is None else length)) + rest


def identity(writer: Writer) -> bytes:
    """Class, date and modality."""
    return (
        writer.text(0x00080016, "UI", CR)
        + writer.text(0x00080018, "UI", "1.2.3")
        + writer.text(0x00080020, "DA", "20200102")
        + writer.text(0x00080060, "CS", "CR")
    )


def patient(writer: Writer) -> bytes:
    """Name, number and body part."""
    return (
        writer.text(0x00100010, "PN", "Test^Patient")
        + writer.text(0x00100020, "LO", "T1")
        + writer.text(0x00180015, "CS", "CHEST")
    )


def image_tags(writer: Writer) -> bytes:
    """Group 0028 of `ramp` in 12 bits."""
    rows, columns = ramp().shape
    return (
        writer.shorts(0x00280002, 1)
        + writer.text(0x00280004, "CS", "MONOCHROME2")
        + writer.shorts(0x00280010, rows)
        + writer.shorts(0x00280011, columns)
        + writer.shorts(0x00280100, 16)
        + writer.shorts(0x00280101, 12)
        + writer.shorts(0x00280102, 11)
        + writer.shorts(0x00280103, 0)
    )


def pixel_bytes(writer: Writer) -> bytes:
    """`ramp` in the byte order of the encoding."""
    return ramp().astype(np.dtype(f"{writer.order}u2")).tobytes()


def pixels(writer: Writer) -> bytes:
    """Pixel Data of `ramp`."""
    return writer.element(0x7FE00010, "OW", pixel_bytes(writer))


def with_preamble(content: bytes) -> bytes:
    """Preamble and signature before the rest."""
    return bytes(128) + b"DICM" + content
