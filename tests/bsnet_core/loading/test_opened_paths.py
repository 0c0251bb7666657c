"""Compressed files and archives among the files of a folder."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from bsnet_core.errors import RejectionCode, UnreadableImageError
from bsnet_core.loading import UnpackedArchives, archive, images_in, load_radiograph
from bsnet_core.resources import sample_files
from tests.packed_files import COMPRESS, write_tar

IMAGE = sample_files()[0].read_bytes()


@pytest.fixture
def archives():
    with UnpackedArchives() as archives:
        yield archives


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "opened").mkdir()
    (tmp_path / "opened" / "film.dcm").write_bytes(IMAGE)
    return tmp_path / "opened"


def test_compressed_images_in_a_folder_are_opened_under_their_own_names(folder, archives):
    for suffix in (".gz", ".bz2", ".xz", ".zst"):
        (folder / f"film{suffix}").write_bytes(COMPRESS[suffix](IMAGE))
    (folder / "plain.gz").write_bytes(IMAGE)  # is none
    found = images_in(folder, archives)
    names = [archives.origin_of(path).name for path in found.files]
    assert names == ["film.dcm", "plain.gz", "film.bz2", "film.gz", "film.xz", "film.zst"]
    assert all(load_radiograph(path).shape == load_radiograph(folder / "film.dcm").shape for path in found.files)
    assert (found.rejections, found.notes) == ((), ())


def test_compressed_tables_and_volumes_are_passed_over_and_what_holds_no_image_is_told(folder, archives):
    for name in ("table.csv.gz", "notes.txt.bz2", "head.nii.gz"):
        (folder / name).write_bytes(gzip.compress(b"a,b"))
    (folder / "letter.gz").write_bytes(gzip.compress(b"Dear colleague"))
    (folder / "cut.dcm.gz").write_bytes(gzip.compress(IMAGE)[:-100])
    found = images_in(folder, archives)
    assert found.files == (folder / "film.dcm",)
    assert {(where.name, str(error).split(" ", 1)[1]) for where, error in found.rejections} == {
        ("letter.gz", "compressed file holds no image."),
        ("cut.dcm.gz", "compressed file is damaged or cut off and cannot be unpacked."),
    }


def test_archives_in_a_folder_are_not_opened_and_told(folder, archives):
    write_tar(folder / "a.tgz", {"x.dcm": IMAGE}, ".gz")
    write_tar(folder / "b.tar.zst", {"x.dcm": IMAGE}, ".zst")
    with zipfile.ZipFile(folder / "c.zip", "w") as target:
        target.writestr("x.dcm", IMAGE)
    found = images_in(folder, archives)
    assert found.files == (folder / "film.dcm",)
    assert found.notes == ((folder, "3 archives in this folder were not opened, such as a.tgz. Open them as files."),)


def test_many_compressed_files_have_the_limits_of_one_archive(folder, archives, monkeypatch):
    for number in range(5):
        (folder / f"{number}.dcm.gz").write_bytes(gzip.compress(IMAGE))
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 2 * len(IMAGE) + 1)
    found = images_in(folder, archives)
    assert len(found.files) == 1 + 3
    assert [(where, error.code) for where, error in found.rejections] == [(folder, RejectionCode.TOO_LARGE)]
    assert str(found.rejections[0][1]).startswith("2 compressed files")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (gzip.compress(IMAGE), "Open it alone"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(600), "compressed by 7z"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(600), "compressed by RAR"),
        (b"\x1f\x9d\x90" + bytes(600), r"compress \(\.Z\)"),
        (b"\x04\x22\x4d\x18" + bytes(600), "compressed by LZ4"),
    ],
)
def test_an_archive_loaded_as_an_image_is_called_what_it_is(tmp_path, archives, content, match):
    (tmp_path / "film.dcm").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=match):
        load_radiograph(tmp_path / "film.dcm")


def test_the_compressed_case_opens(archives):
    path = Path(__file__).parents[4] / "shared" / "cases" / "pictures-said-damaged" / "x.dcm.gz"
    if not path.exists():
        pytest.skip("needs the folder of cases beside the checkout")
    (file,) = images_in(path, archives).files
    assert load_radiograph(file).shape == load_radiograph(_unpacked(path, file.parent)).shape


def _unpacked(path, folder):
    target = folder / "expected.dcm"
    target.write_bytes(gzip.GzipFile(fileobj=io.BytesIO(path.read_bytes())).read())
    return target
