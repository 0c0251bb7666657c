import json
from datetime import datetime

from app.library.library import Library
from app.session.visibility import Visibility
from tests.app.library_content import image, kept_prediction, reading


def test_a_copy_is_one_whole_library_and_replaces_what_was_there_only_when_done(library, tmp_path):
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    target = tmp_path / "copies" / "copy.sqlite3"
    target.parent.mkdir()
    target.write_text("older")
    library.copy_to(target)
    assert [file.name for file in target.parent.iterdir()] == ["copy.sqlite3"]
    copy = Library.open(target, keep_identity=True)
    assert copy.readings_of(number) == (reading(),)
    copy.close()


def test_json_lines_hold_every_row(library, tmp_path):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction())
    library.add_reading(number, reading("123012"))
    target = tmp_path / "rows.jsonl"
    assert library.export_json_lines(target, Visibility()) == 0
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert sorted(row["table"] for row in rows) == ["log", "predictions", "readings", "studies"]
    (saved,) = (row for row in rows if row["table"] == "readings")
    assert (saved["score"], saved["reader"]) == ("123012", "Reader One")
    assert datetime.fromisoformat(saved["saved_at"]) == reading().saved_at


def test_json_lines_leave_out_what_a_blind_reader_must_not_see(library, tmp_path):
    for number in (1, 2):
        kept = library.remember_image(*image(number)).number
        library.add_prediction(kept, kept_prediction())
        library.add_reading(kept, reading("123012", "Reader Two"))
    library.add_reading(1, reading("111111", "Reader One"))
    target = tmp_path / "rows.jsonl"
    assert library.export_json_lines(target, Visibility("Reader One", blind=True)) == 1
    rows = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert {row["study_id"] for row in rows if row["table"] in ("predictions", "readings")} == {1}
    assert {row["reader"] for row in rows if row["table"] == "readings"} == {"Reader One", "Reader Two"}
    assert library.export_json_lines(target, Visibility("", blind=True)) == 2
