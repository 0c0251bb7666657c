import json
import sqlite3
import stat
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.canvas.measuring import Angle, Distance, Region, RegionShape
from app.library.library import Library
from app.library.order import ListOrder
from app.library.patients import FORMER_KEY_COST, patient_key, patient_of
from app.library.records import Draft, Event, KeptAnnotations
from app.settings.paths import LIBRARY_NAME, data_dir
from bsnet_core.brixia import BrixiaScore, Zone
from bsnet_core.errors import LibraryReplacedError
from bsnet_core.prediction import ModelIdentity
from bsnet_core.radiograph import ImageMetadata
from tests.app.library_content import MORNING, THUMBNAIL, fill, image, kept_prediction, metadata, reading


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / LIBRARY_NAME


@pytest.fixture
def library(path):
    opened = Library.open(path, keep_identity=True)
    yield opened
    opened.close()


def bytes_on_disk(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def raw(path):
    return sqlite3.connect(path, isolation_level=None)


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


def test_a_prediction_keeps_probabilities_alignment_and_hash_of_its_weights(library):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction("012321", confidence=0.7))
    (kept,) = library.predictions_of(number)
    assert kept.model == ModelIdentity("bsnet-test", "1.2", "0123456789abcdef" * 4)
    assert [max(range(4), key=shares.__getitem__) for shares in kept.probabilities] == [0, 1, 2, 3, 2, 1]
    assert kept.expected_values[3] == pytest.approx(0.7 * 3 + 0.1 * (0 + 1 + 2))
    assert kept.expected_total == pytest.approx(sum(kept.expected_values))
    assert kept.alignment == ((0.7, 0.0, 0.0), (0.0, 0.7, 0.0))
    assert 0 < kept.mask_area_fraction < 1


def test_a_film_seen_again_is_the_same_film_at_its_new_place(library):
    first = library.remember_image(*image(), at=MORNING)
    second = library.remember_image(metadata(), Path("/elsewhere/1.dcm"), THUMBNAIL, at=MORNING + timedelta(days=1))
    assert second.number == first.number
    assert second.path == Path("/elsewhere/1.dcm")
    assert (second.first_seen_at, second.last_seen_at) == (MORNING, MORNING + timedelta(days=1))
    assert library.images().total == 1


def test_films_without_a_uid_are_told_apart_by_their_bytes(library):
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
    assert (row.predicted_total, row.read_total, row.reader) == (9, 18, "Reader One")


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


