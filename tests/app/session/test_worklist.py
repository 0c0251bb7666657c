from pathlib import Path

import pytest

from app.session.open_image import ImageState
from app.session.worklist import Progress, ReadingState, Worklist
from bsnet_core.errors import UnreadableImageError
from tests.app.predictions import prediction
from tests.app.session.conftest import enter_all
from tests.app.session.test_session import THUMBNAIL, add, radiograph


def read(session, *keys, reader="Dr. A"):
    before, session.reader = session.reader, reader
    for key in keys:
        enter_all(session, key, "111111")
        session.save_reading(key)
    session.reader = before


@pytest.fixture
def worklist(session):
    """New, analysed, read by somebody else, read by Dr. A, and one that cannot be loaded."""
    for key in add(session, 4):
        session.accept_radiograph(key, radiograph(), THUMBNAIL)
    session.add(Path("/films/broken.dcm"))
    session.accept_failure(4, ImageState.UNREADABLE, UnreadableImageError("no film"))
    session.reader = "Dr. A"
    session.accept_prediction(1, prediction())
    read(session, 2, reader="Dr. B")
    read(session, 3)
    return Worklist(session)


@pytest.mark.parametrize(
    ("state", "keys"),
    [
        (ReadingState.ANY, [0, 1, 2, 3, 4]),
        (ReadingState.TO_READ, [0, 1, 2]),
        (ReadingState.NEW, [0]),
        (ReadingState.ANALYSED, [1]),
        (ReadingState.READ, [2, 3]),
        (ReadingState.READ_BY_ME, [3]),
    ],
)
def test_each_state_lists_its_images(session, worklist, state, keys):
    worklist.state = state
    assert [image.key for image in session.images if worklist.lists(image)] == keys


def test_what_is_read_by_me_follows_the_reader(session, worklist):
    worklist.state = ReadingState.READ_BY_ME
    session.reader = "Dr. B"
    assert [image.key for image in session.images if worklist.lists(image)] == [2]


def test_states_are_the_same_for_a_blind_reader_whatever_was_predicted(session, worklist):
    def listed():
        return [[state.includes(image, "Dr. A") for image in session.images] for state in ReadingState]

    before = listed()
    session.blind = True
    assert listed() == before
    session.accept_prediction(1, prediction("333333"))
    assert listed() == before


def test_the_image_on_the_screen_stays_listed_though_its_state_has_changed(session, worklist):
    worklist.state = ReadingState.TO_READ
    session.select(0)
    read(session, 0)
    assert worklist.lists(session.image(0))
    session.select(1)
    assert not worklist.lists(session.image(0))


def test_progress_counts_the_readings_of_this_reader_among_images_that_can_be_loaded(session, worklist):
    assert worklist.progress == Progress(read=1, count=4, place=None)
    session.select(2)
    read(session, 2)
    assert worklist.progress == Progress(read=2, count=4, place=3)


def test_a_reading_list_restricts_progress_and_the_next_image_to_its_own(session, worklist):
    worklist.restrict_to([2, 0])
    session.select(2)
    assert worklist.progress == Progress(read=0, count=2, place=1)
    assert worklist.next_unread() == 0
    session.select(1)
    assert worklist.progress == Progress(read=0, count=2, place=None)
    assert worklist.next_unread() == 2


def test_the_next_unread_image_is_the_next_one_without_a_reading_of_this_reader(session, worklist):
    session.select(1)
    assert worklist.next_unread() == 2
    session.select(3)
    assert worklist.next_unread() == 0
    read(session, 0, 1, 2)
    assert worklist.next_unread() is None
    session.reader = "Dr. B"
    assert worklist.next_unread() == 0


def test_steps_go_through_what_is_listed_and_end_at_either_end(session, worklist):
    worklist.state = ReadingState.READ
    session.select(2)
    assert (worklist.beside(-1), worklist.beside(1)) == (None, 3)
    session.select(3)
    assert (worklist.beside(-1), worklist.beside(1)) == (2, None)


def test_an_image_taken_off_the_list_is_neither_counted_nor_next(session, worklist):
    worklist.restrict_to([2, 0])
    session.select(2)
    session.remove(0)
    assert worklist.progress == Progress(read=0, count=1, place=1)
    assert worklist.next_unread() == 2
