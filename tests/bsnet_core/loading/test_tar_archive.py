"""Tar archives and compressed files: opened like ZIP archives, under the same limits."""

import gzip
import io
import os
import stat
import tarfile

import numpy as np
import pytest

from bsnet_core.errors import BSNetError, Cancelled, ImageTooLargeError, UnreadableImageError
from bsnet_core.loading import UnpackedArchives, archive, images_in, load_radiograph, tar_archive
from bsnet_core.resources import sample_files
from tests.dicom_files import ramp, write_dicom
from tests.packed_files import COMPRESS, tar_bytes, write_tar

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


@pytest.fixture
def small(tmp_path):
    return write_dicom(tmp_path / "small.dcm", ramp(40, 40), 12).read_bytes()


def names_of(found, archives, path):
    return [archives.origin_of(file).relative_to(path).as_posix() for file in found.files]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_tar_archive_opens_and_says_where_its_images_came_from(tmp_path, archives, suffix, own_temporary_folder):
    entries = {"b/film.dcm": IMAGE, "./a/IM0001": IMAGE, "notes.txt": b"hello", "VIEWER.EXE": b"MZ" + bytes(999)}
    path = write_tar(tmp_path / "study", entries | {".hidden.dcm": IMAGE}, suffix)  # its name says nothing
    found = images_in(path, archives)
    assert names_of(found, archives, path) == ["a/IM0001", "b/film.dcm"]
    assert (found.rejections, found.notes) == ((), ())
    assert np.array_equal(load_radiograph(found.files[0]).stored, load_radiograph(sample_files()[0]).stored)
    if os.name != "nt":
        (folder,) = own_temporary_folder.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(found.files[0].stat().st_mode) == 0o600


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_in_every_form_of_tar(tmp_path, archives, form):
    names = [
        "película.dcm",
        "患者/" + "胸" * 25 + ".dcm",
        *(["x" * 150 + "/" + "y" * 150] if form != tarfile.USTAR_FORMAT else []),
    ]
    found = images_in(write_tar(tmp_path / "a.tar", dict.fromkeys(names, IMAGE), form=form), archives)
    assert sorted(names_of(found, archives, tmp_path / "a.tar")) == sorted(names)


def test_the_oldest_form_of_tar_is_recognised_by_its_checksum(tmp_path, archives):
    content = bytearray(tar_bytes({"film.dcm": IMAGE}, tarfile.USTAR_FORMAT))
    content[257:265] = bytes(8)
    content[148:156] = b" " * 8
    content[148:156] = f"{sum(content[:512]):06o}\0 ".encode()
    (tmp_path / "a").write_bytes(content)
    assert names_of(images_in(tmp_path / "a", archives), archives, tmp_path / "a") == ["film.dcm"]


