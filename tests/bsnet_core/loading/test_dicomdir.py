"""DICOMDIR: the files it names open, and it opens nothing else."""

import os
import shutil

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage, generate_uid

from bsnet_core.errors import ImageTooLargeError, UnreadableImageError
from bsnet_core.loading import UnpackedArchives, dicomdir, images_in, load_radiograph
from tests.dicom_files import ramp, write_dicom


@pytest.fixture
def archives():
    with UnpackedArchives() as archives:
        yield archives


@pytest.fixture
def medium(tmp_path):
    return write_medium(tmp_path / "medium", images=3)


def write_medium(folder, images, side_px=None):
    """A medium with films, as PS3.3 F.3 lays its directory out, and a program beside them."""
    (folder / "PT000000").mkdir(parents=True)
    records = [record_of(kind) for kind in ("PATIENT", "STUDY", "SERIES")]
    pixels = ramp() if side_px is None else ramp(side_px, side_px)
    for number in range(images):
        image = write_dicom(folder / "PT000000" / f"IM00000{number}", pixels, 12, PatientID=f"P{number}")
        records.append(record_of("IMAGE", ["PT000000", image.name]))
    directory = Dataset()
    directory.FileSetID = "TEST"
    directory.FileSetConsistencyFlag = 0
    directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    directory.DirectoryRecordSequence = records
    directory.file_meta = FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.save_as(folder / "DICOMDIR", enforce_file_format=True)
    (folder / "VIEWER.EXE").write_bytes(b"MZ" + bytes(400))
    return folder


def record_of(kind, parts=None):
    record = Dataset()
    record.DirectoryRecordType = kind
    record.RecordInUseFlag = 0xFFFF
    record.OffsetOfTheNextDirectoryRecord = record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    if parts:
        record.ReferencedFileID = parts
    return record


def named_by(medium):
    records = pydicom.dcmread(medium / "DICOMDIR").DirectoryRecordSequence
    return [medium.joinpath(*record.ReferencedFileID) for record in records if record.DirectoryRecordType == "IMAGE"]


def rename_first_image(medium, parts):
    directory = pydicom.dcmread(medium / "DICOMDIR")
    record = next(record for record in directory.DirectoryRecordSequence if record.DirectoryRecordType == "IMAGE")
    record.ReferencedFileID = parts
    directory.save_as(medium / "DICOMDIR")


def test_a_dicomdir_and_its_folder_give_the_films_it_names(medium, archives):
    images = named_by(medium)
    assert len(images) == 3
    for opened in (medium / "DICOMDIR", medium):
        found = images_in(opened, archives)
        assert list(found.files) == images
        assert found.rejections == ()
    assert load_radiograph(found.files[0]).shape == ramp().shape


def test_a_dicomdir_is_known_by_its_content(medium, archives):
    (medium / "DICOMDIR").rename(medium / "index.dcm")
    found = images_in(medium / "index.dcm", archives)
    shutil.copy(medium / "index.dcm", medium / "DICOMDIR")
    assert list(found.files) == named_by(medium)


def test_names_are_found_whatever_a_copy_did_to_their_case(medium, archives):
    images = named_by(medium)
    images[0].rename(images[0].with_name(images[0].name.lower() + ";1"))
    (medium / "DICOMDIR").rename(medium / "dicomdir")
    found = images_in(medium, archives)
    assert len(found.files) == 3
    assert found.rejections == ()


def test_missing_films_are_told_once_and_the_others_open(medium, archives):
    images = named_by(medium)
    images[0].unlink()
    images[2].unlink()
    found = images_in(medium, archives)
    assert list(found.files) == [images[1]]
    ((where, error),) = found.rejections
    assert where == medium / "DICOMDIR"
    assert str(error).startswith("2 files listed in this DICOMDIR are missing")


@pytest.mark.parametrize(
    "parts",
    [
        ["..", "secret.dcm"],
        ["..\\secret.dcm"],
        ["PT000000", "..", "..", "secret.dcm"],
        ["../secret.dcm"],
        ["/etc", "passwd"],
        ["C:", "secret.dcm"],
        ["."],
    ],
)
def test_no_entry_leads_out_of_the_folder(medium, archives, tmp_path, parts):
    write_dicom(tmp_path / "secret.dcm", ramp(), 12)
    rename_first_image(medium, parts)
    found = images_in(medium / "DICOMDIR", archives)
    assert list(found.files) == named_by(medium)[1:]
    ((_, error),) = found.rejections
    assert "1 entry of this DICOMDIR leads outside" in str(error)


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
def test_links_that_lead_out_are_not_followed(medium, archives, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = write_dicom(outside / "SECRET", ramp(), 12)
    (medium / "FILE").symlink_to(secret)
    (medium / "FOLDER").symlink_to(outside)
    (medium / "LOOP").symlink_to(medium / "LOOP")
    for parts in (["FILE"], ["FOLDER", "SECRET"], ["LOOP"]):
        rename_first_image(medium, parts)
        found = images_in(medium / "DICOMDIR", archives)
        assert list(found.files) == named_by(medium)[1:], parts
        assert len(found.rejections) == 1


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
def test_a_link_inside_the_folder_is_followed(medium, archives):
    images = named_by(medium)
    (medium / "LINK").symlink_to(images[2])
    rename_first_image(medium, ["LINK"])
    assert list(images_in(medium, archives).files) == [medium / "LINK", *images[1:], images[0]]


def test_a_damaged_dicomdir_is_said_and_its_folder_opens_all_the_same(medium, archives):
    content = (medium / "DICOMDIR").read_bytes()
    (medium / "DICOMDIR").write_bytes(content[: len(content) // 2])
    with pytest.raises(UnreadableImageError, match="DICOMDIR"):
        images_in(medium / "DICOMDIR", archives)
    images = {path for path in medium.rglob("IM*") if path.is_file()}
    assert len(images) == 3
    assert images <= set(images_in(medium, archives).files)


def test_a_dicomdir_without_images_and_one_of_no_likely_size(medium, archives, monkeypatch):
    directory = pydicom.dcmread(medium / "DICOMDIR")
    directory.DirectoryRecordSequence = []
    directory.save_as(medium / "DICOMDIR")
    with pytest.raises(UnreadableImageError, match="lists no images"):
        images_in(medium / "DICOMDIR", archives)
    monkeypatch.setattr(dicomdir, "MAX_BYTES", 100)
    with pytest.raises(ImageTooLargeError, match="large"):
        images_in(medium / "DICOMDIR", archives)


def test_other_files_are_no_dicomdir(medium, archives, tmp_path):
    image = write_dicom(tmp_path / "DICOMDIR", ramp(), 12)
    for path in (image, tmp_path / "missing", tmp_path / ("x" * 300)):
        assert images_in(path, archives).files == (path,)
