"""Folders and archives with DICOMDIRs: what one names comes first, and nothing in the folder is lost in silence."""

import os
import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest
from PIL import Image

from bsnet_core.errors import RejectionCode
from bsnet_core.loading import MediumCopies, UnpackedArchives, images_in, load_radiograph
from tests.bsnet_core.loading.test_dicomdir import named_by, record_of, write_medium
from tests.dicom_files import ramp, write_dicom
from tests.packed_files import write_tar

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")


@pytest.fixture
def archives():
    with UnpackedArchives() as archives:
        yield archives


@pytest.fixture
def medium(tmp_path):
    return write_medium(tmp_path / "medium", images=3)


@pytest.fixture
def new_image(medium):
    return write_dicom(medium / "AAA_new.dcm", ramp(), 12)


def add_record(medium, kind, parts):
    directory = pydicom.dcmread(medium / "DICOMDIR")
    directory.DirectoryRecordSequence.append(record_of(kind, parts))
    directory.save_as(medium / "DICOMDIR")


def test_an_image_that_the_dicomdir_does_not_name_is_listed_last_and_told(medium, archives, new_image):
    found = images_in(medium, archives)
    assert list(found.files) == [*named_by(medium), new_image]
    assert found.rejections == ()
    assert found.notes == (
        (
            medium / "DICOMDIR",
            "1 DICOM file in this folder is not named in its DICOMDIR and is listed last (AAA_new.dcm).",
        ),
    )
    assert found.on_medium == set(found.files)


def test_a_dicomdir_opened_as_a_file_gives_what_it_names_and_tells_of_the_others(medium, archives, new_image):
    found = images_in(medium / "DICOMDIR", archives)
    assert list(found.files) == named_by(medium)
    ((where, note),) = found.notes
    assert where == medium / "DICOMDIR"
    assert note.startswith("1 image in the folder of this DICOMDIR is not named in it and was not opened (AAA_new.dcm)")


def test_a_dicomdir_amid_too_many_files_says_that_they_were_not_looked_through(medium, archives, monkeypatch):
    monkeypatch.setattr("bsnet_core.loading.archive.MAX_ENTRIES", 2)
    found = images_in(medium / "DICOMDIR", archives)
    assert list(found.files) == named_by(medium)
    assert "over 2 files" in found.notes[0][1]


def test_a_complete_medium_is_opened_without_a_word(medium, archives):
    for path in (medium, medium / "DICOMDIR"):
        found = images_in(path, archives)
        assert (list(found.files), found.rejections, found.notes) == (named_by(medium), (), ())


def test_programs_texts_and_hidden_files_beside_a_dicomdir_are_passed_over(medium, archives):
    image = named_by(medium)[0].read_bytes()
    for name in ("README.TXT", "INDEX.HTM", "autorun.inf", "VIEWER/core.dll", ".hidden", ".git/film.dcm"):
        (medium / name).parent.mkdir(exist_ok=True)
        (medium / name).write_bytes(image)
    (medium / "VIEWER" / "data").write_bytes(b"\x7fELF" + bytes(400))
    shutil.copy(medium / "DICOMDIR", medium / "DICOMDIR.BAK")
    found = images_in(medium, archives)
    assert (list(found.files), found.notes) == (named_by(medium), ())


def test_images_of_other_formats_beside_a_dicomdir_are_left_out_and_told(medium, archives):
    Image.new("L", (40, 40)).save(medium / "logo.png")
    Image.new("L", (40, 40)).save(medium / "exported.jpg")
    found = images_in(medium, archives)
    assert list(found.files) == named_by(medium)
    ((_, note),) = found.notes
    assert "2 JPEG, PNG and TIFF files" in note
    assert "left out, such as exported.jpg" in note


def test_what_the_dicomdir_names_as_something_else_is_neither_listed_nor_told(medium, archives):
    write_dicom(medium / "SR000001", ramp(), 12)
    add_record(medium, "SR DOCUMENT", ["SR000001"])
    found = images_in(medium, archives)
    assert (list(found.files), found.notes) == (named_by(medium)[:3], ())


@pytest.mark.parametrize("kind", ["PRIVATE", "IMAG?", ""])
def test_an_image_in_a_record_of_no_known_kind_is_not_lost(medium, archives, kind):
    directory = pydicom.dcmread(medium / "DICOMDIR")
    directory.DirectoryRecordSequence[3].DirectoryRecordType = kind
    directory.save_as(medium / "DICOMDIR")
    found = images_in(medium, archives)
    assert sorted(found.files) == sorted(medium.rglob("IM*"))
    assert len(found.notes) == 1


@pytest.mark.parametrize("ending", ["", ".", ";1", ".;1", ";12"])
def test_names_differ_from_those_on_the_medium_in_case_dots_and_versions(medium, archives, ending):
    images = named_by(medium)
    (medium / "PT000000").rename(medium / "pt000000")
    renamed = (medium / "pt000000" / images[0].name).rename(medium / "pt000000" / f"im000000{ending}")
    found = images_in(medium, archives)
    assert found.files[0] == renamed
    assert (len(found.files), found.rejections, found.notes) == (3, (), ())


def test_a_name_in_its_own_case_comes_before_one_in_another(medium, archives):
    images = named_by(medium)
    other = images[0].with_name("im000000")
    if other.exists():
        pytest.skip("needs a file system that tells upper from lower case")
    write_dicom(other, ramp(), 12)
    assert list(images_in(medium, archives).files) == [*images, other]


