"""A reading says who read, what could not be assessed, and what else there is to say; and it is kept that way."""

import json

import pypdfium2
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QWidget

from app.panels.report_dialog import ReportDialog
from app.session.reading_statistics import Counted
from bsnet_core.brixia import Zone
from bsnet_core.partial_score import NOT_ASSESSABLE
from tests.app.predictions import prediction
from tests.dicom_files import ramp, write_dicom
from tests.journeys.saving_tables import save_table, with_names

COMMENT = "Effusion hides the base"


@pytest.fixture
def file(tmp_path):
    return write_dicom(tmp_path / "one.dcm", ramp(300, 300), bits=12, PatientID="P-1", StudyDate="20200101")


@pytest.fixture
def start(qtbot, open_viewer, no_model, file):
    started = []

    def opened(**more):
        made = open_viewer("--model", no_model, file, **more)
        qtbot.waitUntil(lambda: made.view.view_geometry is not None)
        started.append(made)
        return made

    yield opened
    for made in started:
        made.own_reading.scoring.switch(False)


def press(qtbot, *keys):
    for key in keys:
        qtbot.keyClick(QApplication.focusWidget(), key)


def read(qtbot, viewer, digits):
    viewer.own_reading.scoring.switch(True)
    press(qtbot, *digits)
    with qtbot.waitSignal(viewer.keeper.kept):
        press(qtbot, Qt.Key.Key_Return)


def test_the_reader_is_asked_for_a_name_at_the_first_save_and_never_again(qtbot, start):
    viewer = start(asks_for_reader=True)
    viewer.own_reading.scoring.switch(True)
    press(qtbot, *"123012", Qt.Key.Key_Return)
    dialog = viewer.own_reading.reader_name.dialog
    assert dialog.isVisible()
    assert not dialog.save.isEnabled()
    assert viewer.session.current.readings == ()
    dialog.name.setText("Dr. Rossi")
    with qtbot.waitSignal(viewer.keeper.kept):
        dialog.save.click()
    assert [reading.reader for reading in viewer.session.current.readings] == ["Dr. Rossi"]
    assert viewer.own_reading.reader_name.dialog is None
    with qtbot.waitActive(viewer):
        viewer.activateWindow()
    viewer.view.setFocus()
    viewer.own_reading.scoring.correct()
    read(qtbot, viewer, "2")
    assert [reading.reader for reading in viewer.session.current.readings] == ["Dr. Rossi"] * 2
    drafts = []
    viewer.keeper.ask(lambda library: (library.draft_of(1, ""), library.draft_of(1, "Dr. Rossi")), drafts.append)
    qtbot.waitUntil(lambda: drafts == [(None, None)])


def test_the_question_can_be_put_off_or_answered_with_no_name(qtbot, start):
    viewer = start(asks_for_reader=True)
    viewer.own_reading.scoring.switch(True)
    press(qtbot, *"123012", Qt.Key.Key_Return)
    viewer.own_reading.reader_name.dialog.cancel.click()
    assert viewer.session.current.readings == ()
    assert len(viewer.session.current.draft) == 6
    viewer.activateWindow()
    viewer.actions_by_name["save_reading"].trigger()
    with qtbot.waitSignal(viewer.keeper.kept):
        viewer.own_reading.reader_name.dialog.save_unnamed.click()
    viewer.own_reading.scoring.correct()
    viewer.actions_by_name["save_reading"].trigger()
    assert viewer.own_reading.reader_name.dialog is None
    assert [reading.reader for reading in viewer.session.current.readings] == ["", ""]


def test_a_zone_that_is_not_assessable_and_a_comment_are_kept_shown_and_counted(qtbot, start, monkeypatch, tmp_path):
    viewer = start()
    viewer.scores.comment.setFocus()
    qtbot.keyClicks(viewer.scores.comment, COMMENT)
    press(qtbot, Qt.Key.Key_Escape)
    assert not viewer.scores.comment.hasFocus()
    viewer.own_reading.scoring.switch(True)
    for digit in "12":
        qtbot.keyClick(viewer, digit)
    viewer.view.setFocus()
    viewer.scores.cell(Zone.C).entry.button(NOT_ASSESSABLE).click()
    assert viewer.session.current.draft[Zone.C] == NOT_ASSESSABLE
    assert viewer.scores.own_text == "Yours: 3 zones missing"
    press(qtbot, Qt.Key.Key_Tab, *"091")
    assert viewer.scores.own_text == "Yours: 4 / 12 (4 of 6 zones), not saved"
    with qtbot.waitSignal(viewer.keeper.kept):
        press(qtbot, Qt.Key.Key_Return)
    (reading,) = viewer.session.current.readings
    assert (str(reading.score), reading.comment) == ("12x0x1", COMMENT)
    assert "4 / 12 (4 of 6 zones)" in viewer.scores.own_text
    assert viewer.scores.comment.toPlainText() == COMMENT
    assert viewer.scores.comment.isReadOnly()
    viewer.session.accept_prediction(0, prediction("012321"))
    assert "over the 4 zones assessed" in viewer.scores.comparison_text
    assert "accepted ±2" not in viewer.own_reading.comparison.verdict_text
    words = report_words(qtbot, viewer, monkeypatch, tmp_path / "named.pdf", deidentified=False)
    assert "12×0×1, global 4 / 12 (4 of 6 zones)" in words
    assert COMMENT in words
    assert COMMENT not in report_words(qtbot, viewer, monkeypatch, tmp_path / "unnamed.pdf", deidentified=True)
    lines = tmp_path / "lines.jsonl"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(lines), ""))
    viewer.actions_by_name["export_library"].trigger()
    qtbot.waitUntil(lambda: "Saved" in viewer.messages.text and lines.exists())
    rows = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert [(row["score"], row["comment"]) for row in rows if row["table"] == "readings"] == [("12x0x1", COMMENT)]
    viewer.close()

    again = start()
    qtbot.waitUntil(lambda: bool(again.session.current.readings))
    assert again.session.current.readings == (reading,)
    assert again.scores.comment.toPlainText() == COMMENT


