"""A cell of the conformance table: a file, the values that were put in, and what the loader makes of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

from bsnet_core.display import default_voi, display_table
from bsnet_core.errors import BSNetError
from bsnet_core.loading import load_radiograph
from tests.dicom_files import chest_dataset

WRONG = "WRONG"
"""Beginning of a result that is a bug."""
GREY_LEVEL_TOLERANCE = 1
IMPLICIT = (ImplicitVRLittleEndian, "1.2.840.10008.1.20")
"""The default transfer syntax, and Papyrus 3."""


@dataclass(frozen=True)
class Cell:
    """One file to load.

    Attributes:
        row: Label of its row.
        column: The variant within the row; cells of one row with one result are shown together.
        content: Makes the file.
        stored: (H, W) stored values that were put in, luminance for colour; None where the file cannot hold any.
        tolerance: Largest difference from `stored` that lossy coding, or rounding to grey, may make.
        shown: (H, W) grey levels by the file's own look-up, or None if they are not compared.
        peers: Whether other programs' stored values are in the same form and can be compared.
    """

    row: str
    column: str
    content: Callable[[], bytes]
    stored: npt.NDArray[np.int64] | None = None
    tolerance: int = 0
    shown: npt.NDArray[np.float64] | None = None
    peers: bool = True

    @property
    def name(self) -> str:
        return f"{self.row} - {self.column}"


def result_of(cell: Cell, path: Path) -> str:
    """What the loader makes of a cell, as the table says it; begins with `WRONG` where values differ."""
    path.write_bytes(cell.content())
    try:
        radiograph = load_radiograph(path, timeout_s=30)
    except BSNetError as error:
        return f"rejected: “{error}”"
    if cell.stored is None:
        return f"{WRONG}: loaded, though there is no such image in it"
    stored = radiograph.stored.astype(np.int64) + radiograph.stored_offset
    if stored.shape != cell.stored.shape:
        return f"{WRONG}: shape {stored.shape}"
    difference = int(np.abs(stored - cell.stored).max())
    if difference > cell.tolerance:
        return f"{WRONG}: stored values differ by up to {difference}, {stored.min()} to {stored.max()}"
    if cell.shown is not None:
        shown = display_table(radiograph, default_voi(radiograph))[radiograph.stored]
        difference = int(np.abs(shown - cell.shown).max())
        if difference > GREY_LEVEL_TOLERANCE:
            return f"{WRONG}: grey levels differ by up to {difference}, {shown.min()} to {shown.max()}"
    return "loaded, exact" if cell.tolerance == 0 else f"loaded, within {cell.tolerance}"


def monochrome(values: npt.NDArray[np.int64], bits: int, *, allocated: int = 16, signed: bool = False) -> Dataset:
    """A CR object of `values`, little endian; any number of bits stored, high bit on top of them."""
    pixels = (values & ((1 << allocated) - 1)).astype(f"<u{allocated // 8}")
    return chest_dataset(pixels, bits, PixelRepresentation=int(signed))


def in_colour(
    pixels: npt.NDArray[Any], photometric: str, planar: int = 0, *, data: bytes | None = None, **tags: Any
) -> Dataset:
    """A CR object of (H, W, 3) samples; `data` replaces them where they lie otherwise in the file."""
    dataset = chest_dataset(
        pixels, SamplesPerPixel=3, PhotometricInterpretation=photometric, PlanarConfiguration=planar, **tags
    )
    if data is not None:
        dataset.PixelData = data
    elif planar:
        dataset.PixelData = np.ascontiguousarray(np.moveaxis(pixels, -1, 0)).tobytes()
    return dataset


def file_of(dataset: Dataset, syntax: str, frame: bytes | None = None) -> bytes:
    """The bytes of a file in any transfer syntax, with its one frame encapsulated unless it is None.

    Written part by part: pydicom writes no transfer syntax that its dictionary lacks.
    """
    if frame is not None:
        dataset.PixelData = encapsulate([frame])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    elif syntax == ExplicitVRBigEndian:
        _swap_words(dataset)  # pydicom leaves the bytes of OW as they are
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    _number(dataset)
    head, body = DicomBytesIO(), DicomBytesIO()
    head.is_little_endian, head.is_implicit_VR = True, False
    write_file_meta_info(head, dataset.file_meta, enforce_standard=True)
    # All but three are explicit and little endian (PS3.5 A.4).
    body.is_little_endian, body.is_implicit_VR = syntax != ExplicitVRBigEndian, syntax in IMPLICIT
    write_dataset(body, dataset)
    content = body.getvalue()
    if syntax == DeflatedExplicitVRLittleEndian:
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        content = packer.compress(content) + packer.flush()
        content += b"\0" * (len(content) % 2)
    return bytes(128) + b"DICM" + head.getvalue() + content


def _number(dataset: Dataset) -> None:
    """Identifiers that are the same every time, so that a file is."""
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if keyword in dataset:
            setattr(dataset, keyword, generate_uid(entropy_srcs=[keyword]))
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["SOPInstanceUID"])


def _swap_words(dataset: Dataset) -> None:
    for element in dataset.iterall():
        if element.VR == "OW" and isinstance(element.value, bytes):
            element.value = np.frombuffer(element.value, "<u2").astype(">u2").tobytes()
