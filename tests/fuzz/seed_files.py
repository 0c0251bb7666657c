"""The sound files that are damaged: one of each row of the conformance table, one with every kind of tag, archives."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)

from tests.conformance.cells import file_of, monochrome
from tests.conformance.image_files import pillow
from tests.conformance.look_up_tables import rescale, table, window
from tests.conformance.synthetic_image import grey
from tests.conformance.table import sections
from tests.dicom_files import coded

DICOMDIR = "DICOMDIR"
RICH = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


@lru_cache(maxsize=1)
def seed_files() -> tuple[tuple[str, Callable[[], bytes]], ...]:
    """Names and makers of all seeds; those with most to damage several times."""
    by_rows = [
        (cell.name, lru_cache(maxsize=1)(cell.content))
        for section in sections()
        for _, cells in groupby(section.cells, key=lambda cell: cell.row)
        for cell in (list(cells) if section.heading == "Image files" else [next(cells)])
        if cell.stored is not None
    ]
    rich = [
        (f"every kind of tag, {syntax}", lru_cache(maxsize=1)(lambda syntax=syntax: rich_dicom(syntax)))
        for syntax in RICH
    ]
    archives = [
        ("ZIP", lru_cache(maxsize=1)(zipped)),
        (DICOMDIR, lru_cache(maxsize=1)(directory)),
        ("gzip", lru_cache(maxsize=1)(lambda: gzip.compress(rich_dicom(ExplicitVRLittleEndian), mtime=0))),
        ("Zstandard", lru_cache(maxsize=1)(lambda: bytes(imagecodecs.zstd_encode(rich_dicom(ExplicitVRLittleEndian))))),
        ("tar", lru_cache(maxsize=1)(tarred)),
    ]
    return (*by_rows, *rich * 12, *archives * 3)


def rich_dicom(syntax: str) -> bytes:
    """A file with windows, look-up tables, overlays, shutter, padding, nested codes, private tags and text."""
    dataset = monochrome(grey(12), 12)
    for change in (
        window(1900, 2400, "SIGMOID", PixelPaddingValue=0, PixelPaddingRangeLimit=3, PresentationLUTShape="IDENTITY"),
        table("VOILUTSequence", 256, 100, 12, words=True),
        table("ModalityLUTSequence", 256, 0, 16, words=True),
        rescale("1.5", "-1024"),
    ):
        change(dataset, False)
    dataset.PatientName, dataset.PatientAge, dataset.PatientBirthDate = "Test^Patient=試験", "045Y", "19750102"
    dataset.StudyTime, dataset.ImageLaterality, dataset.BurnedInAnnotation = "101112.5", "U", "NO"
    dataset.PixelSpacing, dataset.ImagerPixelSpacing, dataset.PixelAspectRatio = (
        ["0.2", "0.2"],
        ["0.14", "0.14"],
        [1, 1],
    )
    dataset.EstimatedRadiographicMagnificationFactor = "1.1"
    dataset.NumberOfFrames = 1
    dataset.ShutterShape = ["RECTANGULAR", "CIRCULAR", "POLYGONAL"]
    dataset.ShutterLeftVerticalEdge, dataset.ShutterRightVerticalEdge = 2, 60
    dataset.ShutterUpperHorizontalEdge, dataset.ShutterLowerHorizontalEdge = 2, 40
    dataset.CenterOfCircularShutter, dataset.RadiusOfCircularShutter = [24, 32], 20
    dataset.VerticesOfThePolygonalShutter = [1, 1, 1, 60, 40, 60, 40, 1]
    for tag, vr, value in (
        (0x10, "US", 48),
        (0x11, "US", 64),
        (0x22, "LO", "marks"),
        (0x40, "CS", "G"),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 1),
        (0x102, "US", 0),
        (0x3000, "OW", bytes(384)),
    ):
        dataset.add_new(0x60000000 | tag, vr, value)
    view = coded("399348003", "antero-posterior")
    view.ViewModifierCodeSequence = Sequence([coded("1", "inner")])
    dataset.ViewCodeSequence = Sequence([view])
    dataset.AnatomicRegionSequence = Sequence([coded("43799004", "Chest")])
    block = dataset.private_block(0x0019, "SOME MAKER", create=True)
    block.add_new(0x01, "LO", "private text")
    block.add_new(0x02, "UN", b"\x01\x02\x03\x04")
    return file_of(dataset, syntax)


def zipped() -> bytes:
    """An archive of two DICOM files, a PNG and a text, by two methods."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in archived():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED if name.endswith("dcm") else zipfile.ZIP_STORED
            archive.writestr(info, content)
    return buffer.getvalue()


def tarred() -> bytes:
    """The same files in a tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in archived():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def archived() -> tuple[tuple[str, bytes], ...]:
    """Names and contents of the files in an archive."""
    return (
        ("folder/one.dcm", rich_dicom(ExplicitVRLittleEndian)),
        ("folder/two.dcm", rich_dicom(ImplicitVRLittleEndian)),
        ("image.png", pillow("PNG", grey(8).astype(np.uint8))),
        ("notes.txt", b"no image"),
    )


def directory() -> bytes:
    """A DICOMDIR that names a file IMAGES/A beside it (PS3.3 annex F)."""
    dataset = monochrome(grey(8), 8)
    for keyword in [element.keyword for element in dataset]:
        delattr(dataset, keyword)
    dataset.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    dataset.FileSetID, dataset.FileSetConsistencyFlag = "TEST", 0
    dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    dataset.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    records = []
    for kind in ("PATIENT", "STUDY", "SERIES", "IMAGE"):
        record = Dataset()
        record.OffsetOfTheNextDirectoryRecord = 0
        record.RecordInUseFlag = 0xFFFF
        record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
        record.DirectoryRecordType = kind
        if kind == "IMAGE":
            record.ReferencedFileID = ["IMAGES", "A"]
        records.append(record)
    dataset.DirectoryRecordSequence = Sequence(records)
    return file_of(dataset, ExplicitVRLittleEndian)
