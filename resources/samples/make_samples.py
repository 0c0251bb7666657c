"""Write the bundled sample images, made from the COVID-19 image repository of Hannover Medical School.

Usage: python resources/samples/make_samples.py HANNOVER_FOLDER
where HANNOVER_FOLDER contains `metadata.csv` and `images/`. Every run gives the same files.
"""

from __future__ import annotations

import argparse
import csv
import datetime
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

COMPUTED_RADIOGRAPHY = UID("1.2.840.10008.5.1.4.1.1.1")
SECONDARY_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7")
"""Used for DX images: a DX object must state its detector's pixel spacing, which the repository does not give."""
NEUTRAL_ADMISSION = datetime.date(2020, 1, 1)
IMAGE_COMMENTS = (
    "Made from image {image} of the COVID-19 image repository, Hannover Medical School, doi 10.25835/0090041, "
    "CC BY 3.0. 8-bit picture wrapped as DICOM; the date is synthetic: day of stay counted from 1 January 2020."
)
"""The wording is that of the bundled files; another one would change them."""

ENCODERS = {JPEGLSLossless: "pyjpegls", JPEG2000Lossless: "pylibjpeg", RLELossless: "pylibjpeg"}
"""pydicom's name of the library that writes each transfer syntax."""


@dataclass(frozen=True)
class SampleImage:
    """One file to write.

    Attributes:
        file: Name of the file.
        source: Identifier of the image in the repository.
        syntax: Transfer syntax.
        monochrome1: Whether low values are stored as bright.
    """

    file: str
    source: str
    syntax: UID
    monochrome1: bool = False


SAMPLES = (
    SampleImage("01-hannover-52eb2633-day0.dcm", "27a70642", JPEGLSLossless),
    SampleImage("02-hannover-52eb2633-day4.dcm", "e53ea41a", JPEG2000Lossless),
    SampleImage("03-hannover-52eb2633-day8.dcm", "ce68550a", JPEGLSLossless, monochrome1=True),
    SampleImage("04-hannover-5c10b6aa-day0.dcm", "2fdd55b8", RLELossless),
    SampleImage("05-hannover-327d82ca-day0.dcm", "441c9cdd", ExplicitVRLittleEndian),
)


def main() -> None:
    """Write every sample beside this script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hannover", type=Path)
    folder = parser.parse_args().hannover
    with (folder / "metadata.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["image_id"]: row for row in csv.DictReader(file)}
    for sample in SAMPLES:
        with Image.open(folder / "images" / f"{sample.source}.jpg") as image:
            pixels = np.asarray(image.convert("L"))
        write_sample(Path(__file__).with_name(sample.file), pixels, rows[sample.source], sample)


def write_sample(path: Path, pixels: np.ndarray, row: dict[str, str], sample: SampleImage) -> None:
    """Write one image as a CR object, or a DX image as a secondary capture.

    Args:
        path: The file to write.
        pixels: (H, W) uint8, bone bright.
        row: The image's row of the repository's `metadata.csv`.
        sample: How to store it.
    """
    modality, day = row["modality"], -int(row["admission_offset"])
    date = (NEUTRAL_ADMISSION + datetime.timedelta(days=day)).strftime("%Y%m%d")
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = COMPUTED_RADIOGRAPHY if modality == "CR" else SECONDARY_CAPTURE
    if modality != "CR":
        dataset.ConversionType = "WSD"
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["bsnet-viewer sample", sample.source])
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=["bsnet-viewer sample study", sample.source])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=["bsnet-viewer sample series", sample.source])
    dataset.PatientName = f"Hannover^{row['patient_id']}"
    dataset.PatientID = row["patient_id"]
    dataset.PatientBirthDate = ""
    dataset.PatientSex = row["sex"].upper()
    dataset.StudyDate = dataset.AcquisitionDate = dataset.ContentDate = date
    dataset.StudyTime = dataset.ContentTime = "120000"
    dataset.StudyID = "1"
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = f"Chest {row['projection'].upper()}, day {day} (synthetic date)"
    dataset.InstitutionName = "Hannover Medical School (public repository)"
    dataset.Manufacturer = ""
    dataset.Modality = modality
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.BodyPartExamined = "CHEST"
    dataset.ViewPosition = row["projection"].upper()
    dataset.PatientOrientation = ["L", "F"]
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.ImageComments = IMAGE_COMMENTS.format(image=sample.source)
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    dataset.LossyImageCompressionRatio = "10"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME1" if sample.monochrome1 else "MONOCHROME2"
    dataset.PresentationLUTShape = "INVERSE" if sample.monochrome1 else "IDENTITY"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.WindowCenter, dataset.WindowWidth = "128", "256"
    dataset.PixelData = (255 - pixels if sample.monochrome1 else pixels).tobytes()
    if pixels.size % 2:
        dataset.PixelData += b"\0"
    dataset["PixelData"].VR = "OB"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    if sample.syntax != ExplicitVRLittleEndian:
        # By name: with another library installed pydicom would take that one, and the bytes would differ.
        encoder = ENCODERS[sample.syntax]
        dataset.compress(sample.syntax, generate_instance_uid=False, encoding_plugin=encoder)
    dataset.save_as(path, enforce_file_format=True)


if __name__ == "__main__":
    main()
