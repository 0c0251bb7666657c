"""A folder of many films: listed from its headers, looked at with what is in sight first, kept some at a time."""

import numpy as np
import pytest

from app.library.keeper import REMEMBERED_AT_ONCE, Keeper
from app.library.library import Library
from app.library.records import Draft, KeptAnnotations, SeenImage
from app.session.session import Session
from app.settings.paths import LIBRARY_NAME
from bsnet_core.brixia import Zone
from bsnet_core.errors import UnreadableImageError, UnsupportedObjectError
from bsnet_core.loading import load_metadata, load_radiograph
from bsnet_core.radiograph import ImageMetadata, Radiograph
from tests.app.library_content import kept_prediction, metadata, reading
from tests.dicom_files import CT, ramp, write_dicom


@pytest.fixture
def session(qapp):
    return Session()


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


def accept(session, path, known):
    radiograph = Radiograph(np.zeros((8, 8), dtype=np.uint16), 0, 12, False, metadata=known)
    session.accept_radiograph(session.add(path).key, radiograph, np.zeros((8, 8), dtype=np.uint8))


def test_many_films_come_into_the_library_with_few_writes(qtbot, session, tmp_path):
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    kept, changes = [], []
    keeper.recalled.connect(lambda key, recalled: kept.append(key))
    keeper.changed.connect(lambda: changes.append(len(kept)))
    count = 2 * REMEMBERED_AT_ONCE + 1
    for number in range(count):
        accept(session, tmp_path / f"{number}.dcm", metadata(number))
    qtbot.waitUntil(lambda: len(kept) == count)
    assert [after for after in changes if after] == [1, 1 + REMEMBERED_AT_ONCE, count]
    assert keeper.close()


def test_a_film_that_is_gone_does_not_keep_the_others_out_of_the_library(qtbot, session, tmp_path):
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    failures, kept = [], []
    keeper.failed.connect(failures.append)
    keeper.recalled.connect(lambda key, recalled: kept.append(key))
    for number, known in enumerate((metadata(1), ImageMetadata(), metadata(2))):
        accept(session, tmp_path / f"gone-{number}.png", known)
    qtbot.waitUntil(lambda: sorted(kept) == [0, 2] and bool(failures), timeout=20_000)
    assert "gone-1.png is no longer there" in str(failures[0])
    assert keeper.close()


def test_many_films_are_recalled_as_one_by_one_each_with_its_own(tmp_path):
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    numbers = [image.number for image in library.remember_images(SeenImage(metadata(n), tmp_path) for n in (1, 2, 3))]
    for number in numbers[:2]:
        library.add_prediction(number, kept_prediction())
        library.add_reading(number, reading(reader=f"Reader {number}"))
        library.save_draft(number, Draft("Dr. A", {Zone.B: number}, reading().started_at))
        library.add_annotations(number, KeptAnnotations("Dr. A", (), reading().saved_at))
        library.note_seen(number, f"Reader {number}", reading().saved_at)
    together = library.recall_all(numbers, "Dr. A")
    assert together == {number: library.recall(number, "Dr. A") for number in numbers}
    assert [len(together[number].readings) for number in numbers] == [1, 1, 0]
    assert [together[number].draft is None for number in numbers] == [False, False, True]
    assert together[numbers[1]].seen_by == {f"Reader {numbers[1]}"}
    with pytest.raises(KeyError):
        library.recall(99, "Dr. A")
    library.close()


def test_films_taken_in_together_are_all_there_or_none(tmp_path):
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    images = [SeenImage(metadata(number), tmp_path / f"{number}.dcm") for number in (1, 2, 1)]
    first, second, again = library.remember_images(images)
    assert (first.number, again.number) == (1, 1)
    assert second.number == 2
    with pytest.raises(ValueError, match="told from others by its hash"):
        library.remember_images([SeenImage(metadata(3), tmp_path), SeenImage(ImageMetadata(), tmp_path)])
    assert library.images().total == 2
    library.close()
