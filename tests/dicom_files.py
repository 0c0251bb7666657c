"""Real DICOM bytes for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import HTJ2K, JPEG2000, UID, ExplicitVRLittleEndian, generate_uid

CR = UID("1.2.840.10008.5.1.4.1.1.1")
DX = UID("1.2.840.10008.5.1.4.1.1.1.1")
CT = UID("1.2.840.10008.5.1.4.1.1.2")


def chest_dataset(pixels: npt.NDArray[Any], bits: int | None = None, **tags: Any) -> Dataset:
    """A CR object around (H, W) integers; `tags` replace or, as None, remove elements."""
    allocated = 8 * pixels.dtype.itemsize
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = CR, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.PatientName, dataset.PatientID = "Test^Patient", "T1"
    dataset.StudyDate, dataset.Modality, dataset.BodyPartExamined = "20200102", "CR", "CHEST"
    dataset.ViewPosition, dataset.PatientOrientation = "PA", ["L", "F"]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.BitsAllocated, dataset.BitsStored = allocated, bits or allocated
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(np.issubdtype(pixels.dtype, np.signedinteger))
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    if len(dataset.PixelData) % 2:
        dataset.PixelData += b"\0"
    dataset["PixelData"].VR = "OW" if allocated > 8 else "OB"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in tags.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CR)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def coded(value: str, meaning: str, scheme: str = "SCT") -> Dataset:
    """An item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def write_dicom(path: Path, pixels: npt.NDArray[Any], bits: int | None = None, **tags: Any) -> Path:
    """Writes `chest_dataset` uncompressed."""
    chest_dataset(pixels, bits, **tags).save_as(path, enforce_file_format=True)
    return path


def write_compressed(path: Path, pixels: npt.NDArray[Any], syntax: UID, bits: int | None = None, **tags: Any) -> Path:
    """Writes `chest_dataset` compressed by one of pydicom's encoders."""
    dataset = chest_dataset(pixels, bits, **tags)
    dataset.compress(syntax, generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_encapsulated(
    path: Path, pixels: npt.NDArray[Any], frame: bytes, syntax: UID, bits: int | None = None, **tags: Any
) -> Path:
    """Writes an already encoded frame; `pixels` gives size and type."""
    dataset = chest_dataset(pixels, bits, **tags)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    return save_as_stated(path, dataset)


def save_as_stated(path: Path, dataset: Dataset) -> Path:
    """Saves a dataset of explicit VR, little endian, also with a transfer syntax that pydicom does not know."""
    stated = dataset.file_meta.TransferSyntaxUID
    if stated.is_transfer_syntax:
        dataset.save_as(path, enforce_file_format=True)
        return path
    padded = stated.encode() + b"\0" * (len(stated) % 2)
    (known,) = (uid for uid in (JPEG2000, HTJ2K) if len(uid) + len(uid) % 2 == len(padded))
    dataset.file_meta.TransferSyntaxUID = known
    dataset.save_as(path, enforce_file_format=True)
    path.write_bytes(path.read_bytes().replace(known.encode() + b"\0" * (len(known) % 2), padded, 1))
    return path


def ramp(height: int = 160, width: int = 200, bits: int = 12, dtype: Any = np.uint16) -> npt.NDArray[Any]:
    """Dark on the left, bright on the right, a little brighter downwards; uses the full range of `bits`."""
    columns = np.linspace(0.0, 0.9, width)[None, :]
    rows = np.linspace(0.0, 0.1, height)[:, None]
    return np.rint((columns + rows) * ((1 << bits) - 1)).astype(dtype)