def test_links_and_devices_stay_in_the_archive_and_links_are_told(tmp_path, archives):
    with tarfile.open(tmp_path / "a.tar", "w") as target:
        for kind, name in (
            (tarfile.SYMTYPE, "soft.dcm"),
            (tarfile.LNKTYPE, "hard.dcm"),
            (tarfile.FIFOTYPE, "pipe.dcm"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(sample_files()[0])
            target.addfile(info)
        device = tarfile.TarInfo("device.dcm")
        device.type = tarfile.CHRTYPE
        target.addfile(device)
        info = tarfile.TarInfo("film.dcm")
        info.size = len(IMAGE)
        target.addfile(info, io.BytesIO(IMAGE))
    found = images_in(tmp_path / "a.tar", archives)
    assert names_of(found, archives, tmp_path / "a.tar") == ["film.dcm"]
    assert found.notes == ((tmp_path / "a.tar", "2 links in this archive were not followed, such as soft.dcm."),)


def test_compressed_images_in_an_archive_open_and_archives_in_it_are_told(tmp_path, archives):
    entries = {f"{suffix[1:]}.dcm{suffix}": COMPRESS[suffix](IMAGE) for suffix in COMPRESS if suffix}
    entries |= {"inner.tar": tar_bytes({"b.dcm": IMAGE}), "inner.tgz": gzip.compress(tar_bytes({"c.dcm": IMAGE}))}
    entries["letter.gz"] = gzip.compress(b"Dear colleague")
    found = images_in(write_tar(tmp_path / "a.tar", entries), archives)
    assert names_of(found, archives, tmp_path / "a.tar") == ["bz2.dcm.bz2", "gz.dcm.gz", "xz.dcm.xz", "zst.dcm.zst"]
    assert all(file.read_bytes() == IMAGE for file in found.files)
    assert [note for _, note in found.notes] == ["2 archives inside this archive were not opened, such as inner.tar."]


@pytest.mark.parametrize("name", ["../film.dcm", "a/../../film.dcm", "/etc/film.dcm", "..\\film.dcm", "C:\\film.dcm"])
def test_a_path_that_leads_out_rejects_the_whole_archive(tmp_path, archives, name):
    path = write_tar(tmp_path / "a.tar", {"good.dcm": IMAGE, name: IMAGE})
    with pytest.raises(UnreadableImageError, match="leads out"):
        images_in(path, archives)
    assert not (tmp_path / "film.dcm").exists()


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_compressed_image_opens_under_its_own_name_whatever_that_is(tmp_path, archives, suffix):
    for name in (f"film.dcm{suffix}", "film.dcm", "IM0001", f"film{suffix.upper()}"):
        path = tmp_path / name
        path.write_bytes(COMPRESS[suffix](IMAGE))
        found = images_in(path, archives)
        assert [archives.origin_of(file) for file in found.files] == [path]
        assert found.files[0].read_bytes() == IMAGE
        assert found.files[0].name == (path.stem if name.lower().endswith(suffix) else name)


def test_several_members_of_gzip_and_frames_of_zstd_are_one_file(tmp_path, archives):
    for suffix in (".gz", ".bz2", ".xz", ".zst"):
        (tmp_path / "a").write_bytes(COMPRESS[suffix](IMAGE[:5000]) + COMPRESS[suffix](IMAGE[5000:]))
        assert images_in(tmp_path / "a", archives).files[0].read_bytes() == IMAGE
    (tmp_path / "a").write_bytes(b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + COMPRESS[".zst"](IMAGE))
    assert images_in(tmp_path / "a", archives).files[0].read_bytes() == IMAGE


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_damage_is_told_and_nothing_half_is_kept(tmp_path, archives, suffix, own_temporary_folder):
    packed = COMPRESS[suffix](IMAGE)
    altered = bytearray(packed)
    altered[len(packed) // 2] ^= 0xFF
    # zstd writes no checksum unless it is asked to.
    for content in (packed[:-20], packed[:30], *([] if suffix == ".zst" else [bytes(altered)])):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(UnreadableImageError, match="compressed file is damaged or cut off"):
            images_in(tmp_path / "a", archives)
    assert list(own_temporary_folder.iterdir()) == []


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".zst"])
def test_of_an_archive_that_is_cut_off_the_images_before_the_end_open_and_the_rest_is_told(tmp_path, archives, suffix):
    noise = np.random.default_rng(0).bytes(2 * len(IMAGE))
    path = tmp_path / "a.tar"
    content = tar_bytes({"a.dcm": IMAGE, "b.dcm": IMAGE[:1000] + noise})
    packed = COMPRESS[suffix](content)
    path.write_bytes(packed[: -len(noise) // 2])
    found = images_in(path, archives)
    assert names_of(found, archives, path) == ["a.dcm"]
    assert "Images may be missing" in {where: str(error) for where, error in found.rejections}[path]


def test_a_wrong_header_amid_an_archive_and_a_wrong_checksum_at_its_end_are_told(tmp_path, archives):
    sound = tar_bytes({"a.dcm": IMAGE, "b.dcm": IMAGE})
    second = 512 + -(-len(IMAGE) // 512) * 512
    (tmp_path / "a.tar").write_bytes(sound[:second] + b"x" * 512 + sound[second + 512 :])
    packed = bytearray(gzip.compress(sound))
    packed[-6] ^= 0xFF
    (tmp_path / "b.tar").write_bytes(packed)
    for name, count in (("a.tar", 1), ("b.tar", 2)):
        found = images_in(tmp_path / name, archives)
        assert len(found.files) == count
        ((where, error),) = found.rejections
        assert where == tmp_path / name
        assert "damaged or cut off" in str(error)


def test_an_archive_without_the_blocks_at_its_end_is_sound(tmp_path, archives):
    sound = tar_bytes({"a.dcm": IMAGE})
    (tmp_path / "a.tar").write_bytes(sound[: 512 + -(-len(IMAGE) // 512) * 512])
    found = images_in(tmp_path / "a.tar", archives)
    assert (len(found.files), found.rejections) == (1, ())


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_bomb_is_stopped_whether_it_is_an_image_or_skipped(tmp_path, archives, suffix, monkeypatch):
    monkeypatch.setattr(archive, "RATIO_COUNTS_FROM_BYTES", 4 * 1024**2)
    bomb = bytes(8 * 1024**2)
    for content in (IMAGE + bomb, tar_bytes({"film.dcm": IMAGE, "bomb.txt": bomb}), tar_bytes({"a.dcm": IMAGE + bomb})):
        (tmp_path / "a").write_bytes(COMPRESS[suffix](content[: len(IMAGE) % 1000 + len(content)]))
        ratio = len(content) / (tmp_path / "a").stat().st_size
        monkeypatch.setattr(archive, "MAX_RATIO", int(ratio / 2))
        with pytest.raises(ImageTooLargeError, match="times its size"):
            images_in(tmp_path / "a", archives)


def test_limits_of_files_and_bytes_hold(tmp_path, archives, monkeypatch):
    path = write_tar(tmp_path / "a.tar", {f"{number}.dcm": IMAGE for number in range(4)})
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    with pytest.raises(ImageTooLargeError, match="over 3 files"):
        images_in(path, archives)
    monkeypatch.setattr(archive, "MAX_ENTRIES", 4)
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 3 * len(IMAGE))
    with pytest.raises(ImageTooLargeError, match="unpacks to over"):
        images_in(path, archives)


def test_a_header_that_wants_to_fill_the_memory_is_damage(tmp_path, archives, monkeypatch):
    monkeypatch.setattr(tar_archive, "MOST_HEADER_BYTES", 1024**2)
    info = tarfile.TarInfo("film.dcm")
    info.pax_headers = {"comment": "x" * 2 * 1024**2}
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as target:
        target.addfile(info)
    with pytest.raises(UnreadableImageError, match="damaged"):
        images_in(tmp_path / "a.tar", archives)


def test_what_holds_no_image_says_so(tmp_path, archives):
    for content, match in (
        (gzip.compress(b"hello " * 100), "compressed file holds no image"),
        (gzip.compress(b""), "compressed file holds no image"),
        (gzip.compress(gzip.compress(gzip.compress(IMAGE))), "only other archives"),
        (tar_bytes({"notes.txt": b"hello"}), "archive holds no images"),
        (tar_bytes({"a.tar": tar_bytes({"film.dcm": IMAGE})}), "only other archives"),
    ):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(UnreadableImageError, match=match):
            images_in(tmp_path / "a", archives)


def test_unpacking_stops_when_told_to_and_leaves_nothing(tmp_path, archives):
    path = write_tar(tmp_path / "a.tar", {"film.dcm": IMAGE, "other.dcm": IMAGE})

    def report(stage, fraction):
        if fraction >= 0.4:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        images_in(path, archives, report=report)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_no_altered_archive_raises_anything_but_a_rejection(tmp_path, archives, small, suffix):
    sound = COMPRESS[suffix](tar_bytes({"a.dcm": small, "b/c.dcm": small, "d.dcm.gz": gzip.compress(small)}))
    rng = np.random.default_rng(0)
    for _ in range(150):
        content = bytearray(sound)
        for place in rng.integers(0, len(content), 3):
            content[place] = rng.integers(256)
        (tmp_path / "altered.tar").write_bytes(content[: rng.integers(10, len(content) + 1)])
        try:
            images_in(tmp_path / "altered.tar", archives)
        except BSNetError:
            continue