@pytest.mark.parametrize("parts", [["PT000000/IM000000"], [".", "PT000000", "IM000000"]])
def test_file_ids_of_sloppy_writers_are_understood(medium, archives, parts):
    directory = pydicom.dcmread(medium / "DICOMDIR")
    directory.DirectoryRecordSequence[3].ReferencedFileID = parts
    directory.save_as(medium / "DICOMDIR")
    found = images_in(medium, archives)
    assert (len(found.files), found.rejections, found.notes) == (3, (), ())


def test_a_missing_image_is_told_beside_one_that_was_renamed(medium, archives):
    images = named_by(medium)
    renamed = images[1].rename(images[1].with_name("IM000001.dcm"))
    found = images_in(medium, archives)
    assert list(found.files) == [images[0], images[2], renamed]
    assert [error.code for _, error in found.rejections] == [RejectionCode.UNREADABLE]
    assert "1 DICOM file" in found.notes[0][1]


def test_dicomdirs_deeper_in_a_tree_keep_their_order_and_each_image_is_listed_once(tmp_path, archives):
    tree = tmp_path / "tree"
    first, second = write_medium(tree / "b" / "CD1", images=2), write_medium(tree / "b" / "CD2", images=2)
    directory = pydicom.dcmread(first / "DICOMDIR")
    records = directory.DirectoryRecordSequence
    records[3], records[4] = records[4], records[3]
    directory.save_as(first / "DICOMDIR")
    loose = [write_dicom(tree / name, ramp(), 12) for name in ("a.dcm", "z.dcm")]
    extra = write_dicom(first / "extra", ramp(), 12)
    found = images_in(tree, archives)
    assert list(found.files) == [loose[0], *named_by(first), extra, *named_by(second), loose[1]]
    assert [where for where, _ in found.notes] == [first / "DICOMDIR"]
    assert found.on_medium == set(found.files) - set(loose)


def test_a_dicomdir_above_others_does_not_call_their_images_unnamed(tmp_path, archives):
    outer = write_medium(tmp_path / "outer", images=1)
    inner = write_medium(outer / "copy", images=2)
    found = images_in(outer, archives)
    assert sorted(found.files) == sorted(named_by(outer) + named_by(inner))
    assert found.notes == ()


@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_a_damaged_dicomdir_is_told_and_its_folder_is_listed(medium, archives, content):
    images = named_by(medium)
    path = medium / "DICOMDIR"
    path.write_bytes(path.read_bytes()[:400] if content is None else content)
    found = images_in(medium, archives)
    assert set(images) <= set(found.files)
    assert path not in found.files
    assert [(where, "damaged" in note) for where, note in found.notes] == [(path, True)]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_dicomdir_in_an_archive_gives_its_order_and_tells_what_is_missing_or_unnamed(tmp_path, archives, kind):
    medium = write_medium(tmp_path / "medium", images=3)
    images = named_by(medium)
    directory = pydicom.dcmread(medium / "DICOMDIR")
    records = directory.DirectoryRecordSequence
    records[3], records[5] = records[5], records[3]
    directory.save_as(medium / "DICOMDIR")
    images[1].unlink()
    write_dicom(medium / "extra", ramp(), 12)
    entries = {f"CD/{p.relative_to(medium).as_posix()}": p.read_bytes() for p in medium.rglob("*") if p.is_file()}
    path = tmp_path / "cd"
    if kind == "tar":
        write_tar(path, entries)
    else:
        with zipfile.ZipFile(path, "w") as target:
            for name, content in entries.items():
                target.writestr(name, content)
    found = images_in(path, archives)
    names = [archives.origin_of(file).relative_to(path).as_posix() for file in found.files]
    assert names == ["CD/PT000000/IM000002", "CD/PT000000/IM000000", "CD/extra"]
    ((where, error),) = found.rejections
    assert where == path / "CD" / "DICOMDIR"
    assert "PT000000/IM000001" in str(error)
    assert [(where, "(extra)" in note) for where, note in found.notes] == [(path / "CD" / "DICOMDIR", True)]


@needs_links
def test_links_on_a_copied_medium_are_followed_where_its_folder_is_opened(medium, archives, tmp_path):
    """Tools that keep track of data replace files by links into a store of their own."""
    images = named_by(medium)
    store = tmp_path / "store"
    store.mkdir()
    for number, image in enumerate(images):
        image.rename(store / str(number))
        image.symlink_to(store / str(number))
    found = images_in(medium, archives)
    assert (list(found.files), found.rejections, found.notes) == (images, (), ())
    assert all(load_radiograph(path).shape == ramp().shape for path in found.files)
    found = images_in(medium / "DICOMDIR", archives)
    assert found.files == ()
    assert "lead outside its folder" in str(found.rejections[0][1])


@needs_links
def test_a_link_to_a_named_image_is_no_second_image(medium, archives):
    (medium / "LATEST").symlink_to(named_by(medium)[0])
    found = images_in(medium, archives)
    assert (list(found.files), found.notes) == (named_by(medium), ())


def test_images_beside_a_dicomdir_are_copied_from_the_medium_too(medium, archives, new_image):
    copies = MediumCopies()
    found = images_in(medium, archives)
    copies.claim(found.on_medium)
    assert copies.place_of(new_image) != new_image
    copies.close()


def test_the_case_of_a_folder_copied_from_a_cd(shared_cases, archives):
    folder = shared_cases / "stale-dicomdir" / "folder"
    found = images_in(folder, archives)
    assert found.files[-1] == folder / "new_film_not_in_dicomdir.dcm"
    assert len(found.files) == 4
    assert "new_film_not_in_dicomdir.dcm" in found.notes[0][1]


@pytest.fixture
def shared_cases():
    folder = Path(__file__).parents[4] / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("needs the folder of cases beside the checkout")
    return folder
