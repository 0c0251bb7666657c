"""Many files opened together: headers first, then thumbnails, those in sight first; few images stay in memory."""

import pytest

from app.background.image_loader import ImageLoader
from app.session.kept_pixels import KEPT_RADIOGRAPHS
from app.session.open_image import ImageState
from tests.dicom_files import ramp, write_dicom

IMAGES = 80


@pytest.fixture
def folder(tmp_path):
    images = tmp_path / "films"
    images.mkdir()
    for number in range(IMAGES):
        write_dicom(
            images / f"{number:03d}.dcm", ramp(64, 64), bits=12, PatientName=f"Patient^{number}", PatientID=f"P{number}"
        )
    return images


@pytest.fixture
def loader(session):
    made = ImageLoader(session)
    yield made
    made.close()
    while not made.wait(1.0):
        pass


def images_of(session):
    return sum(image.thumbnail is not None for image in session.images)


def test_all_films_of_a_folder_are_listed_before_their_pictures_are_looked_at(qtbot, session, loader, folder):
    told = []
    session.metadata_known.connect(lambda keys: told.append(("listed", keys)))
    session.previews_known.connect(lambda keys: told.append(("seen", keys)))
    loader.loaded.connect(lambda key, loaded: told.append(("read", (key,))))
    loader.open([folder])
    qtbot.waitUntil(lambda: images_of(session) == IMAGES)
    steps = [what for what, _ in told]
    assert told[0] == ("read", (0,))  # the film for the screen waits for nobody
    assert steps.index("seen") > len(steps) - 1 - steps[::-1].index("listed")
    for what in ("listed", "seen"):
        assert sorted(key for step, keys in told if step == what for key in keys) == list(range(1, IMAGES))
    assert [image.title for image in session.images] == [f"Patient {number}" for number in range(IMAGES)]
    assert all(image.state is ImageState.READY for image in session.images)


def test_of_a_folder_only_as_many_films_are_read_whole_as_stay_in_memory(qtbot, session, loader, folder):
    read = []
    loader.loaded.connect(lambda key, loaded: read.append(key))
    loader.open([folder])
    qtbot.waitUntil(lambda: len(read) == KEPT_RADIOGRAPHS)
    assert read == list(range(KEPT_RADIOGRAPHS))
    assert all(image.thumbnail is not None for image in session.images)
    loader.load(50)
    qtbot.waitUntil(lambda: len(read) > KEPT_RADIOGRAPHS)
    assert read[KEPT_RADIOGRAPHS:] == [50]


def test_films_in_sight_are_looked_at_before_the_others(qtbot, session, loader, folder):
    seen = []
    session.previews_known.connect(seen.extend)
    session.images_added.connect(lambda keys: loader.prefer([70, 71]))
    session.metadata_known.connect(lambda keys: loader.prefer([70, 71]))
    loader.open([folder])
    qtbot.waitUntil(lambda: len(seen) == IMAGES - 1)
    assert seen[:2] == [70, 71]


def test_a_film_that_is_chosen_goes_before_all_that_nobody_has_chosen(qtbot, session, loader, folder):
    read, seen = [], []
    loader.loaded.connect(lambda key, loaded: read.append((key, len(seen))))
    session.previews_known.connect(seen.extend)
    session.images_added.connect(lambda keys: loader.load(50))
    loader.open([folder])
    qtbot.waitUntil(lambda: len(seen) == IMAGES - 2)
    assert (50, 0) in read[:2]
    assert sorted([0, 50, *seen]) == list(range(IMAGES))


def test_films_that_cannot_be_read_say_so_and_the_next_one_comes_to_the_screen(qtbot, session, loader, folder):
    rejected = []
    loader.failed.connect(lambda name, error: rejected.append(name))
    for name in ("000.dcm", "001.dcm", "040.dcm"):
        (folder / name).write_bytes(b"no film")
    loader.open([folder])
    qtbot.waitUntil(lambda: session.current is not None and session.current.key == 2)
    qtbot.waitUntil(lambda: sorted(rejected) == ["000.dcm", "001.dcm", "040.dcm"])
    qtbot.waitUntil(lambda: sum(image.is_loaded for image in session.images) == IMAGES - 3)
    assert session.image(40).state is ImageState.UNREADABLE
