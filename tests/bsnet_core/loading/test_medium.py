"""A medium is read once; what was read stays when it is taken out."""

import shutil
import stat
import sys

import pytest

from bsnet_core.loading import MediumCopies, UnpackedArchives, images_in, load_radiograph, medium
from tests.bsnet_core.loading.test_dicomdir import write_medium
from tests.dicom_files import ramp, write_dicom


@pytest.fixture
def images(tmp_path):
    with UnpackedArchives() as archives:
        found = images_in(write_medium(tmp_path / "medium", images=3), archives)
    assert found.on_medium
    return found.files


@pytest.fixture
def copies(images):
    made = MediumCopies()
    made.claim(images)
    yield made
    made.close()


def test_a_film_is_copied_when_it_is_read_and_read_from_the_copy_when_the_medium_is_gone(images, copies):
    place = copies.place_of(images[0])
    assert place != images[0]
    assert place.read_bytes() == images[0].read_bytes()
    shutil.rmtree(images[0].parents[1])
    assert copies.place_of(images[0]) == place
    assert load_radiograph(place).shape == (160, 200)
    assert copies.place_of(images[1]) == images[1]  # not read in time: reading it says that it is gone


def test_copies_are_their_owner_s_alone_and_go_with_their_owner(images, copies):
    place = copies.place_of(images[0])
    if sys.platform != "win32":
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    copies.close()
    assert not place.parent.exists()
    assert copies.place_of(images[0]) == images[0]


def test_other_files_are_read_where_they_lie(copies, tmp_path):
    path = write_dicom(tmp_path / "film.dcm", ramp(), 12)
    assert copies.place_of(path) == path


def test_beyond_the_limit_films_are_read_from_the_medium(images, copies, monkeypatch):
    monkeypatch.setattr(medium, "MAX_COPIED_BYTES", images[0].stat().st_size)
    assert copies.place_of(images[0]) != images[0]
    assert copies.place_of(images[1]) == images[1]
