"""A radiologist whose library breaks, fills up, moves to another computer or must not name anybody."""

import json
import sqlite3
import stat

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from app.settings.paths import library_file
from bsnet_core.brixia import ZONES
from tests.dicom_files import ramp, write_dicom

NAME, SCORE = "Mustermann^Erika", "123012"


@pytest.fixture
def image(tmp_path):
    return write_dicom(tmp_path / "film.dcm", ramp(500, 400), bits=12, PatientName=NAME, PatientID="PATIENT-4711-Q")


@pytest.fixture
def save_as(monkeypatch):
    """Answers the system's dialog that asks for a file's name."""
    return lambda path: monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def wait_until_read(qtbot, viewer):
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None and not viewer.inference.is_busy)


def save_reading(viewer):
    key = viewer.session.current.key
    for zone, score in zip(ZONES, SCORE, strict=True):
        viewer.session.enter(key, zone, int(score))
    return viewer.session.save_reading(key)


def with_reading(qtbot, viewer):
    wait_until_read(qtbot, viewer)
    with qtbot.waitSignal(viewer.keeper.kept, timeout=20_000):
        save_reading(viewer)
    return viewer


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_library_leaves_as_a_copy_and_as_lines_readable_by_the_owner_only(
    qtbot, open_viewer, no_model, image, tmp_path, save_as
):
    viewer = with_reading(qtbot, open_viewer("--model", no_model, image))
    copy, lines = tmp_path / "copy.sqlite3", tmp_path / "library.jsonl"
    for name, path in (("copy_library", copy), ("export_library", lines)):
        save_as(path)
        viewer.actions_by_name[name].trigger()
        qtbot.waitUntil(lambda path=path: viewer.messages.text == f"Note: Saved: {path}", timeout=20_000)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM readings").fetchone() == (1,)
    connection.close()
    assert [line["table"] for line in lines_of(lines)].count("readings") == 1
    logged = [(line["event"], line["detail"]) for line in lines_of(lines) if line["table"] == "log"]
    assert ("exported", "library copy") in logged


def test_identities_are_forgotten_only_after_a_yes(qtbot, open_viewer, no_model, image, tmp_path, save_as):
    viewer = with_reading(qtbot, open_viewer("--model", no_model, image))
    files = viewer.library_files

    def exported(name):
        save_as(tmp_path / name)
        viewer.actions_by_name["export_library"].trigger()
        qtbot.waitUntil(lambda: viewer.messages.text.endswith(name), timeout=20_000)
        return (tmp_path / name).read_text(encoding="utf-8")

    viewer.actions_by_name["forget_identities"].trigger()
    keep = next(button for button in files.question.buttons() if button.text() == "Keep")
    assert files.question.defaultButton() is keep
    keep.click()
    assert NAME in exported("before.jsonl")
    viewer.actions_by_name["forget_identities"].trigger()
    next(button for button in files.question.buttons() if button.text() == "Forget").click()
    qtbot.waitUntil(lambda: "1 image no longer has" in viewer.messages.text, timeout=20_000)
    after = exported("after.jsonl")
    assert NAME not in after
    assert "4711-Q" not in after
    assert '"readings"' in after


def test_a_damaged_library_offers_what_can_be_recovered_and_the_offer_stays_until_taken(
    qtbot, open_viewer, no_model, image, tmp_path, save_as
):
    first = with_reading(qtbot, open_viewer("--model", no_model, image))
    first.close()
    while not first.end_work():
        pass
    damaged = bytearray(library_file().read_bytes())
    damaged[20_000:24_000] = b"\xff" * 4_000
    library_file().write_bytes(bytes(damaged[: len(damaged) - 9_000]))
    viewer = open_viewer("--model", no_model, "--no-samples")
    qtbot.waitUntil(lambda: "quarantined" in viewer.messages.text, timeout=20_000)
    assert viewer.messages.offer.isVisible()
    save_as("")
    viewer.messages.offer.click()
    assert "quarantined" in viewer.messages.text
    save_as(tmp_path / "recovered.jsonl")
    viewer.messages.offer.click()
    qtbot.waitUntil(lambda: "recovered and saved" in viewer.messages.text, timeout=20_000)
    assert not viewer.messages.offer.isVisible()
    assert {line["table"] for line in lines_of(tmp_path / "recovered.jsonl")} >= {"readings"}


@pytest.fixture
def blocked_viewer(qtbot, open_viewer, no_model, image, caplog):
    """A window with a saved reading that the disk has refused."""
    library_file().mkdir()
    viewer = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, viewer)
    with qtbot.waitSignal(viewer.keeper.not_kept, timeout=20_000):
        save_reading(viewer)
    return viewer


def answer(monkeypatch, button):
    asked = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *details: asked.append(details[2]) or button)
    return asked


def test_a_reading_that_was_refused_is_saved_again_from_the_message(qtbot, blocked_viewer):
    viewer = blocked_viewer
    assert "Your score is not lost" in viewer.messages.text
    assert viewer.messages.offer.text() == "Save again"
    library_file().rmdir()
    with qtbot.waitSignal(viewer.keeper.kept, timeout=20_000):
        viewer.messages.offer.click()
    assert viewer.keeper.unkept == ()
    assert "is saved" in viewer.messages.text
    assert not viewer.messages.offer.isVisible()


def test_closing_with_a_refused_reading_asks_and_can_be_taken_back(blocked_viewer, monkeypatch):
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    assert not blocked_viewer.close()
    assert blocked_viewer.isVisible()
    assert asked[0].startswith("1 reading has not been saved and will be lost")
    asked = answer(monkeypatch, QMessageBox.StandardButton.Discard)
    assert blocked_viewer.close()
    assert len(asked) == 1
    assert not blocked_viewer.isVisible()


def test_closing_can_save_again_first_and_closes_once_the_disk_has_it(qtbot, blocked_viewer, monkeypatch):
    answer(monkeypatch, QMessageBox.StandardButton.Retry)
    library_file().rmdir()
    assert not blocked_viewer.close()
    qtbot.waitUntil(lambda: not blocked_viewer.isVisible(), timeout=20_000)
    assert blocked_viewer.keeper.unkept == ()


def test_closing_right_after_saving_waits_for_the_disk_and_asks_nothing(qtbot, open_viewer, no_model, image):
    viewer = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, viewer)
    save_reading(viewer)
    viewer.close()
    assert QApplication.activeModalWidget() is None
    qtbot.waitUntil(lambda: not viewer.isVisible(), timeout=20_000)
    assert viewer.keeper.unkept == ()
