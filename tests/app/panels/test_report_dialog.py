from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from app.background.jobs import Job, JobQueue
from app.panels.report_dialog import AvailableParts, ReportDialog
from app.report.content import compose_report
from app.report.paper import Paper
from app.report.pdf import write_report
from app.report.saving import NameTakenError
from bsnet_core.errors import ReportError
from tests.app.report.images import MADE_AT, metadata, reported

NOW = datetime(2026, 11, 24, 9, 25, 7, tzinfo=UTC)
EVERYTHING = AvailableParts(reading=True, explanation=True, lungs=True)


@pytest.fixture
def open_dialog(qtbot, tmp_path):
    def start(available=EVERYTHING, paper=Paper.A4, **changes):
        dialog = ReportDialog(metadata(**changes), available, tmp_path, NOW, paper=paper)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return start


def button(dialog, text):
    return next(one for one in dialog.findChildren(QPushButton) if one.text().replace("&", "") == text)


def tick(dialog, text):
    return next(one for one in dialog.findChildren(QCheckBox) if one.text().replace("&", "") == text)


def name_field(dialog):
    return next(one for one in dialog.findChildren(QLineEdit) if one.accessibleName() == "File name")


def test_what_is_ticked_is_what_is_wished(open_dialog, tmp_path):
    dialog = open_dialog()
    tick(dialog, "Explanation map").click()
    tick(dialog, "De-identify").click()
    tick(dialog, "Keep the dates").click()
    choices = dialog.request.choices
    assert (choices.deidentified, choices.keep_dates) == (True, True)
    assert (choices.with_reading, choices.with_explanation, choices.with_lungs) == (True, False, True)
    assert dialog.request.path.parent == tmp_path


def test_only_what_is_there_can_be_ticked(open_dialog):
    dialog = open_dialog(AvailableParts(reading=False, explanation=False, lungs=True))
    assert not tick(dialog, "Your reading").isEnabled()
    assert not dialog.request.choices.with_reading
    assert tick(dialog, "Aligned lungs").isEnabled()


def test_the_name_follows_deidentification_until_the_reader_gives_one(open_dialog, qtbot):
    dialog = open_dialog()
    assert "Zimmermann" in dialog.request.path.name
    tick(dialog, "De-identify").click()
    assert dialog.request.path.name == "brixia-report-deidentified-2026-11-24-092507.pdf"
    name_field(dialog).selectAll()
    qtbot.keyClicks(name_field(dialog), "mine")
    tick(dialog, "De-identify").click()
    assert dialog.request.path.name == "mine.pdf"


@pytest.mark.parametrize(
    ("stated", "words"),
    [("YES", "text is burned into the image"), ("", "does not rule out burned-in text"), ("NO", "")],
)
def test_names_burned_into_the_picture_are_brought_to_mind(open_dialog, stated, words):
    dialog = open_dialog(burned_in_annotation=stated)
    hints = [one for one in dialog.findChildren(QWidget) if one.accessibleName() == "Names in the image"]
    assert not hints[0].isVisible()
    tick(dialog, "De-identify").click()
    assert hints[0].isVisible() == bool(words)
    if words:
        assert words in hints[0].text()


def test_a_report_is_written_by_a_worker_and_a_taken_name_asks_before_it_is_replaced(open_dialog, qtbot, tmp_path):
    dialog, queue = open_dialog(paper=Paper.LETTER), JobQueue("report")
    image = reported()

    def write(request):
        job = Job(
            lambda report: write_report(
                compose_report(image, request.choices, MADE_AT),
                request.path,
                request.paper,
                overwrite=request.overwrite,
            ),
            dialog,
        )
        job.succeeded.connect(lambda path: dialog.accept())
        job.failed.connect(dialog.show_failure)
        queue.submit(job)

    dialog.save_requested.connect(write)
    target = dialog.request.path
    target.write_bytes(b"older")
    tick(dialog, "Explanation map").click()
    qtbot.mouseClick(button(dialog, "Save report"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "already exists" in dialog.problem_text, timeout=20000)
    assert target.read_bytes() == b"older"
    assert not tick(dialog, "Explanation map").isChecked()
    assert dialog.isVisible()
    tick(dialog, "Replace the existing file").click()
    qtbot.mouseClick(button(dialog, "Save report"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=20000)
    assert target.read_bytes().startswith(b"%PDF")
    queue.close()
    assert queue.wait(20)


def test_another_name_takes_the_leave_to_replace_back(open_dialog, qtbot):
    dialog = open_dialog()
    dialog.show_failure(NameTakenError("There is a file of that name already."))
    tick(dialog, "Replace the existing file").click()
    assert dialog.request.overwrite
    qtbot.keyClicks(name_field(dialog), "x")
    assert not dialog.request.overwrite
    assert dialog.problem_text == ""


def test_a_failure_is_said_and_offers_no_replacing(open_dialog):
    dialog = open_dialog()
    dialog.show_failure(ReportError("The disk is full: nothing was saved."))
    assert dialog.problem_text == "The disk is full: nothing was saved."
    assert not tick(dialog, "Replace the existing file").isVisible()
    assert button(dialog, "Save report").isEnabled()


def test_a_report_needs_a_name(open_dialog, qtbot):
    dialog = open_dialog()
    wishes = []
    dialog.save_requested.connect(wishes.append)
    name_field(dialog).clear()
    qtbot.mouseClick(button(dialog, "Save report"), Qt.MouseButton.LeftButton)
    assert wishes == []
    assert dialog.problem_text == "Enter a file name."


def test_every_control_has_a_name_and_is_reached_by_the_keyboard(open_dialog):
    dialog = open_dialog()
    controls = [one for kind in (QCheckBox, QComboBox, QPushButton) for one in dialog.findChildren(kind)]
    assert len(controls) >= 9
    for control in controls:
        assert control.accessibleName() or control.text()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    for field in dialog.findChildren(QLineEdit):
        assert field.accessibleName()


def test_two_keys_of_the_dialog_are_never_the_same(open_dialog):
    dialog = open_dialog()
    texts = [one.text() for kind in (QCheckBox, QPushButton, QLabel) for one in dialog.findChildren(kind)]
    keys = [QKeySequence.mnemonic(text).toString() for text in texts]
    used = [key for key in keys if key]
    assert len(used) == len(set(used)), used


def test_a_message_takes_its_room_from_the_screen_and_not_from_the_other_widgets(open_dialog):
    dialog = open_dialog()
    tick(dialog, "De-identify").click()
    width = dialog.width()
    parts = [*dialog.findChildren(QCheckBox), *dialog.findChildren(QLineEdit), *dialog.findChildren(QComboBox)]
    heights = {part: part.height() for part in parts if part.isVisible()}
    for error in (NameTakenError("One sentence. " * 20), ReportError("Another sentence. " * 30)):
        dialog.show_failure(error)
        (message,) = [label for label in dialog.findChildren(QLabel) if label.accessibleName() == "Problem"]
        assert message.height() >= message.heightForWidth(message.width())
        assert {part: part.height() for part in heights} == heights
        assert dialog.width() == width