@pytest.mark.parametrize("table", ["predictions", "readings", "annotations", "log"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1", "DELETE FROM {}", "REPLACE INTO {} SELECT * FROM {}"])
def test_what_was_said_can_be_neither_changed_nor_deleted_even_by_hand(library, path, table, change):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction())
    library.add_reading(number, reading())
    library.add_annotations(number, KeptAnnotations("Reader One", (Distance((1, 2), (3, 4)),), MORNING))
    with raw(path) as connection:
        connection.execute("PRAGMA recursive_triggers = ON")
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            connection.execute(change.format(table, table))
    connection.close()


def test_measurements_come_back_as_they_were_and_a_later_state_supersedes_only_the_same_reader_s(library, path):
    number = library.remember_image(*image()).number
    everything = (
        Distance((1.25, 2.5), (3.0, 4.0)),
        Angle((0.0, 0.0), (5.0, 5.0), (9.0, 0.5)),
        Region((1.0, 1.0), (4.0, 6.0)),
        Region((2.0, 2.0), (7.0, 8.0), RegionShape.ELLIPSE),
    )
    states = [("Reader One", everything[:1]), ("Reader Two", everything), ("Reader One", ())]
    for minutes, (reader, items) in enumerate(states):
        library.add_annotations(number, KeptAnnotations(reader, items, MORNING + timedelta(minutes=minutes)))
    kept = library.annotations_of(number)
    assert [(one.reader, one.items) for one in kept] == [("Reader Two", everything), ("Reader One", ())]
    assert library.recall(number, "Reader One").annotations == kept
    with raw(path) as connection:
        assert connection.execute("SELECT count(*) FROM annotations").fetchone() == (3,)
    connection.close()


def test_a_measurement_of_a_kind_this_version_does_not_know_is_left_out(library, path):
    number = library.remember_image(*image()).number
    library.add_annotations(number, KeptAnnotations("", (Distance((1.0, 2.0), (3.0, 4.0)),), MORNING))
    with raw(path) as connection:
        items = json.dumps([{"kind": "curve", "points": [[1, 1]]}, {"kind": "distance", "points": [[1, 2], [3, 4]]}])
        connection.execute(
            "INSERT INTO annotations (study_id, reader, items, made_at) SELECT study_id, reader, ?, made_at "
            "FROM annotations",
            (items,),
        )
    connection.close()
    assert [one.items for one in library.annotations_of(number)] == [(Distance((1.0, 2.0), (3.0, 4.0)),)]


def test_the_history_of_a_film_leaves_out_what_concerns_others(library):
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


def test_readings_are_compared_with_the_last_prediction_and_named_after_nobody(library):
    for number in (1, 2, 3):
        kept = library.remember_image(*image(number)).number
        if number != 3:
            library.add_prediction(kept, kept_prediction("000000"))
            library.add_prediction(kept, kept_prediction("012321"))
        library.add_reading(kept, reading("111111", minutes=1))
        library.add_reading(kept, reading("222222", minutes=2))
        library.add_reading(kept, reading("333333", reader="Reader Two", minutes=3))
    compared = library.compared_readings()
    assert [(pair.study_date, pair.reading.reader, str(pair.reading.score)) for pair in compared] == [
        ("20260301", "Reader One", "222222"),
        ("20260301", "Reader Two", "333333"),
        ("20260302", "Reader One", "222222"),
        ("20260302", "Reader Two", "333333"),
    ]
    assert {pair.predicted for pair in compared} == {BrixiaScore.from_text("012321")}
    assert "Müller" not in str(compared)
    assert "P-4711" not in str(compared)


def test_films_of_a_patient_stand_together_newest_first(library):
    for patient in ("A", "B"):
        for number in (3, 1, 2):
            minutes = timedelta(minutes=number + (10 if patient == "A" else 0))
            known = metadata(number, patient=patient, name=f"Patient^{patient}")
            library.remember_image(known, Path(f"/films/{patient}{number}.dcm"), at=MORNING + minutes)
    page = library.images()
    assert [(row.image.metadata.patient_id, row.image.metadata.study_date[-1]) for row in page.rows] == [
        ("A", "3"), ("A", "2"), ("A", "1"), ("B", "3"), ("B", "2"), ("B", "1"),
    ]  # fmt: skip
    assert [(row.place, row.of_patient) for row in page.rows] == [(1, 3), (2, 3), (3, 3)] * 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", 3), ("müller", 2), ("MULLER anne", 2), ("4711", 2), ("2026-03-02", 1), ("20260302", 1), ("chest pa", 0),
        ("other", 1), ("%", 0), ("_", 0), ("5.dcm", 1),
    ],
)  # fmt: skip
def test_films_are_found_by_patient_date_description_and_file_name(library, text, found):
    library.remember_image(*image(1))
    library.remember_image(*image(2))
    library.remember_image(metadata(5, patient="X", name="Other^One"), Path("/films/5.dcm"))
    page = library.images(text)
    assert (page.total, len(page.rows)) == (found, found)


def test_patients_are_listed_in_the_order_asked_for_and_their_films_stay_together(library):
    images = [("Zeta", 5), ("alpha", 1), ("alpha", 9), ("", 7)]
    for minutes, (name, day) in enumerate(images):
        known = metadata(day, patient=f"P{name}", name=name)
        library.remember_image(known, Path(f"/films/{minutes}.dcm"), at=MORNING + timedelta(minutes=minutes))
    library.add_reading(1, reading())
    library.add_prediction(4, kept_prediction())

    def listed(order):
        rows = library.images(order=order).rows
        assert [row.image.number for row in rows] == [
            row.image.number
            for offset in range(len(images))
            for row in library.images(order=order, offset=offset, limit=1).rows
        ]
        return [(row.image.metadata.patient_name, int(row.image.metadata.study_date[-2:])) for row in rows]

    alpha = [("alpha", 9), ("alpha", 1)]
    assert listed(ListOrder.LAST_OPENED) == [("", 7), *alpha, ("Zeta", 5)]
    assert listed(ListOrder.STUDY_DATE) == [*alpha, ("", 7), ("Zeta", 5)]
    assert listed(ListOrder.NAME) == [*alpha, ("Zeta", 5), ("", 7)]
    assert listed(ListOrder.STATE) == [*alpha, ("", 7), ("Zeta", 5)]  # nothing, predicted, read


