"""A DICOM file opened: with or without preamble and meta header, deflated without end, and nothing logged."""

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

from bsnet_core.errors import (
    ImageTooLargeError,
)
from bsnet_core.loading import dicom_file, load_radiograph
from tests.dicom_files import CT, chest_dataset, ramp, write_dicom

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


def test_a_deflated_file_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    import zlib

    from pydicom.dataset import FileMetaDataset
    from pydicom.filewriter import write_file_meta_info

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CT, generate_uid()
    meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(32 * 1024**2)
    monkeypatch.setattr(dicom_file, "MAX_INFLATED_BYTES", 64 * 1024**2)
    with (tmp_path / "bomb").open("wb") as file:
        file.write(bytes(128) + b"DICM")
        write_file_meta_info(file, meta)
        for _ in range(3):
            file.write(packer.compress(zeros))
        file.write(packer.flush())
    with pytest.raises(ImageTooLargeError, match="unpacks to over"):
        load_radiograph(tmp_path / "bomb")


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_files_without_preamble_and_without_file_meta(tmp_path, syntax):
    pixels = ramp(bits=12)
    dataset = chest_dataset(pixels, 12)
    del dataset.file_meta
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = pixels.astype(">u2").tobytes()
    dataset.save_as(tmp_path / "a", little_endian=syntax.is_little_endian, implicit_vr=syntax.is_implicit_VR)
    assert np.array_equal(load_radiograph(tmp_path / "a").stored, pixels)


def test_a_preamble_that_begins_like_a_tiff_is_still_dicom(tmp_path):
    pixels = ramp(bits=12)
    dataset = chest_dataset(pixels, 12, PhotometricInterpretation="MONOCHROME1")
    dataset.preamble = b"II*\0" + bytes(124)
    dataset.save_as(tmp_path / "dual.tif", enforce_file_format=True)
    assert load_radiograph(tmp_path / "dual.tif").monochrome1


def test_nothing_of_the_patient_is_logged(tmp_path, caplog):
    path = write_dicom(tmp_path / "a", ramp(), 12, SpecificCharacterSet="ISO_IR 987", PatientName="Secret^" + "x" * 80)
    with caplog.at_level("DEBUG"):
        load_radiograph(path)
    assert "Secret" not in caplog.text
