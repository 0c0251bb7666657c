from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.library.order import ListOrder
from bsnet_core.brixia import BrixiaScore
from bsnet_core.loading import load_metadata
from bsnet_core.resources import sample_files
from tests.app.library_content import MORNING, fill, image, kept_prediction, metadata, reading


def test_readings_are_compared_with_the_last_prediction_and_named_after_nobody(library):
    for number in (1, 2, 3):
        kept = library.remember_image(*image(number)).number
        if number != 3:
            library.add_prediction(kept, kept_prediction("000000"))
            library.add_prediction(kept, kept_prediction("012321"))
        library.add_reading(kept, reading("111111", minutes=1))
        library.add_reading(kept, reading("222222", minutes=2))
        library.add_reading(kept, reading("333333", reader="Reader Two", minutes=3))
    listed = library.listed_readings()
    assert [(one.study_date, one.reading.reader, str(one.reading.score)) for one in listed] == [
        (f"2026030{number}", reader, score)
        for number in (1, 2, 3)
        for reader, score in (("Reader One", "111111"), ("Reader One", "222222"), ("Reader Two", "333333"))
    ]
    assert [one.predicted for one in listed] == [BrixiaScore.from_text("012321")] * 6 + [None] * 3
    assert [one.compared is None for one in listed] == [False] * 6 + [True] * 3
    without_names = str([replace(one, keys=replace(one.keys, file_name="", sop_uid="")) for one in listed])
    assert "Müller" not in without_names
    assert "P-4711" not in without_names


def test_a_reading_has_keys_that_stay_the_same_and_name_what_supersedes_it(library):
    kept = library.remember_image(*image(1, study_uid="1.2", series_uid="1.2.3"))
    for minutes in (1, 2, 3):
        library.add_reading(kept.number, reading("111111", minutes=minutes))
    library.add_reading(kept.number, reading("333333", reader="Reader Two", minutes=2.5))
    first, second, other, third = library.listed_readings()
    assert library.listed_readings() == (first, second, other, third)
    ids = [one.keys.reading for one in (first, second, other, third)]
    assert len(set(ids)) == 4
    assert [one.keys.superseded_by for one in (first, second, other, third)] == [ids[1], ids[3], "", ""]
    keys = first.keys
    assert (keys.study_uid, keys.series_uid, keys.sop_uid) == ("1.2", "1.2.3", "1.2.3.P-4711.1")
    assert (keys.patient, keys.file_name, keys.is_sample) == (kept.patient_key, "1.dcm", False)
    assert keys.reader == second.keys.reader != other.keys.reader
    assert "One" not in keys.reader


def test_readings_of_the_bundled_samples_are_marked_wherever_their_files_are(library):
    sample = sample_files()[0]
    kept = library.remember_image(load_metadata(sample), Path("/elsewhere/copied.dcm"))
    library.add_reading(kept.number, reading())
    assert [one.keys.is_sample for one in library.listed_readings()] == [True]


def test_images_of_a_patient_stand_together_newest_first(library):
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
def test_images_are_found_by_patient_date_description_and_file_name(library, text, found):
    library.remember_image(*image(1))
    library.remember_image(*image(2))
    library.remember_image(metadata(5, patient="X", name="Other^One"), Path("/films/5.dcm"))
    page = library.images(text)
    assert (page.total, len(page.rows)) == (found, found)


def test_patients_are_listed_in_the_order_asked_for_and_their_images_stay_together(library):
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


def test_images_of_a_study_stand_together_by_series_even_where_studies_are_of_one_day(library):
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


def test_priors_are_images_of_the_same_patient_in_order_of_their_dates(library):
    for number in (5, 1, 3):
        library.remember_image(*image(number))
    library.remember_image(*image(2, patient="other"))
    library.remember_image(*image(4, patient_birth_date="19991231"))
    past = library.history_of_patient(library.key_of(metadata()))
    assert [entry.image.metadata.study_date for entry in past] == ["20260301", "20260303", "20260305"]
