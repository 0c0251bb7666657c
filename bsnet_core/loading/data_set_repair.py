"""Malformed data sets made well-formed: a second File Meta Information, missing delimiters, wrong lengths, garbage.

Only files that are not loaded as they are come here. Values stay as they are; only where they end is put right.

Source: PS3.5 7.1, 7.5, A.4; PS3.10 7.1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from bsnet_core.loading.sniffing import PREAMBLE_BYTES

META_GROUP, TRANSFER_SYNTAX = 0x0002, 0x00020010
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
DELIMITERS = (ITEM, ITEM_END, SEQUENCE_END)
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
ICON_IMAGES = 0x00880200
"""The only sequence of radiographs whose items hold pixels themselves."""
UNDEFINED = 0xFFFFFFFF
DEEPEST = 32


@dataclass(frozen=True, slots=True)
class RepairedFile:
    """A file's content, well-formed up to its pixels, and whether the file ended inside an element."""

    content: bytes
    is_cut_off: bool


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    vr: str
    value: int
    length: int


class _PixelsInItemError(ValueError):
    """The image's pixels lie inside an item: its end and that of its sequence are both missing."""


def repaired_file(content: bytes) -> RepairedFile:
    """The content of a DICOM file with one File Meta Information and a data set that ends with its pixels.

    Raises:
        ValueError: sequences nested too deeply.
        struct.error: too short for a single element.
    """
    head, start, syntax = _file_meta_of(content)
    if syntax == DeflatedExplicitVRLittleEndian or start + 8 > len(content):
        return RepairedFile(head + content[start:], is_cut_off=start >= len(content))
    for by_group in (False, True):
        data_set = _DataSet(content, is_little_endian=syntax != ExplicitVRBigEndian, by_group=by_group)
        try:
            data_set.add_elements(start)
        except _PixelsInItemError:
            continue
        return RepairedFile(head + b"".join(data_set.parts), data_set.is_cut_off)
    raise ValueError("Pixels inside an item.")


