import csv
import dataclasses
import hashlib
import io
import stat
from datetime import timedelta, timezone

import pytest

from app.report.csv_tables import (
    BatchResult,
    Separator,
    batch_csv,
    readings_csv,
    write_csv,
)
from app.report.saving import NameTakenError
from app.report.table_choices import TableChoices
from app.session.reading_keys import ReadingKeys
from app.session.readings import ComparedReading, ListedReading
from bsnet_core.brixia import BrixiaScore
from bsnet_core.errors import UnsuitableImageError
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.partial_score import read_score_from_text
from bsnet_core.radiograph import ImageMetadata
from tests.app.predictions import prediction
from tests.app.report.images import reading

MODEL = ModelIdentity("bsnet-test", "1.2", "0123456789abcdef" * 4)


KEYS = ReadingKeys("id-1", "id-2", "R-1234", 7, "key-of-patient", "1.2.3", "1.2.3.4", "1.2.3.4.5", "Ypsilon.dcm", True)


def tabled(**changes):
    plain = ListedReading("2020-01-02 #7", "20200102", reading("112300"), KEYS, BrixiaScore.from_text("012321"), MODEL)
    return dataclasses.replace(plain, **changes)


def rows_of(text, separator=","):
    header, *rows = csv.reader(io.StringIO(text), delimiter=separator)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_a_line_holds_reading_prediction_difference_and_model():
    (row,) = rows_of(readings_csv([tabled()]))
    assert row["Study"] == "2020-01-02 #7"
    assert row["Study date"] == "2020-01-02"
    assert row["Reader"] == "Dr. Quirin Ypsilon"
    assert row["Saved at (UTC)"] == "2026-03-03T08:30:00+00:00"
    assert row["Blind"] == "yes"
    assert row["Reading global"], row["Predicted global"] == ("7", "9")
    assert row["Difference (predicted minus reading) A (patient's right, upper)"] == "-1"
    assert row["Difference (predicted minus reading) E (patient's left, middle)"] == "2"
    assert row["Difference (predicted minus reading) global"] == "2"
    assert (row["Model"], row["Model version"], row["Weights SHA-256"]) == ("bsnet-test", "1.2", MODEL.sha256)
    assert row["Input check"] == "accepted"
    assert row["Software"].startswith("BS-Net Viewer")
    assert row["Use"] == "research use only, not a medical device"


def test_times_are_utc_whatever_the_clock_they_were_taken_by():
    east = dataclasses.replace(reading(), saved_at=reading().saved_at.astimezone(timezone(timedelta(hours=9))))
    (row,) = rows_of(readings_csv([tabled(reading=east)]))
    assert row["Saved at (UTC)"] == "2026-03-03T08:30:00+00:00"


def test_a_reading_without_a_prediction_leaves_its_cells_empty():
    (row,) = rows_of(readings_csv([tabled(predicted=None, model=None)]))
    assert row["Reading global"] == "7"
    assert row["Predicted global"] == row["Difference (predicted minus reading) global"] == row["Model"] == ""


def test_a_reading_can_be_joined_with_other_tables():
    shown = dataclasses.replace(reading("112300"), comment="tubes", displayed_at=reading().started_at)
    (row,) = rows_of(readings_csv([tabled(reading=shown)], TableChoices(file_names=True)))
    assert (row["Reading ID"], row["Superseded by"], row["Patient"]) == ("id-1", "id-2", "key-of-patient")
    uids = [row[f"{kind} Instance UID"] for kind in ("Study", "Series", "SOP")]
    assert uids == ["1.2.3", "1.2.3.4", "1.2.3.4.5"]
    assert (row["File name"], row["Comment"], row["Bundled sample"]) == ("Ypsilon.dcm", "tubes", "yes")
    assert float(row["Seconds from display to saving"]) == (shown.saved_at - shown.started_at).total_seconds()
    (unnamed,) = rows_of(readings_csv([tabled()]))
    assert unnamed["File name"] == unnamed["Seconds from display to saving"] == ""


def test_uids_can_be_written_as_hashes():
    (row,) = rows_of(readings_csv([tabled()], TableChoices(hashed=True)))
    assert row["SOP Instance UID SHA-256"] == hashlib.sha256(b"1.2.3.4.5").hexdigest()
    assert "1.2.3" not in row.values()


def test_a_de_identified_table_names_and_dates_nobody():
    shown = dataclasses.replace(reading("112300"), comment="Mr. Ypsilon has a tube")
    text = readings_csv([tabled(reading=shown)], TableChoices(deidentified=True, file_names=True))
    for told in ("Ypsilon", "2020", "2026", "1.2.3"):
        assert told not in text
    (row,) = rows_of(text)
    assert (row["Study"], row["Reader"], row["Reading ID"]) == ("#7", "R-1234", "id-1")
    (dated,) = rows_of(readings_csv([tabled()], TableChoices(deidentified=True, keep_dates=True)))
    assert dated["Study date"] == "2020-01-02"


