"""Folders: links are followed, each real folder once, and what is not followed is told."""

import os

import pytest

from bsnet_core.errors import Cancelled, UnreadableImageError
from bsnet_core.loading import UnpackedArchives, find_images, images_in, load_metadata, load_radiograph
from bsnet_core.loading.folder import contents_beside, contents_of
from tests.dicom_files import ramp, write_dicom

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")


@pytest.fixture
def archives():
    with UnpackedArchives() as archives:
        yield archives


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "opened" / "a").mkdir(parents=True)
    write_dicom(tmp_path / "opened" / "a" / "film.dcm", ramp(), 12)
    return tmp_path / "opened"


@pytest.fixture
def store(tmp_path):
    """A folder elsewhere, to which data sets link."""
    (tmp_path / "store" / "deep").mkdir(parents=True)
    write_dicom(tmp_path / "store" / "one.dcm", ramp(), 12)
    write_dicom(tmp_path / "store" / "deep" / "two.dcm", ramp(), 12)
    return tmp_path / "store"


def test_links_to_files_and_folders_elsewhere_are_followed(folder, store, archives):
    (folder / "film.dcm").symlink_to(store / "one.dcm")
    (folder / "linked").symlink_to(store)
    found = images_in(folder, archives)
    names = [path.relative_to(folder).as_posix() for path in found.files]
    assert names == ["a/film.dcm", "film.dcm", "linked/deep/two.dcm", "linked/one.dcm"]
    assert (found.rejections, found.notes) == ((), ())
    assert all(load_radiograph(path).shape == ramp().shape for path in found.files)


def test_a_folder_that_is_a_link_is_opened(folder, tmp_path, archives):
    (tmp_path / "link").symlink_to(folder)
    found = images_in(tmp_path / "link", archives)
    assert found.files == (tmp_path / "link" / "a" / "film.dcm",)
    assert found.notes == ()


def test_loops_end_and_are_told(folder, archives):
    (folder / "a" / "self").symlink_to(folder / "a")
    (folder / "a" / "up").symlink_to(folder)
    (folder / "a" / "out").symlink_to(folder.parent)
    found = images_in(folder, archives)
    assert found.files == (folder / "a" / "film.dcm",)
    ((where, note),) = found.notes
    assert where == folder
    assert note.startswith("3 links in this folder were not followed, such as out")


def test_links_that_lead_in_a_circle_elsewhere_end(folder, store, archives):
    (store / "deep" / "back").symlink_to(store)
    (folder / "linked").symlink_to(store)
    found = images_in(folder, archives)
    assert len(found.files) == 3
    assert "(back)" in found.notes[0][1]


def test_a_folder_is_listed_under_its_own_name_and_not_again_through_a_link(folder, store, archives):
    (folder / "_first").symlink_to(folder / "a")
    (folder / "one").symlink_to(store)
    (folder / "two").symlink_to(store)
    names = [path.relative_to(folder).as_posix() for path in find_images(folder)]
    assert names == ["a/film.dcm", "one/deep/two.dcm", "one/one.dcm"]
    assert contents_of(folder).unfollowed == [folder / "_first", folder / "two"]


def test_a_folder_below_another_that_is_linked_too_is_not_listed_twice(folder, store):
    (folder / "inner").symlink_to(store / "deep")
    (folder / "outer").symlink_to(store)
    names = [path.relative_to(folder).as_posix() for path in find_images(folder)]
    assert names == ["a/film.dcm", "inner/two.dcm", "outer/one.dcm"]


def test_hidden_links_are_passed_over(folder, store):
    (folder / ".cache").symlink_to(store)
    (folder / ".film.dcm").symlink_to(store / "one.dcm")
    contents = contents_of(folder)
    assert (contents.files, contents.unfollowed) == ([folder / "a" / "film.dcm"], [])


def test_a_broken_link_and_one_to_itself_say_what_they_are(folder, archives):
    (folder / "broken.dcm").symlink_to(folder / "gone")
    (folder / "loop.dcm").symlink_to(folder / "loop.dcm")
    assert len(images_in(folder, archives).files) == 3
    for load in (load_radiograph, load_metadata):
        with pytest.raises(UnreadableImageError, match="link to a file that is not there"):
            load(folder / "broken.dcm")
        with pytest.raises(UnreadableImageError, match="leads back to itself"):
            load(folder / "loop.dcm")


def test_beside_a_file_links_to_folders_are_not_followed_and_the_walk_has_an_end(folder, store):
    (folder / "linked").symlink_to(store)
    contents = contents_beside(folder / "DICOMDIR", most_files=2)
    assert (contents.files, contents.is_complete) == ([folder / "a" / "film.dcm"], True)
    for number in range(2):
        (folder / "a" / str(number)).touch()
    assert not contents_beside(folder / "DICOMDIR", most_files=2).is_complete


def test_walking_stops_when_told_to(folder):
    def report(stage, fraction):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        contents_of(folder, report)
