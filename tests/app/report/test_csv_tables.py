import csv
import dataclasses
import io
import stat
from datetime import timedelta, timezone

import pytest

from app.report.csv_tables import (
    BatchResult,
    ImageNaming,
    Separator,
    TabledReading,
    batch_csv,
    readings_csv,
    write_csv,
)
from app.report.saving import NameTakenError
from app.session.readings import ComparedReading
from bsnet_core.brixia import BrixiaScore
from bsnet_core.errors import UnsuitableImageError
from bsnet_core.inference.prediction import ModelIdentity
from tests.app.predictions import prediction
from tests.app.report.images import reading

MODEL = ModelIdentity("bsnet-test", "1.2", "0123456789abcdef" * 4)


def tabled(**changes):
    plain = TabledReading("Study 7", "1.2.3", "20200102", reading("112300"), BrixiaScore.from_text("012321"), MODEL)
    return dataclasses.replace(plain, **changes)


def rows_of(text, separator=","):
    header, *rows = csv.reader(io.StringIO(text), delimiter=separator)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_a_line_holds_reading_prediction_difference_and_model():
    (row,) = rows_of(readings_csv([tabled()]))
    assert row["Study"] == "Study 7"
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


def test_a_study_stands_there_by_label_or_by_uid():
    (row,) = rows_of(readings_csv([tabled()], naming=ImageNaming.UID))
    assert row["Study Instance UID"] == "1.2.3"
    assert "Study 7" not in row.values()


def test_dates_can_be_left_out():
    text = readings_csv([tabled()], with_dates=False)
    assert "2020" not in text
    assert "2026" not in text


def test_a_compared_reading_becomes_a_line():
    compared = ComparedReading("Study 7", "20200102", reading("112300"), BrixiaScore.from_text("012321"), MODEL)
    assert readings_csv([TabledReading.from_compared(compared, "1.2.3")]) == readings_csv([tabled()])


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
    assert second["Study"] == "Study 7"


def test_a_batch_holds_scores_with_confidence_and_refusals_with_reasons():
    predicted = prediction("012321", quality=("Note.",))
    scored = BatchResult.from_prediction("a.dcm", predicted, "1.2.3", "20200102", ("Note on the file.",))
    rejected = BatchResult("b.dcm", rejection=UnsuitableImageError("This is a lateral view."))
    first, second = rows_of(batch_csv([scored, rejected]))
    assert (first["Film"], first["Study date"], first["Input check"]) == ("a.dcm", "2020-01-02", "accepted")
    assert first["Predicted D (patient's left, upper)"] == "3"
    assert first["Confidence A (patient's right, upper)"] == "0.7"
    assert first["Expected value D (patient's left, upper)"] == "2.4"
    assert first["Expected global"] == "9.0"
    assert first["Quality notes"] == "Note on the file. Note."
    assert first["Weights SHA-256"] == "0123456789abcdef" * 4
    assert (second["Input check"], second["Reason"]) == ("not-frontal-chest", "This is a lateral view.")
    assert second["Predicted global"] == second["Model"] == ""


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
