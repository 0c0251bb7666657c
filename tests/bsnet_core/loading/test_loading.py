"""Files told apart by their content, folders walked, and an error for each file that cannot be loaded."""

import pytest

from bsnet_core.errors import UnreadableImageError, UnsupportedObjectError
from bsnet_core.loading import find_images, load_metadata, load_radiograph
from tests.dicom_files import CT, ramp, write_dicom

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


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
    with pytest.raises(UnreadableImageError, match="cannot be opened"):
        find_images(locked / "secret")


def test_folders_are_walked_and_texts_and_hidden_files_left_out(tmp_path):
    for name in ("b.dcm", "a", "sub/c.PNG", ".hidden", ".git/d.dcm", "notes.txt", "table.CSV", "DICOMDIR"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in find_images(tmp_path)] == ["a", "b.dcm", "sub/c.PNG"]


def test_facts_of_a_header_are_those_of_the_whole_file(tmp_path):
    path = write_dicom(tmp_path / "film.dcm", ramp(), bits=12, StudyDescription="Chest")
    assert load_metadata(path) == load_radiograph(path).metadata


def test_facts_do_not_need_the_pixels_and_say_what_is_no_radiograph(tmp_path):
    path = write_dicom(tmp_path / "film.dcm", ramp(), bits=12)
    path.write_bytes(path.read_bytes()[:-20_000])
    assert load_metadata(path).patient_name == "Test^Patient"
    ct = write_dicom(tmp_path / "ct.dcm", ramp(), bits=12, SOPClassUID=CT, Modality="CT")
    with pytest.raises(UnsupportedObjectError):
        load_metadata(ct)
    (tmp_path / "letter").write_text("Dear colleague")
    with pytest.raises(UnreadableImageError):
        load_metadata(tmp_path / "letter")