def _file_meta_of(content: bytes) -> tuple[bytes, int, str]:
    """Preamble and File Meta Information with the first of each tag, the place behind it, and its transfer syntax."""
    start = PREAMBLE_BYTES + 4 if content[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == b"DICM" else 0
    meta, parts, seen, syntax, position = _DataSet(content), [content[:start]], set[int](), "", start
    while position + 8 <= len(content) and content[position : position + 2] == b"\x02\x00":
        element = meta.element_at(position)
        end = element.value + element.length
        if element.tag not in seen:
            parts.append(content[position:end])
            if element.tag == TRANSFER_SYNTAX:
                syntax = content[element.value : end].rstrip(b"\0 ").decode("ascii", errors="replace")
        seen.add(element.tag)
        position = end
    if not syntax and content[position : position + 1] == b"\0" and content[position + 1 : position + 2] != b"\0":
        syntax = ExplicitVRBigEndian  # the first group, 0008, the other way round
    return b"".join(parts), position, syntax


class _DataSet:
    """Walks through a data set and collects it in parts, with the delimiters that it lacks."""

    def __init__(self, content: bytes, *, is_little_endian: bool = True, by_group: bool = False) -> None:
        self.parts: list[bytes | memoryview] = []
        self.is_cut_off = False
        self._content = content
        self._view = memoryview(content)
        self._order = "<" if is_little_endian else ">"
        self._by_group = by_group

    def element_at(self, position: int) -> _Element:
        """The element that begins at a place; in explicit VR single ones may be implicit.

        Raises:
            struct.error: the file ends before its value.
        """
        group, number, vr, short = struct.unpack_from(f"{self._order}HH2sH", self._content, position)
        tag = group << 16 | number
        if not (vr.isalpha() and vr.isupper()) or group == 0xFFFE:
            (length,) = struct.unpack_from(f"{self._order}L", self._content, position + 4)
            return _Element(tag, "", position + 8, length)
        name = vr.decode("ascii")
        if name not in EXPLICIT_VR_LENGTH_32:
            return _Element(tag, name, position + 8, short)
        (length,) = struct.unpack_from(f"{self._order}L", self._content, position + 8)
        return _Element(tag, name, position + 12, length)

    def add_elements(self, position: int) -> None:
        """Adds the elements from a place on, up to the pixels or the end of the file."""
        is_odd = False
        while position < len(self._content):
            if is_odd and not self._is_known(position) and self._is_known(position + 1):
                position += 1  # padding that the length leaves out
            try:
                element = self.element_at(position)
            except struct.error:
                self.is_cut_off = any(self._view[position:])
                return
            if element.tag in PIXELS:
                self._add_pixels(position, element)
                return
            if element.tag >> 16 == 0xFFFE:  # a delimiter of nothing
                position += 8
                continue
            is_odd = element.length % 2 == 1 and element.length != UNDEFINED
            try:
                position = self._add_element(position, element, 0)
            except EOFError:
                self.is_cut_off = True
                return

    def _is_known(self, position: int) -> bool:
        return dictionary_has_tag(self._tag_at(position) or 0)

    def _add(self, start: int, end: int) -> int:
        if end > len(self._content):
            raise EOFError
        self.parts.append(self._view[start:end])
        return end

    def _add_end(self, tag: int) -> None:
        self.parts.append(struct.pack(f"{self._order}HHL", tag >> 16, tag & 0xFFFF, 0))

    def _add_element(self, position: int, element: _Element, depth: int) -> int:
        end = element.value + element.length
        is_endless = element.length == UNDEFINED or end > len(self._content)
        if not is_endless:
            return self._add(position, end)
        if self._is_sequence(element):
            self._add(position, element.value - 4)
            self.parts.append(struct.pack(f"{self._order}L", UNDEFINED))
            return self._add_items(element, depth + 1)
        if element.length != UNDEFINED:
            raise EOFError
        delimiter = struct.pack(f"{self._order}HHL", SEQUENCE_END >> 16, SEQUENCE_END & 0xFFFF, 0)
        found = self._content.find(delimiter, element.value)
        if found < 0:
            raise EOFError
        return self._add(position, found + len(delimiter))

    def _is_sequence(self, element: _Element) -> bool:
        begins_with_item = self._tag_at(element.value) in (ITEM, SEQUENCE_END)
        if element.vr in ("SQ", "UN"):
            return element.vr == "SQ" or begins_with_item
        try:
            return not element.vr and (begins_with_item or dictionary_VR(element.tag) == "SQ")
        except KeyError:
            return False

    def _tag_at(self, position: int) -> int | None:
        if position + 8 > len(self._content):
            return None
        group, number = struct.unpack_from(f"{self._order}HH", self._content, position)
        return int(group << 16 | number)

    def _add_items(self, sequence: _Element, depth: int) -> int:
        """Adds a sequence's items and its end, which is where no other item begins."""
        if depth > DEEPEST:
            raise ValueError("Sequences are nested too deeply.")
        position = sequence.value
        while self._tag_at(position) == ITEM:
            item = self.element_at(position)
            if item.length == UNDEFINED:
                self._add(position, item.value)
                position = self._add_item(item.value, sequence, depth)
            else:
                position = self._add(position, item.value + item.length)
        self._add_end(SEQUENCE_END)
        return position + 8 if self._tag_at(position) == SEQUENCE_END else position

    def _add_item(self, position: int, sequence: _Element, depth: int) -> int:
        """Adds an item's elements and its end: tags rise inside an item, and its sequence's delimiters are outside."""
        last = -1
        while True:
            tag = self._tag_at(position)
            if tag is None or tag <= last or tag >> 16 == 0xFFFE:
                break
            if self._by_group and tag >> 16 > sequence.tag >> 16:
                break
            if tag in PIXELS and sequence.tag != ICON_IMAGES:
                raise _PixelsInItemError
            position, last = self._add_element(position, self.element_at(position), depth), tag
        self._add_end(ITEM_END)
        return position + 8 if self._tag_at(position) == ITEM_END else position

    def _add_pixels(self, position: int, element: _Element) -> None:
        if element.length != UNDEFINED:
            end = min(element.value + element.length, len(self._content))
            self._add(position, end)
            return
        if self._tag_at(element.value) == ITEM:
            self._add(position, element.value)
            place = element.value
            while self._tag_at(place) == ITEM:
                fragment = self.element_at(place)
                end = min(fragment.value + fragment.length, len(self._content))
                self.parts.append(struct.pack(f"{self._order}HHL", ITEM >> 16, ITEM & 0xFFFF, end - fragment.value))
                place = self._add(fragment.value, end)
            self._add_end(SEQUENCE_END)
            return
        # Uncompressed pixels whose length should have been written.
        end = len(self._content)
        if self._tag_at(end - 8) == SEQUENCE_END:
            end -= 8
        self._add(position, element.value - 4)
        self.parts.append(struct.pack(f"{self._order}L", end - element.value))
        self._add(element.value, end)