def test_a_zone_that_was_not_assessable_is_no_number_in_a_table():
    partial = dataclasses.replace(reading(), score=read_score_from_text("x12300"))
    (row,) = rows_of(readings_csv([tabled(reading=partial)]))
    assert row["Reading A (patient's right, upper)"] == "n/a"
    assert row["Difference (predicted minus reading) A (patient's right, upper)"] == "n/a"
    assert (row["Reading global"], row["Zones assessed"]) == ("6", "5")
    assert row["Difference (predicted minus reading) global"] == "n/a"


def test_a_reading_without_an_assessable_zone_has_no_global_score_in_a_table():
    none = dataclasses.replace(reading(), score=read_score_from_text("xxxxxx"))
    (row,) = rows_of(readings_csv([tabled(reading=none)]))
    assert (row["Reading global"], row["Zones assessed"]) == ("n/a", "0")


def test_a_compared_reading_becomes_a_line():
    compared = ComparedReading(
        "2020-01-02 #7", "20200102", reading("112300"), BrixiaScore.from_text("012321"), MODEL, KEYS
    )
    assert readings_csv([ListedReading.of(compared)]) == readings_csv([tabled()])
    assert tabled().compared == compared
    assert tabled(predicted=None, model=None).compared is None


@pytest.mark.parametrize("text", ["=1+2", "+44 1", "-x", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"])  # noqa: RUF001
def test_no_cell_is_a_formula(text):
    named = dataclasses.replace(reading(), reader=text)
    (row,) = rows_of(readings_csv([tabled(image=text, reading=named)]))
    for cell in (row["Study"], row["Reader"]):
        assert cell.startswith("'")


def test_numbers_stay_numbers():
    (row,) = rows_of(readings_csv([tabled(predicted=BrixiaScore.from_text("000000"))]))
    assert row["Difference (predicted minus reading) global"] == "-7"


@pytest.mark.parametrize("text", ['a "quoted", name', "two\nlines", "semi;colon", "Zoë 王 محمد"])
@pytest.mark.parametrize("separator", list(Separator))
def test_any_text_stays_in_its_cell(text, separator):
    written = readings_csv([tabled(image=text), tabled()], separator=separator)
    first, second = rows_of(written, separator.value)
    assert first["Study"] == " ".join(text.split())
    assert second["Study"] == "2020-01-02 #7"


def test_a_batch_holds_scores_with_confidence_and_refusals_with_reasons():
    predicted = prediction("012321", quality=("Note.",))
    metadata = ImageMetadata(study_uid="1.2.3", study_date="20200102", sop_instance_uid="1.2.3.4")
    scored = BatchResult.of("a.dcm", metadata, ("Note on the file.",)).with_prediction(predicted)
    rejected = BatchResult("b.dcm", rejection=UnsuitableImageError("This is a lateral view."))
    first, second = rows_of(batch_csv([scored, rejected]))
    assert (first["Film"], first["Study date"], first["Input check"]) == ("a.dcm", "2020-01-02", "accepted")
    assert first["Predicted D (patient's left, upper)"] == "3"
    assert first["Confidence A (patient's right, upper)"] == "0.7"
    assert first["Expected value D (patient's left, upper)"] == "2.4"
    assert first["Expected global"] == "9.0"
    interval = (first["Lowest global of 90% interval"], first["Highest global of 90% interval"])
    assert interval == tuple(str(end) for end in predicted.interval)
    assert second["Lowest global of 90% interval"] == ""
    assert first["Quality notes"] == "Note on the file. Note."
    assert first["Weights SHA-256"] == "0123456789abcdef" * 4
    assert (second["Input check"], second["Reason"]) == ("not-frontal-chest", "This is a lateral view.")
    assert second["Predicted global"] == second["Model"] == ""


def test_a_de_identified_batch_names_and_dates_no_image():
    metadata = ImageMetadata(study_uid="1.2.3", study_date="20200102", sop_instance_uid="1.2.3.4")
    known = dataclasses.replace(BatchResult.of("Ypsilon.dcm", metadata, ("Ypsilon.dcm is odd.",)), patient="key")
    rejected = dataclasses.replace(known, rejection=UnsuitableImageError("Ypsilon.dcm is a lateral view."))
    text = batch_csv([known.with_prediction(prediction("012321")), rejected], TableChoices(deidentified=True))
    for told in ("Ypsilon", "2020", "1.2.3"):
        assert told not in text
    first, second = rows_of(text)
    assert (first["Film"], second["Film"], first["Patient"]) == ("#1", "#2", "key")
    assert first["SOP Instance UID SHA-256"] == hashlib.sha256(b"1.2.3.4").hexdigest()
    (named, _other) = rows_of(batch_csv([known, rejected]))
    assert (named["Film"], named["File name"], named["SOP Instance UID"]) == ("Ypsilon.dcm", "Ypsilon.dcm", "1.2.3.4")


def test_the_file_is_utf_8_that_spreadsheets_know_as_such(tmp_path):
    text = readings_csv([tabled(image="王 Zoë")])
    path = write_csv(text, tmp_path / "readings.csv")
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == text
    assert b"\r\n" in data
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(NameTakenError):
        write_csv("", path)
    assert path.read_bytes() == data
