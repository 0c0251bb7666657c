"""ZIP archives: sound ones open, hostile ones cost nothing, and nothing stays behind."""

import os
import shutil
import stat
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from bsnet_core.errors import (
    Cancelled,
    ImageTooLargeError,
    PasswordNeededError,
    RejectionCode,
    UnreadableImageError,
    UnsupportedObjectError,
)
from bsnet_core.loading import UnpackedArchives, archive, images_in, load_radiograph
from bsnet_core.resources import sample_files
from tests.dicom_files import ramp, write_dicom
from tests.encrypted_zip import write_encrypted_zip

IMAGE = sample_files()[0].read_bytes()


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    """Where archives are unpacked to, empty after every test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def archives():
    with UnpackedArchives() as archives:
        yield archives


def zip_of(path, entries, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as target:
        for name, content in entries.items():
            target.writestr(name, content)
    return path


def names_of(found, archives, path):
    return [archives.origin_of(file).relative_to(path).as_posix() for file in found.files]


@pytest.fixture
def png(tmp_path):
    Image.fromarray(np.full((200, 200), 90, np.uint8)).save(tmp_path / "film.png")
    return (tmp_path / "film.png").read_bytes()


def test_the_images_of_an_archive_open_and_say_where_they_came_from(tmp_path, archives, png):
    path = zip_of(tmp_path / "study.zip", {"a/film.dcm": IMAGE, "a/IM0001": IMAGE, "b/película.png": png})
    found = images_in(path, archives)
    assert found.rejections == ()
    assert names_of(found, archives, path) == ["a/IM0001", "a/film.dcm", "b/película.png"]
    expected = load_radiograph(sample_files()[0]).stored
    assert np.array_equal(load_radiograph(found.files[0]).stored, expected)
    assert load_radiograph(found.files[2]).shape == (200, 200)
    assert found.files[2].name == "película.png"


def test_what_is_no_image_stays_in_the_archive(tmp_path, archives):
    inner = zip_of(tmp_path / "inner.zip", {"film.dcm": IMAGE}).read_bytes()
    others = {
        "film.dcm": IMAGE,
        "notes.txt": "hello",
        "viewer.exe": b"MZ" + bytes(300),
        "again.zip": inner,
        "again-renamed": inner,
        "DICOMDIR": IMAGE,
        "__MACOSX/film.dcm": IMAGE,
        ".hidden.dcm": IMAGE,
    }
    path = zip_of(tmp_path / "cd.zip", others)
    found = images_in(path, archives)
    assert names_of(found, archives, path) == ["film.dcm"]
    assert found.rejections == ()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner-only file modes")
def test_unpacked_files_are_readable_by_their_owner_only(tmp_path, archives, own_temporary_folder):
    found = images_in(zip_of(tmp_path / "a.zip", {"film.dcm": IMAGE}), archives)
    (folder,) = own_temporary_folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(found.files[0].stat().st_mode) == 0o600


def test_closing_removes_everything_even_what_is_unpacked_afterwards(tmp_path, own_temporary_folder):
    path = zip_of(tmp_path / "a.zip", {"film.dcm": IMAGE})
    archives = UnpackedArchives()
    assert images_in(path, archives).files[0].exists()
    archives.close()
    assert list(own_temporary_folder.iterdir()) == []
    archives.unpack(path)
    assert list(own_temporary_folder.iterdir()) == []


def test_an_encrypted_archive_asks_for_its_password_and_opens_with_it(tmp_path, archives):
    path = write_encrypted_zip(tmp_path / "a.zip", "film.dcm", IMAGE, "sésame")
    with pytest.raises(PasswordNeededError, match="Enter its password") as rejection:
        images_in(path, archives)
    assert rejection.value.code is RejectionCode.PASSWORD_NEEDED
    assert rejection.value.archive == path
    found = images_in(path, archives, password="sésame")
    assert found.files[0].read_bytes() == IMAGE


def test_no_wrong_password_passes_for_damage(tmp_path, archives):
    path = write_encrypted_zip(tmp_path / "a.zip", "film.dcm", IMAGE[:3000], "right")
    # One in 256 passes the check in the header, so that this many meet both kinds of failure.
    for number in range(600):
        with pytest.raises(PasswordNeededError, match="does not open"):
            images_in(path, archives, password=f"wrong {number}")


def test_aes_is_named(tmp_path, archives):
    path = write_encrypted_zip(tmp_path / "a.zip", "film.dcm", IMAGE, "secret", method=99)
    with pytest.raises(UnsupportedObjectError, match="AES"):
        images_in(path, archives, password="secret")


@pytest.mark.parametrize(
    "name", ["../film.dcm", "a/../../film.dcm", "/etc/film.dcm", "..\\film.dcm", "C:\\film.dcm", "C:film.dcm"]
)
def test_a_path_that_leads_out_refuses_the_whole_archive(tmp_path, archives, name):
    path = zip_of(tmp_path / "a.zip", {"good.dcm": IMAGE, name: IMAGE})
    with pytest.raises(UnreadableImageError, match="leads out"):
        images_in(path, archives)
    assert not (tmp_path / "film.dcm").exists()


def test_a_link_in_an_archive_is_not_followed(tmp_path, archives):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as target:
        link = zipfile.ZipInfo("link.dcm")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, str(sample_files()[0]))
        target.writestr("film.dcm", IMAGE)
    found = images_in(path, archives)
    assert names_of(found, archives, path) == ["film.dcm"]


def test_names_that_no_file_system_takes_are_cleaned_and_never_collide(tmp_path, archives):
    names = ["ab:c?.dcm", "ab_c_.dcm", "NUL", "x" * 300 + ".dcm", "tab\tnew\nline.dcm", "dir /film.dcm", "A/1", "a/1"]
    path = zip_of(tmp_path / "a.zip", dict.fromkeys(names, IMAGE))
    found = images_in(path, archives)
    assert len(found.files) == len(set(found.files)) == len(names)
    assert all(file.read_bytes() == IMAGE for file in found.files)
    assert all(len(file.name) <= 110 and file.name.isprintable() for file in found.files)


def test_a_bomb_is_refused_by_its_ratio_before_anything_is_unpacked(tmp_path, archives):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as target, target.open("a.dcm", "w") as entry:
        entry.write(IMAGE)
        for _ in range(300):
            entry.write(bytes(1024**2))
    with pytest.raises(ImageTooLargeError, match="100 times its size"):
        images_in(tmp_path / "a.zip", archives)


def test_a_bomb_that_lies_about_its_size_is_stopped_while_it_is_unpacked(tmp_path, archives, monkeypatch):
    content = IMAGE + bytes(4 * 1024**2)
    path = zip_of(tmp_path / "a.zip", {"a.dcm": content, "b.dcm": content})
    small = struct.pack("<I", 1000)
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", len(content)), small))
    found = images_in(path, archives)
    assert found.files == ()
    assert [error.code for _, error in found.rejections] == [RejectionCode.UNREADABLE] * 2
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", len(content) + 1000)
    monkeypatch.setattr(archive, "_reject_bombs", lambda *_: None)
    path = zip_of(tmp_path / "b.zip", {"a.dcm": content, "b.dcm": content})
    with pytest.raises(ImageTooLargeError, match="Nothing was kept"):
        images_in(path, archives)


def test_too_many_files_and_too_many_bytes_are_refused_unseen(tmp_path, archives, monkeypatch):
    path = zip_of(tmp_path / "a.zip", {f"{number}.dcm": IMAGE for number in range(4)})
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    with pytest.raises(ImageTooLargeError, match="over 3 files"):
        images_in(path, archives)
    monkeypatch.setattr(archive, "MAX_ENTRIES", 4)
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 3 * len(IMAGE))
    with pytest.raises(ImageTooLargeError, match="unpacks to over"):
        images_in(path, archives)


def test_a_full_disk_is_said_before_it_is_filled(tmp_path, archives, monkeypatch):
    path = zip_of(tmp_path / "a.zip", {"film.dcm": IMAGE})
    full = shutil.disk_usage(tmp_path)._replace(free=len(IMAGE) - 1)
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda folder: full)
    with pytest.raises(ImageTooLargeError, match="room on the disk"):
        images_in(path, archives)


def test_a_damaged_file_costs_only_itself(tmp_path, archives):
    path = zip_of(tmp_path / "a.zip", {"bad.dcm": IMAGE, "good.dcm": IMAGE}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[2000] ^= 0xFF
    path.write_bytes(content)
    found = images_in(path, archives)
    assert names_of(found, archives, path) == ["good.dcm"]
    ((where, error),) = found.rejections
    assert where == path / "bad.dcm"
    assert "damaged" in str(error)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_off_archive_is_said_to_be_damaged(tmp_path, archives, share):
    path = zip_of(tmp_path / "a.zip", {"film.dcm": IMAGE})
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(UnreadableImageError, match="damaged"):
        images_in(path, archives)


def test_no_mutated_archive_raises_anything_but_a_refusal(tmp_path, archives):
    small = write_dicom(tmp_path / "small.dcm", ramp(40, 40), 12).read_bytes()
    sound = zip_of(tmp_path / "a.zip", {"a.dcm": small, "b/c.dcm": small}).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(sound)
        for place in rng.integers(0, len(content), 3):
            content[place] = rng.integers(256)
        (tmp_path / "mutated.zip").write_bytes(b"PK\x03\x04" + content[4:])
        try:
            images_in(tmp_path / "mutated.zip", archives)
        except (UnreadableImageError, UnsupportedObjectError, ImageTooLargeError, PasswordNeededError):
            continue


def test_an_archive_without_images_says_so(tmp_path, archives):
    for entries in ({}, {"notes.txt": "hello"}, {"letter": b"hello " * 100}):
        with pytest.raises(UnreadableImageError, match="holds no images"):
            images_in(zip_of(tmp_path / "a.zip", entries), archives)


def test_unpacking_stops_when_told_to_and_leaves_nothing(tmp_path, archives, own_temporary_folder):
    path = zip_of(tmp_path / "a.zip", {"film.dcm": IMAGE, "other.dcm": IMAGE})

    def report(stage, fraction):
        if fraction >= 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        images_in(path, archives, report=report)
    assert list(own_temporary_folder.iterdir()) == []


def test_a_dicom_file_with_an_archive_behind_it_is_no_archive(tmp_path, archives):
    path = tmp_path / "film.dcm"
    path.write_bytes(IMAGE + zip_of(tmp_path / "a.zip", {"film.dcm": IMAGE}).read_bytes())
    assert images_in(path, archives).files == (path,)