def report_words(qtbot, viewer, monkeypatch, path, *, deidentified):
    viewer.actions_by_name["report"].trigger()
    dialog = viewer.findChildren(ReportDialog)[-1]
    dialog.deidentify(deidentified)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    buttons = {getattr(button, "text", str)(): button for button in dialog.findChildren(QWidget)}
    buttons["&Choose…"].click()
    with qtbot.waitSignal(dialog.accepted):
        buttons["&Save report"].click()
    assert isinstance(buttons["&De-identify"], QCheckBox)
    document = pypdfium2.PdfDocument(path)
    try:
        return " ".join("\n".join(page.get_textpage().get_text_range() for page in document).split())
    finally:
        document.close()


def test_a_comment_in_progress_survives_a_restart_and_is_part_of_what_is_cleared_and_restored(qtbot, start):
    viewer = start()
    viewer.scores.comment.setFocus()
    qtbot.keyClicks(viewer.scores.comment, COMMENT)
    viewer.close()
    again = start()
    qtbot.waitUntil(lambda: again.session.current.draft_comment == COMMENT)
    again.view.setFocus()
    read(qtbot, again, "123012")
    assert again.session.current.draft_comment == ""
    again.session.undo_stack.undo()
    assert again.session.current.draft_comment == COMMENT
    again.scores.clear_button.click()
    assert (again.session.current.draft, again.session.current.draft_comment) == ({}, "")


def test_other_digits_still_score_nothing(qtbot, start):
    viewer = start()
    viewer.own_reading.scoring.switch(True)
    press(qtbot, "5")
    assert viewer.session.current.draft == {}
    assert "9 if it is not assessable" in viewer.messages.text


def test_the_table_of_readings_can_be_joined_and_marks_what_is_superseded(qtbot, start, monkeypatch, tmp_path):
    viewer = start()
    viewer.session.blind = True
    read(qtbot, viewer, "123012")
    viewer.session.accept_prediction(0, prediction("012321"))
    viewer.own_reading.scoring.correct()
    read(qtbot, viewer, "3")
    first, second = save_table(qtbot, viewer, monkeypatch, "export_csv", tmp_path / "named.csv", with_names)
    assert [row["Reading A (patient's right, upper)"] for row in (first, second)] == ["1", "3"]
    assert first["Superseded by"] == second["Reading ID"] != ""
    assert (second["Superseded by"], first["Blind"], second["Blind"]) == ("", "yes", "no")
    assert float(first["Seconds from display to saving"]) >= 0
    assert first["SOP Instance UID SHA-256"]
    assert first["Study date"] == "2020-01-01"
    assert first["Patient"]
    hidden, _second = save_table(qtbot, viewer, monkeypatch, "export_csv", tmp_path / "unnamed.csv")
    assert (hidden["Study date"], hidden["Saved at (UTC)"]) == ("", "")
    assert (hidden["Reading ID"], hidden["Patient"]) == (first["Reading ID"], first["Patient"])
    assert "2020" not in (tmp_path / "unnamed.csv").read_text("utf-8-sig")
    (result,) = save_table(qtbot, viewer, monkeypatch, "export_batch", tmp_path / "results.csv")
    assert (result["Film"], result["Patient"], result["Study date"]) == ("#1", first["Patient"], "")
    (named,) = save_table(qtbot, viewer, monkeypatch, "export_batch", tmp_path / "named-results.csv", with_names)
    assert named["Film"] == named["File name"] == "one.dcm"


def test_the_statistics_count_the_first_blind_reading_until_others_are_asked_for(qtbot, start):
    viewer = start()
    viewer.session.blind = True
    read(qtbot, viewer, "123012")
    viewer.session.accept_prediction(0, prediction("012321"))
    viewer.own_reading.scoring.correct()
    read(qtbot, viewer, "3")
    viewer.actions_by_name["statistics"].trigger()
    panel = viewer.own_reading.statistics.panel
    qtbot.waitUntil(lambda: len(panel.shown) == 1)
    assert str(panel.shown[0].reading.score) == "123012"
    panel.which.setCurrentIndex(panel.which.findData(Counted.LAST))
    assert str(panel.shown[0].reading.score) == "323012"
