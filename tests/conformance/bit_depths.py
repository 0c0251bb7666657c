"""Bits Allocated, Bits Stored, High Bit and sign of uncompressed pixels (PS3.5 8.1.1), and floating-point pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tests.conformance.cells import Cell, file_of, monochrome
from tests.conformance.synthetic_image import grey
from tests.dicom_files import chest_dataset

SYNTAXES = {
    "explicit little endian": ExplicitVRLittleEndian,
    "implicit little endian": ImplicitVRLittleEndian,
    "explicit big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
CHECKED_BY_PEERS = ("explicit little endian",)


@dataclass(frozen=True)
class Bits:
    """One row: the four attributes as a file states them."""

    allocated: int
    stored: int
    high: int
    signed: bool = False

    @property
    def label(self) -> str:
        return f"{self.allocated} | {self.stored} | {self.high} | {'signed' if self.signed else 'unsigned'}"

    @property
    def shift(self) -> int:
        return self.high + 1 - self.stored


UNSIGNED = tuple(
    Bits(*bits)
    for bits in (
        (8, 4, 3),
        (8, 6, 5),
        (8, 6, 7),
        (8, 7, 6),
        (8, 8, 7),
        (16, 8, 7),
        (16, 9, 8),
        (16, 10, 9),
        (16, 11, 10),
        (16, 12, 11),
        (16, 12, 13),
        (16, 12, 15),
        (16, 13, 12),
        (16, 14, 13),
        (16, 15, 14),
        (16, 16, 15),
        (24, 24, 23),
        (32, 8, 7),
        (32, 12, 11),
        (32, 16, 15),
        (32, 16, 31),
        (32, 24, 23),
        (32, 32, 31),
        (64, 64, 63),
    )
)
SIGNED = tuple(
    Bits(*bits, signed=True)
    for bits in (
        (8, 7, 6),
        (8, 8, 7),
        (16, 8, 7),
        (16, 10, 9),
        (16, 12, 11),
        (16, 12, 15),
        (16, 14, 13),
        (16, 15, 14),
        (16, 16, 15),
        (32, 12, 11),
        (32, 16, 15),
        (32, 32, 31),
    )
)


def cells() -> Iterator[Cell]:
    """One cell per row and uncompressed transfer syntax."""
    for name, syntax in SYNTAXES.items():
        yield Cell("1 | 1 | 0 | unsigned", name, partial(_bitmap, syntax), grey(1))
    for bits in (*UNSIGNED, *SIGNED):
        for name, syntax in SYNTAXES.items():
            values, by_peers = grey(bits.stored, signed=bits.signed), name in CHECKED_BY_PEERS
            yield Cell(bits.label, name, partial(_words, bits, syntax), values, peers=by_peers)
    for label, content in (
        ("12 | 12 | 11 | unsigned", _packed),
        ("32 | float | – | –", partial(_floating, "FloatPixelData", "<f4")),
        ("64 | double | – | –", partial(_floating, "DoubleFloatPixelData", "<f8")),
    ):
        yield Cell(label, "explicit little endian", content, grey(12), peers=False)


def _words(bits: Bits, syntax: str) -> bytes:
    """Values at their place; the bits below and above them hold ones here and there, which are no part of the image."""
    values = grey(bits.stored, signed=bits.signed).astype(object)
    rubbish = (np.arange(values.size) % 3 == 0).reshape(values.shape)
    kept = ((1 << bits.stored) - 1) << bits.shift
    words = np.where(rubbish, ((1 << bits.allocated) - 1) & ~kept, 0) | ((values << bits.shift) & kept)
    dataset = monochrome(np.zeros(values.shape, np.int64), bits.stored, signed=bits.signed)
    dataset.BitsAllocated, dataset.HighBit = bits.allocated, bits.high
    # Wider pixels in big endian have all their bytes in reverse order, as in pydicom's test files (`rtdose_expb.dcm`);
    # dcmtk and GDCM would swap words of 16 bits. The VR keeps `file_of` from swapping what is in order already.
    order: Literal["big", "little"] = "big" if syntax == ExplicitVRBigEndian else "little"
    dataset.PixelData = b"".join(int(word).to_bytes(bits.allocated // 8, order) for word in words.ravel())
    dataset["PixelData"].VR = "OB"
    content = file_of(dataset, syntax)
    return content.replace(b"\x7f\xe0\x00\x10OB", b"\x7f\xe0\x00\x10OW") if bits.allocated > 8 else content


def _bitmap(syntax: str) -> bytes:
    packed = np.packbits(grey(1).astype(np.uint8).ravel(), bitorder="little").tobytes()
    dataset = monochrome(grey(1), 1)
    dataset.BitsAllocated, dataset.PixelData = 1, packed
    dataset["PixelData"].VR = "OB"
    return file_of(dataset, syntax)


def _packed() -> bytes:
    """Twelve bits in twelve, as ACR-NEMA allowed."""
    pairs = grey(12).ravel().reshape(-1, 2)
    data = b"".join(int(low | high << 12).to_bytes(3, "little") for low, high in pairs)
    dataset = monochrome(grey(12), 12)
    dataset.BitsAllocated, dataset.PixelData = 12, data
    return file_of(dataset, ExplicitVRLittleEndian)


def _floating(keyword: str, dtype: str) -> bytes:
    dataset: Dataset = chest_dataset(grey(12).astype(np.uint16), 12)
    for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, name)
    values = grey(12).astype(dtype)
    dataset.BitsAllocated = 8 * values.dtype.itemsize
    setattr(dataset, keyword, values.tobytes())
    return file_of(dataset, ExplicitVRLittleEndian)
