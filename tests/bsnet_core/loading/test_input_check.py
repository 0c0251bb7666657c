"""What is refused, with which code and which sentence."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import MPEG4HP41, JPEGLSLossless, generate_uid

from bsnet_core.errors import (
    BSNetError,
    ImageTooLargeError,
    NotAdultError,
    RejectionCode,
    UnreadableImageError,
    UnsuitableImageError,
    UnsupportedObjectError,
)
from bsnet_core.loading import dicom, find_images, load_radiograph
from bsnet_core.loading.input_check import reject_unsuitable
from tests.dicom_files import CT, chest_dataset, ramp, write_compressed, write_dicom, write_encapsulated

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")

MR = "1.2.840.10008.5.1.4.1.1.4"
STRUCTURED_REPORT = "1.2.840.10008.5.1.4.1.1.88.11"
MAMMOGRAPHY = "1.2.840.10008.5.1.4.1.1.1.2"


def image(tmp_path, pixels=None, **tags):
    return load_radiograph(write_dicom(tmp_path / "film", ramp() if pixels is None else pixels, None, **tags))


@pytest.mark.parametrize(
    ("sop_class", "modality"),
    [(CT, "CT"), (MR, "MR"), (CT, "CR"), (MAMMOGRAPHY, "MG"), (STRUCTURED_REPORT, "SR"), (None, "US")],
)
def test_objects_that_are_no_radiograph(tmp_path, sop_class, modality):
    tags = {"SOPClassUID": sop_class} if sop_class else {}
    with pytest.raises(UnsupportedObjectError, match="not a plain chest radiograph") as rejection:
        image(tmp_path, Modality=modality, **tags)
    assert rejection.value.code is RejectionCode.UNSUPPORTED_OBJECT


@pytest.mark.parametrize("modality", ["CR", "DX", "RG", "OT", "", "cr "])
def test_modalities_of_radiographs_are_read(tmp_path, modality):
    assert image(tmp_path, Modality=modality).shape == ramp().shape


def test_multi_frame_is_refused_with_the_count(tmp_path):
    frames = np.concatenate([ramp(), ramp()])
    with pytest.raises(UnsupportedObjectError, match="2 frames"):
        image(tmp_path, frames, NumberOfFrames=2, Rows=ramp().shape[0])


def test_a_film_is_refused_by_its_compression(tmp_path):
    path = write_encapsulated(tmp_path / "a", ramp(), b"\0\0\0\1", MPEG4HP41, 12)
    with pytest.raises(UnsupportedObjectError, match="MPEG-4"):
        load_radiograph(path)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"PixelData": None}, "holds no image"),
        ({"Rows": 0}, "without rows or columns"),
        ({"Columns": 0}, "without rows or columns"),
        ({"Rows": None, "Columns": None}, "holds no image"),
        ({"Rows": 2000, "Columns": 2000}, "cut off"),
        ({"PixelData": b"\0\0"}, "cut off"),
    ],
)
def test_files_without_a_whole_picture(tmp_path, change, match):
    path = write_dicom(tmp_path / "a", ramp(), 12, **change)
    with pytest.raises(UnreadableImageError, match=match) as rejection:
        load_radiograph(path)
    assert rejection.value.code is RejectionCode.UNREADABLE


def test_compressed_file_without_pixels(tmp_path):
    dataset = chest_dataset(ramp(), 12)
    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    del dataset.PixelData
    dataset.save_as(tmp_path / "a", enforce_file_format=True)
    with pytest.raises(UnreadableImageError, match="holds no image"):
        load_radiograph(tmp_path / "a")


def test_a_huge_declared_size_is_refused_before_anything_is_allocated(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, Rows=65535, Columns=65535)
    with pytest.raises(ImageTooLargeError, match="65535 × 65535") as rejection:
        load_radiograph(path)
    assert rejection.value.code is RejectionCode.TOO_LARGE


def test_a_compressed_picture_of_another_size_than_declared(tmp_path):
    path = write_compressed(tmp_path / "a", ramp(), JPEGLSLossless, 12)
    content = path.read_bytes()
    rows = (160).to_bytes(2, "little")
    header = b"\x28\x00\x10\x00US\x02\x00"
    assert content.count(header + rows) == 1
    path.write_bytes(content.replace(header + rows, header + (161).to_bytes(2, "little")))
    with pytest.raises(UnreadableImageError, match="another size"):
        load_radiograph(path)


def test_24_bit_grey_is_refused(tmp_path):
    with pytest.raises(UnsupportedObjectError, match="32 bits"):
        image(tmp_path, np.zeros((140, 140), np.uint32))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "empty"),
        (b"hello, this is a letter " * 20, "neither DICOM nor"),
        (bytes(4000), "neither DICOM nor"),
        (bytes(128) + b"DICM", "neither DICOM nor"),
        (bytes(128) + b"DICM" + b"\xff" * 300, "damaged|neither"),
        (b"\x08\x00\x05\x00" + b"\xff" * 300, "damaged|neither"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0", "damaged"),
        (b"II*\0", "damaged"),
    ],
)
def test_files_that_are_no_image(tmp_path, content, match):
    (tmp_path / "a.dcm").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=match):
        load_radiograph(tmp_path / "a.dcm")


def test_missing_file_folder_and_pipe(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none.dcm", tmp_path, tmp_path / "pipe", tmp_path / ("x" * 300)):
        with pytest.raises(UnreadableImageError):
            load_radiograph(path)


@pytest.fixture
def without_rights():
    """Runs the test as a user whom permissions bind."""
    import os

    if not hasattr(os, "geteuid"):
        pytest.skip("needs POSIX permissions")
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    yield
    if is_root:
        os.seteuid(0)


@pytest.fixture
def locked(tmp_path_factory):
    """A folder with a film, and below it one that may not be read; the folders above may be passed by anyone."""
    import shutil
    import tempfile
    from pathlib import Path

    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    write_dicom(folder / "film.dcm", ramp(), 12)
    (folder / "secret").mkdir()
    write_dicom(folder / "secret" / "film.dcm", ramp(), 12)
    (folder / "secret").chmod(0)
    write_dicom(folder / "locked.dcm", ramp(), 12).chmod(0)
    yield folder
    (folder / "secret").chmod(0o700)
    shutil.rmtree(folder)


def test_without_permission_there_is_a_sentence_and_the_rest_is_found(locked, without_rights):
    assert find_images(locked) == [locked / "film.dcm", locked / "locked.dcm", locked / "secret"]
    assert load_radiograph(locked / "film.dcm").shape == ramp().shape
    for path in (locked / "locked.dcm", locked / "secret", locked / "secret" / "film.dcm"):
        with pytest.raises(UnreadableImageError, match="permission was denied"):
            load_radiograph(path)
    with pytest.raises(UnreadableImageError, match="cannot be read"):
        find_images(locked / "secret")


def test_folders_are_walked_and_texts_and_hidden_files_left_out(tmp_path):
    for name in ("b.dcm", "a", "sub/c.PNG", ".hidden", ".git/d.dcm", "notes.txt", "table.CSV", "DICOMDIR"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)] == ["a", "b.dcm", "sub/c.PNG"]


@pytest.mark.parametrize("view", ["LL", "RL", "LAT", "lateral", "LLO", "LEFT LATERAL"])
def test_a_lateral_view_is_shown_but_not_scored(tmp_path, view):
    radiograph = image(tmp_path, ViewPosition=view)
    assert radiograph.shape == ramp().shape
    with pytest.raises(UnsuitableImageError, match="lateral") as rejection:
        reject_unsuitable(radiograph)
    assert rejection.value.code is RejectionCode.NOT_FRONTAL_CHEST


def test_a_lateral_view_by_its_code(tmp_path):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "R-10236", "SRT", "left lateral"
    with pytest.raises(UnsuitableImageError, match="lateral"):
        reject_unsuitable(image(tmp_path, ViewPosition=None, ViewCodeSequence=Sequence([code])))


def test_a_lateral_view_by_its_orientation(tmp_path):
    with pytest.raises(UnsuitableImageError, match="lateral"):
        reject_unsuitable(image(tmp_path, ViewPosition="", PatientOrientation=["A", "F"]))


@pytest.mark.parametrize(
    "view", ["PA", "AP", "", "ap", "AP supine", "LLD", "postero-anterior", "left lateral decubitus"]
)
def test_frontal_and_unstated_views_are_scored(tmp_path, view):
    reject_unsuitable(image(tmp_path, ViewPosition=view))


@pytest.mark.parametrize("body_part", ["HAND", "SKULL", "knee", "L SPINE"])
def test_another_body_part_is_not_scored(tmp_path, body_part):
    with pytest.raises(UnsuitableImageError, match="not the chest"):
        reject_unsuitable(image(tmp_path, BodyPartExamined=body_part))


@pytest.mark.parametrize("body_part", ["CHEST", "", None, "THORAX", "LUNG", "TORAX AP", "PORT CHEST"])
def test_the_chest_by_any_name_is_scored(tmp_path, body_part):
    reject_unsuitable(image(tmp_path, BodyPartExamined=body_part))


@pytest.mark.parametrize(
    "tags",
    [
        {"PatientAge": "005Y"},
        {"PatientAge": "017Y"},
        {"PatientAge": "010M"},
        {"PatientAge": "215M"},
        {"PatientAge": "003W"},
        {"PatientAge": "002D"},
        {"PatientAge": "010y "},
        {"PatientAge": "5Y", "PatientBirthDate": "19500101"},
        {"PatientBirthDate": "20020103", "StudyDate": "20200102"},
        {"PatientBirthDate": "2019.12.31", "StudyDate": "2020.01.02"},
        {"PatientAge": "unknown", "PatientBirthDate": "20100101", "StudyDate": "20200102"},
    ],
)
def test_a_child_is_shown_but_not_scored(tmp_path, tags):
    radiograph = image(tmp_path, **tags)
    assert radiograph.shape == ramp().shape
    with pytest.raises(NotAdultError, match="under 18 years") as rejection:
        reject_unsuitable(radiograph)
    assert rejection.value.code is RejectionCode.NOT_ADULT
    assert isinstance(rejection.value, UnsuitableImageError)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"PatientAge": "018Y"},
        {"PatientAge": "216M"},
        {"PatientAge": "101Y", "PatientBirthDate": "20200101"},
        {"PatientAge": "017"},
        {"PatientAge": "Y"},
        {"PatientBirthDate": "20020102", "StudyDate": "20200102"},
        {"PatientBirthDate": "20100101", "StudyDate": ""},
        {"PatientBirthDate": "20210101", "StudyDate": "20200102"},
        {"PatientBirthDate": "20101399", "StudyDate": "20200102"},
        {"PatientBirthDate": "2010", "StudyDate": "20200102"},
    ],
)
def test_adults_and_patients_of_unknown_age_are_scored(tmp_path, tags):
    reject_unsuitable(image(tmp_path, **tags))


def test_a_colour_photograph_is_not_scored(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    photograph = image(tmp_path, colours, PhotometricInterpretation="RGB", SamplesPerPixel=3, PlanarConfiguration=0)
    with pytest.raises(UnsuitableImageError, match="colour"):
        reject_unsuitable(photograph)


@pytest.mark.parametrize(
    ("pixels", "match"),
    [
        (ramp(100, 300), "too few"),
        (ramp(200, 900), "shape"),
        (np.full((200, 200), 700, np.uint16), "blank"),
    ],
)
def test_tiny_odd_and_blank_pictures_are_not_scored(tmp_path, pixels, match):
    with pytest.raises(UnsuitableImageError, match=match):
        reject_unsuitable(image(tmp_path, pixels))


def test_no_refusal_names_the_patient(tmp_path):
    shown = ({"ViewPosition": "LL"}, {"PatientAge": "005Y"})
    for tags in ({"Modality": "CT"}, {"Rows": 0}, {"PixelData": None}, {"Rows": 60000}, *shown):
        with pytest.raises(BSNetError) as rejection:
            reject_unsuitable(image(tmp_path, PatientName="Secret^Name", PatientID="ID-4711", **tags))
        assert "Secret" not in str(rejection.value)
        assert "4711" not in str(rejection.value)


def test_a_deflated_file_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    import zlib

    from pydicom.dataset import FileMetaDataset
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CT, generate_uid()
    meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(32 * 1024**2)
    monkeypatch.setattr(dicom, "MAX_INFLATED_BYTES", 64 * 1024**2)
    with (tmp_path / "bomb").open("wb") as file:
        file.write(bytes(128) + b"DICM")
        write_file_meta_info(file, meta)
        for _ in range(3):
            file.write(packer.compress(zeros))
        file.write(packer.flush())
    with pytest.raises(ImageTooLargeError, match="unpacks to over"):
        load_radiograph(tmp_path / "bomb")