def test_films_of_a_study_stand_together_by_series_even_where_studies_are_of_one_day(library):
    images = [("1.1", "a"), ("1.2", "c"), ("1.1", "b"), ("1.2", "d")]
    for number, (study, series) in enumerate(images):
        known = metadata(1, study_uid=study, series_uid=series, sop_instance_uid=f"9.{number}")
        library.remember_image(known, Path(f"/films/{number}.dcm"))
    rows = library.images().rows
    assert [(row.image.metadata.series_uid, row.place, row.place_in_study) for row in rows] == [
        ("a", 1, 1), ("b", 2, 2), ("c", 3, 1), ("d", 4, 2),
    ]  # fmt: skip


def test_a_long_list_comes_in_pages_without_gaps_or_repetitions(library):
    fill(library, patients=25)
    pages = [library.images(offset=offset, limit=10) for offset in (0, 10, 20)]
    names = [row.image.metadata.patient_name for page in pages for row in page.rows]
    assert names == [f"Patient^{number:04d}" for number in reversed(range(25))]
    assert {page.total for page in pages} == {25}


def test_priors_are_films_of_the_same_patient_in_order_of_their_dates(library):
    for number in (5, 1, 3):
        library.remember_image(*image(number))
    library.remember_image(*image(2, patient="other"))
    library.remember_image(*image(4, patient_birth_date="19991231"))
    past = library.history_of_patient(library.key_of(metadata()))
    assert [entry.image.metadata.study_date for entry in past] == ["20260301", "20260303", "20260305"]


def test_a_library_of_before_keeps_to_the_keys_it_began_with(path):
    seen = metadata(patient_id="7", patient_birth_date="19500101")
    with closing(Library.open(path, keep_identity=True)) as library:
        new = library.key_of(seen)
    with closing(raw(path)) as connection:
        (salt,) = connection.execute("SELECT value FROM properties WHERE name = 'salt'").fetchone()
        connection.execute("DELETE FROM properties WHERE name = 'key_cost'")
    with closing(Library.open(path, keep_identity=True)) as library:
        assert library.key_of(seen) == patient_key(patient_of(seen), salt, FORMER_KEY_COST) != new


@pytest.mark.parametrize(
    ("known", "has_patient"),
    [
        ({"patient_id": "P1"}, True),
        ({"patient_id": "Anonymous", "patient_birth_date": "19500101"}, False),
        ({"patient_id": "", "patient_name": "Doe^Jane"}, False),
        ({"patient_id": "", "patient_name": "Doe^Jane", "patient_birth_date": "19500101"}, True),
        ({}, False),
    ],
)
def test_films_that_do_not_say_whose_they_are_have_no_priors(library, known, has_patient):
    assert bool(patient_of(ImageMetadata(**known))) is has_patient
    library.remember_image(ImageMetadata(sop_instance_uid="1", **known), Path("/films/a.dcm"))
    library.remember_image(ImageMetadata(sop_instance_uid="2", **known), Path("/films/b.dcm"))
    key = library.key_of(ImageMetadata(**known))
    assert len(library.history_of_patient(key)) == (2 if has_patient else 0)
    assert library.images().rows[0].of_patient == (2 if has_patient else 1)


def test_without_identities_nothing_of_the_patient_is_on_the_disk_and_priors_still_match(path):
    library = Library.open(path, keep_identity=False)
    for number in (1, 2):
        kept = library.remember_image(*image(number))
        library.add_reading(kept.number, reading())
    assert kept.path is None
    assert kept.metadata.study_description == "Chest AP"
    assert len(library.history_of_patient(library.key_of(metadata()))) == 2
    on_disk = bytes_on_disk(path.parent)
    library.close()
    for text in ("Müller", "muller", "Änne", "P-4711", "19500131", "ACC-99", "/films"):
        # The UID of these films holds the number; it is what the film is found by, and names nobody by itself.
        assert text.encode() not in on_disk.replace(b"1.2.3.P-4711", b"")


