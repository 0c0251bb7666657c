"""ZIP archives by every encryption and compression that is supported, and the reason for each that is not."""

import bz2
import lzma
import struct
import zipfile
import zlib

import inflate64
import pytest
import pyzipper

from bsnet_core.errors import PasswordNeededError, RejectionCode, UnreadableImageError, UnsupportedObjectError
from bsnet_core.loading import UnpackedArchives, images_in
from bsnet_core.resources import sample_files
from tests.encrypted_zip import write_encrypted_zip
from tests.packed_files import COMPRESS, write_aes_zip

IMAGE = sample_files()[0].read_bytes()


@pytest.fixture
def archives():
    with UnpackedArchives() as archives:
        yield archives


def names_of(found, archives, path):
    return [archives.origin_of(file).relative_to(path).as_posix() for file in found.files]


def write_method(path, method, packed, content, flags=0):
    """An archive of one file, compressed as Python cannot."""
    name = b"film.dcm"
    fields = struct.pack(
        "<HHHHHIIIHH", 20, flags, method, 0, 0x5821, zlib.crc32(content), len(packed), len(content), len(name), 0
    )
    local = b"PK\x03\x04" + fields + name + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    path.write_bytes(local + central + end)
    return path


def deflate64(content):
    deflater = inflate64.Deflater()
    return deflater.deflate(content) + deflater.flush()


@pytest.mark.parametrize("bits", [128, 192, 256])
@pytest.mark.parametrize("compression", [pyzipper.ZIP_STORED, pyzipper.ZIP_DEFLATED, pyzipper.ZIP_LZMA])
def test_aes_opens_with_its_password(tmp_path, archives, bits, compression):
    path = write_aes_zip(tmp_path / "a.zip", {"film.dcm": IMAGE}, "sésame", bits, compression)
    with pytest.raises(PasswordNeededError, match="Enter its password") as rejection:
        images_in(path, archives)
    assert rejection.value.archive == path
    with pytest.raises(PasswordNeededError, match="does not open"):
        images_in(path, archives, password="sesame")
    found = images_in(path, archives, password="sésame")
    assert names_of(found, archives, path) == ["film.dcm"]
    assert found.files[0].read_bytes() == IMAGE


def test_a_wrong_password_is_not_tried_on_every_file_of_a_large_archive(tmp_path, archives, monkeypatch):
    path = write_aes_zip(tmp_path / "a.zip", {f"{number}.dcm": b"DICM" for number in range(200)}, "secret")
    opened = []
    original = pyzipper.AESZipFile.open
    monkeypatch.setattr(
        pyzipper.AESZipFile, "open", lambda *arguments, **more: opened.append(1) or original(*arguments, **more)
    )
    with pytest.raises(PasswordNeededError, match="does not open"):
        images_in(path, archives, password="wrong")
    assert len(opened) < 50


def test_a_damaged_file_in_an_aes_archive_costs_only_itself_and_is_no_wrong_password(tmp_path, archives):
    path = write_aes_zip(tmp_path / "a.zip", {"a.dcm": IMAGE, "b.dcm": IMAGE}, "secret", compression=0)
    content = bytearray(path.read_bytes())
    content[3000] ^= 0xFF
    path.write_bytes(content)
    found = images_in(path, archives, password="secret")
    assert names_of(found, archives, path) == ["b.dcm"]
    assert [(where, error.code) for where, error in found.rejections] == [(path / "a.dcm", RejectionCode.UNREADABLE)]


def test_an_archive_of_plain_and_encrypted_files_asks_and_then_gives_both(tmp_path, archives):
    path = write_aes_zip(tmp_path / "a.zip", {"locked.dcm": IMAGE}, "secret")
    with pyzipper.AESZipFile(path, "a") as target:
        target.writestr("open.dcm", IMAGE)
    with pytest.raises(PasswordNeededError, match="Enter"):
        images_in(path, archives)
    with pytest.raises(PasswordNeededError, match="does not open"):
        images_in(path, archives, password="wrong")
    found = images_in(path, archives, password="secret")
    assert names_of(found, archives, path) == ["locked.dcm", "open.dcm"]


def test_files_with_another_password_are_named_and_the_others_open(tmp_path, archives):
    path = write_aes_zip(tmp_path / "a.zip", {"mine.dcm": IMAGE}, "mine")
    with pyzipper.AESZipFile(path, "a") as target:
        target.setpassword(b"yours")
        target.setencryption(pyzipper.WZ_AES)
        target.writestr("yours.dcm", IMAGE)
    found = images_in(path, archives, password="mine")
    assert names_of(found, archives, path) == ["mine.dcm"]
    assert [(where, str(error)) for where, error in found.rejections] == [
        (path / "yours.dcm", "This file in the archive is encrypted with another password.")
    ]


