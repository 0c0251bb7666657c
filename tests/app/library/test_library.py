from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.library.library import Library
from app.library.records import Draft, Event, KeptAnnotations, SeenImage
from app.settings.paths import LIBRARY_NAME
from bsnet_core.brixia import Zone
from bsnet_core.errors import LibraryReplacedError
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.radiograph import ImageMetadata
from tests.app.library_content import MORNING, THUMBNAIL, image, kept_prediction, metadata, reading


def test_everything_is_found_again_after_closing_and_opening(library, path):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction())
    library.add_reading(number, reading("123012"))
    library.close()
    again = Library.open(path, keep_identity=True)
    kept = again.image(number)
    assert kept.metadata == metadata()
    assert (kept.path, kept.thumbnail) == (image()[1], THUMBNAIL)
    assert again.predictions_of(number) == (kept_prediction(),)
    assert again.readings_of(number) == (reading("123012"),)
    again.close()


def test_an_image_seen_again_is_the_same_image_at_its_new_place(library):
    first = library.remember_image(*image(), at=MORNING)
    second = library.remember_image(metadata(), Path("/elsewhere/1.dcm"), THUMBNAIL, at=MORNING + timedelta(days=1))
    assert second.number == first.number
    assert second.path == Path("/elsewhere/1.dcm")
    assert (second.first_seen_at, second.last_seen_at) == (MORNING, MORNING + timedelta(days=1))
    assert library.images().total == 1


def test_images_without_a_uid_are_told_apart_by_their_bytes(library):
    nameless = ImageMetadata()
    one = library.remember_image(nameless, Path("/films/a.png"), sha256="aa")
    other = library.remember_image(nameless, Path("/films/a.png"), sha256="bb")
    moved = library.remember_image(nameless, Path("/films/b.png"), sha256="aa")
    assert one.number == moved.number != other.number
    with pytest.raises(ValueError, match="hash"):
        library.remember_image(nameless, Path("/films/a.png"))


def test_a_later_reading_supersedes_and_the_earlier_one_stays(library):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction("012321"))
    library.add_reading(number, reading("111111", minutes=10))
    library.add_reading(number, reading("222222", reader="Reader Two", minutes=20))
    library.add_reading(number, reading("333333", minutes=30))
    assert [str(kept.score) for kept in library.readings_of(number)] == ["111111", "222222", "333333"]
    (past,) = library.history_of_patient(library.image(number).patient_key)
    assert [str(kept.score) for kept in past.readings] == ["222222", "333333"]
    (row,) = library.images().rows
    assert (row.predicted_total, row.read_score.total, row.reader) == (9, 18, "Reader One")


def test_the_same_reading_handed_over_twice_is_one(library):
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    library.add_reading(number, reading())
    assert library.readings_of(number) == (reading(),)
    assert [entry.event for entry in library.log_entries()] == [Event.SAVED]


def test_a_repeated_prediction_adds_nothing_and_a_new_one_does(library):
    number = library.remember_image(*image()).number
    assert library.add_prediction(number, kept_prediction(minutes=0))
    assert not library.add_prediction(number, kept_prediction(minutes=5))
    assert library.add_prediction(number, kept_prediction("333333", minutes=6))
    other_weights = replace(kept_prediction("333333"), model=ModelIdentity("bsnet-test", "1.3", "f" * 64))
    assert library.add_prediction(number, other_weights)
    assert [kept.score.total for kept in library.predictions_of(number)] == [9, 18, 18]


def test_the_history_of_an_image_leaves_out_what_concerns_others(library):
    one, two = (library.remember_image(*image(number)).number for number in (1, 2))
    library.add_reading(one, reading())
    library.add_reading(two, reading("222222"))
    library.log(Event.EXPORTED, "Reader One", one, "report", at=MORNING)
    assert [entry.event for entry in library.log_entries(one)] == [Event.EXPORTED, Event.SAVED]


def test_a_reading_takes_the_place_of_its_draft_and_of_no_other(library):
    number = library.remember_image(*image()).number
    mine = Draft("Reader One", {Zone.A: 2, Zone.F: 0}, MORNING)
    other = Draft("Reader Two", {Zone.B: 1}, MORNING)
    library.save_draft(number, mine)
    library.save_draft(number, other)
    assert library.draft_of(number, "Reader One") == mine
    library.save_draft(number, replace(mine, zones={Zone.A: 3}))
    assert library.draft_of(number, "Reader One").zones == {Zone.A: 3}
    library.add_reading(number, reading())
    assert library.draft_of(number, "Reader One") is None
    assert library.draft_of(number, "Reader Two") == other
    library.clear_draft(number, "Reader Two")
    assert library.draft_of(number, "Reader Two") is None


def test_the_audit_log_says_who_did_what_and_when(library):
    number = library.remember_image(*image()).number
    library.log(Event.REVEALED, "Reader One", number, at=MORNING)
    library.add_reading(number, reading(blind=True))
    library.log(Event.EXPORTED, "Reader One", detail="csv")
    entries = library.log_entries()
    assert [(entry.event, entry.reader, entry.image, entry.detail) for entry in entries] == [
        (Event.REVEALED, "Reader One", number, ""),
        (Event.SAVED, "Reader One", number, "blind"),
        (Event.EXPORTED, "Reader One", None, "csv"),
    ]
    assert entries[1].at == reading().saved_at


def test_a_reading_is_not_recorded_as_blind_if_any_window_had_shown_the_prediction_to_its_reader(library):
    for number, seen_by, at in (
        (1, "Reader One", -1),
        (2, "", -1),
        (3, "Reader Two", -1),
        (4, "Reader One", 1),
    ):
        kept = library.remember_image(*image(number)).number
        library.note_seen(kept, seen_by, reading().saved_at + timedelta(minutes=at))
    stored = [library.add_reading(number, reading(blind=True)) for number in (1, 2, 3, 4)]
    assert [one.blind for one in stored] == [False, False, True, True]
    assert [library.readings_of(number) for number in (1, 2, 3, 4)] == [(one,) for one in stored]


def test_a_library_whose_file_was_taken_away_says_so_and_writes_nowhere_else(library, path):
    number = library.remember_image(*image()).number
    path.rename(path.with_name("moved.sqlite3"))
    with pytest.raises(LibraryReplacedError, match="moved"):
        library.add_reading(number, reading())
    assert not path.exists()


def test_many_images_are_recalled_as_one_by_one_each_with_its_own(tmp_path):
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


def test_images_taken_in_together_are_all_there_or_none(tmp_path):
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    images = [SeenImage(metadata(number), tmp_path / f"{number}.dcm") for number in (1, 2, 1)]
    first, second, again = library.remember_images(images)
    assert (first.number, again.number) == (1, 1)
    assert second.number == 2
    with pytest.raises(ValueError, match="told from others by its hash"):
        library.remember_images([SeenImage(metadata(3), tmp_path), SeenImage(ImageMetadata(), tmp_path)])
    assert library.images().total == 2
    library.close()