def test_a_thumbnail_of_a_film_with_text_burned_in_is_an_identity_too(path):
    library = Library.open(path, keep_identity=False)
    kept = library.remember_image(metadata(1, burned_in_annotation="YES"), Path("/films/a.dcm"), THUMBNAIL)
    assert kept.thumbnail == b""
    assert library.remember_image(*image(2)).thumbnail == THUMBNAIL
    library.close()


def test_forgotten_identities_leave_no_trace_on_the_disk_and_all_else_stays(library, path):
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    assert "Müller".encode() in bytes_on_disk(path.parent)
    aside = path.with_name("library.damaged-2026-01-01T000000Z.sqlite3")
    aside.write_bytes(b"damaged")
    forgotten = library.forget_identities("Reader One")
    assert (forgotten.images, forgotten.still_naming) == (1, (aside,))
    on_disk = bytes_on_disk(path.parent).replace(b"1.2.3.P-4711", b"")
    for text in ("Müller", "muller", "P-4711", "19500131", "ACC-99", "/films"):
        assert text.encode() not in on_disk
    assert library.readings_of(number) == (reading(),)
    assert [past.image.number for past in library.history_of_patient(library.key_of(metadata()))] == [number]
    assert library.log_entries()[-1].event is Event.FORGOTTEN
    assert library.forget_identities().images == 0


def test_a_film_seen_after_the_option_was_changed_follows_it(library, path):
    number = library.remember_image(*image()).number
    library.close()
    discreet = Library.open(path, keep_identity=False)
    assert discreet.remember_image(*image()).metadata.patient_name == ""
    assert discreet.image(number).path is None
    discreet.close()


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_the_files_are_their_owners_alone_while_open_and_after(library, path):
    library.remember_image(*image())
    names = {file.name for file in path.parent.iterdir()}
    assert {LIBRARY_NAME, f"{LIBRARY_NAME}-wal", f"{LIBRARY_NAME}-shm"} <= names
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    library.copy_to(path.parent / "copy.sqlite3")
    library.export_json_lines(path.parent / "rows.jsonl")
    for name in ("copy.sqlite3", "rows.jsonl"):
        assert stat.S_IMODE((path.parent / name).stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the variable is Linux's")
def test_the_data_folder_is_the_user_s_and_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert data_dir() == tmp_path / "share" / "bsnet-viewer"
    assert stat.S_IMODE(data_dir().stat().st_mode) == 0o700


def test_it_writes_ahead_and_waits_for_the_disk(library):
    with library._engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert values == ["wal", 2, 1, 1, 10000]


def test_a_copy_is_one_whole_library_and_replaces_what_was_there_only_when_done(library, tmp_path):
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    target = tmp_path / "copy.sqlite3"
    target.write_text("older")
    library.copy_to(target)
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == ["copy.sqlite3"]
    copy = Library.open(target, keep_identity=True)
    assert copy.readings_of(number) == (reading(),)
    copy.close()


def test_json_lines_hold_every_row(library, tmp_path):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction())
    library.add_reading(number, reading("123012"))
    target = tmp_path / "rows.jsonl"
    assert library.export_json_lines(target) == 4
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert sorted(row["table"] for row in rows) == ["log", "predictions", "readings", "studies"]
    (saved,) = (row for row in rows if row["table"] == "readings")
    assert (saved["score"], saved["reader"]) == ("123012", "Reader One")
    assert datetime.fromisoformat(saved["saved_at"]) == reading().saved_at


def test_a_library_whose_file_was_taken_away_says_so_and_writes_nowhere_else(library, path):
    number = library.remember_image(*image()).number
    path.rename(path.with_name("moved.sqlite3"))
    with pytest.raises(LibraryReplacedError, match="moved"):
        library.add_reading(number, reading())
    assert not path.exists()


def test_a_moment_without_a_zone_is_a_slip(library):
    number = library.remember_image(*image()).number
    with pytest.raises(Exception, match="time zone"):
        library.add_reading(number, replace(reading(), saved_at=datetime(2026, 1, 1)))
    assert library.readings_of(number) == ()