def test_a_wrong_password_is_said_where_only_some_other_file_is_encrypted(tmp_path, archives):
    """Once in 256 times the traditional encryption takes a wrong one and gives noise."""
    path = write_encrypted_zip(tmp_path / "a.zip", "film.dcm", IMAGE, "right")
    for number in range(300):
        with pytest.raises(PasswordNeededError, match="does not open"):
            images_in(path, archives, password=f"wrong {number}")


@pytest.mark.parametrize(
    ("method", "packed"),
    [
        (8, zlib.compress(IMAGE)[2:-4]),
        (9, deflate64(IMAGE)),
        (12, bz2.compress(IMAGE)),
        (93, COMPRESS[".zst"](IMAGE)),
        (20, COMPRESS[".zst"](IMAGE)),
        (95, lzma.compress(IMAGE)),
    ],
)
def test_every_compression_with_a_library_is_read(tmp_path, archives, method, packed):
    found = images_in(write_method(tmp_path / "a.zip", method, packed, IMAGE), archives)
    assert [file.read_bytes() for file in found.files] == [IMAGE]


def test_lzma_in_zip_is_read(tmp_path, archives):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as target:
        target.writestr("film.dcm", IMAGE)
    assert [file.read_bytes() for file in images_in(tmp_path / "a.zip", archives).files] == [IMAGE]


@pytest.mark.parametrize("method", [9, 12, 93, 95])
def test_damaged_data_of_every_compression_are_said_to_be_damaged(tmp_path, archives, method):
    path = write_method(tmp_path / "a.zip", method, b"\x03\x99nonsense" * 40, IMAGE)
    found = images_in(path, archives)
    assert found.files == ()
    assert "damaged" in str(found.rejections[0][1])


@pytest.mark.parametrize(("method", "match"), [(98, "PPMd"), (6, "Implode"), (97, "WavPack"), (77, "method 77")])
def test_other_compressions_are_named(tmp_path, archives, method, match):
    with pytest.raises(UnsupportedObjectError, match=match):
        images_in(write_method(tmp_path / "a.zip", method, IMAGE, IMAGE), archives)


def test_a_file_of_an_unsupported_compression_leaves_the_others(tmp_path, archives):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr("bad.dcm", IMAGE)
        target.writestr("good.dcm", IMAGE)
    content = (tmp_path / "a.zip").read_bytes()
    central = content.index(b"PK\x01\x02")
    content = content[: central + 10] + struct.pack("<H", 98) + content[central + 12 :]
    (tmp_path / "a.zip").write_bytes(content)
    found = images_in(tmp_path / "a.zip", archives)
    assert names_of(found, archives, tmp_path / "a.zip") == ["good.dcm"]
    assert [(where.name, error.code) for where, error in found.rejections] == [
        ("bad.dcm", RejectionCode.UNSUPPORTED_OBJECT)
    ]


def test_strong_encryption_and_aes_without_its_details_are_unsupported_not_damaged(tmp_path, archives):
    with pytest.raises(UnsupportedObjectError, match="strong encryption"):
        images_in(write_method(tmp_path / "a.zip", 8, IMAGE, IMAGE, flags=0x41), archives, password="secret")
    path = write_encrypted_zip(tmp_path / "b.zip", "film.dcm", IMAGE, "secret", method=99)
    with pytest.raises(UnsupportedObjectError, match="AES"):
        images_in(path, archives, password="secret")


def test_one_part_of_a_split_archive_and_a_newer_version_are_named(tmp_path, archives):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr("film.dcm", IMAGE)
    content = bytearray((tmp_path / "a.zip").read_bytes())
    central = content.index(b"PK\x01\x02")
    newer = content.copy()
    newer[central + 6] = 99
    (tmp_path / "a.zip").write_bytes(newer)
    with pytest.raises(UnsupportedObjectError, match="version of ZIP"):
        images_in(tmp_path / "a.zip", archives)
    (tmp_path / "a.zip").write_bytes(content[:central])
    with pytest.raises(UnreadableImageError, match="damaged or cut off"):
        images_in(tmp_path / "a.zip", archives)


def test_a_bomb_of_one_piece_of_data_is_stopped_before_it_fills_the_memory(tmp_path, archives, monkeypatch):
    monkeypatch.setattr("bsnet_core.loading.zip_archive.MOST_AT_ONCE", 1024**2)
    content = IMAGE[:1000] + bytes(64 * 1024**2)
    for method, suffix in ((93, ".zst"), (12, ".bz2"), (95, ".xz")):
        path = write_method(tmp_path / "a.zip", method, COMPRESS[suffix](content), content)
        found = images_in(path, archives)
        assert found.files == ()
        assert len(found.rejections) == 1
