"""Things go wrong in front of a radiologist: it is said in words, nothing entered is lost, and the window goes on."""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
from pydicom.uid import JPEG2000, MPEG2MPML
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from safetensors.numpy import load_file, save_file

from app.library.opening import quarantined_files
from app.session.open_image import ImageState
from app.settings.paths import library_file
from bsnet_core.brixia import ZONES
from bsnet_core.resources import sample_files
from tests.dicom_files import chest_dataset, ramp, write_dicom, write_encapsulated
from tests.journeys.test_library_in_the_window import lines_of, save_as, wait_until_read
from tests.journeys.test_reading_story import name_file, open_report, save_report, wait_until_rested

__all__ = ["save_as"]
WITHIN_MS = 120_000
NOBODY = 65534
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs the users and limits of POSIX")


@pytest.fixture
def image(tmp_path):
    return write_dicom(tmp_path / "film.dcm", ramp(500, 400), bits=12)


def score_by_keys(qtbot, viewer, digits="123012"):
    """Scoring mode and six digits, as a hand on the keyboard does it."""
    if not viewer.own_reading.scoring.is_on:
        qtbot.keyClick(viewer, Qt.Key.Key_S)
    for digit in digits:
        qtbot.keyClick(viewer, digit)


def save_by_keys(qtbot, viewer):
    with qtbot.waitSignal(viewer.keeper.kept, timeout=WITHIN_MS):
        qtbot.keyClick(viewer, Qt.Key.Key_Return)


def end(viewer):
    viewer.close()
    while not viewer.end_work():
        pass


def assert_usable(qtbot, viewer, digits="123012"):
    """The picture answers, and a score can be entered and saved."""
    before = viewer.view.is_inverted
    viewer.actions_by_name["invert"].trigger()
    assert viewer.view.is_inverted is not before
    viewer.actions_by_name["invert"].trigger()
    score_by_keys(qtbot, viewer, digits)
    save_by_keys(qtbot, viewer)
    assert str(viewer.session.current.readings[-1].score) == digits
    assert "is saved" in viewer.messages.text


# The library


def test_a_damaged_library_can_be_recovered_from_the_menu_long_after_the_message(
    qtbot, open_viewer, no_model, image, tmp_path, save_as
):
    first = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, first)
    assert not first.actions_by_name["salvage_library"].isEnabled()
    assert_usable(qtbot, first)
    end(first)
    library_file().write_bytes(library_file().read_bytes()[:-9_000])

    second = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, second)
    qtbot.waitUntil(lambda: bool(quarantined_files(library_file())), timeout=20_000)
    assert_usable(qtbot, second, "000111")  # a new library was begun
    second.messages.hide()
    end(second)

    third = open_viewer("--model", no_model, "--no-samples")
    recover = third.actions_by_name["salvage_library"]
    qtbot.waitUntil(recover.isEnabled, timeout=20_000)
    assert third.messages.text == ""
    save_as(tmp_path / "recovered.jsonl")
    recover.trigger()
    qtbot.waitUntil(lambda: "recovered and saved" in third.messages.text, timeout=20_000)
    scores = [line["score"] for line in lines_of(tmp_path / "recovered.jsonl") if line["table"] == "readings"]
    assert scores == ["123012"]


def test_of_several_damaged_libraries_the_one_to_recover_is_asked_for(
    qtbot, open_viewer, no_model, tmp_path, save_as, monkeypatch
):
    folder = library_file().parent
    older, newer = (folder / f"library.damaged-2026-01-0{day}T000000Z.sqlite3" for day in (1, 2))
    for path in (older, newer):
        path.write_bytes(b"no library")
    viewer = open_viewer("--model", no_model, "--no-samples")
    recover = viewer.actions_by_name["salvage_library"]
    qtbot.waitUntil(recover.isEnabled, timeout=20_000)
    proposed = []

    def choose_older(*details):
        proposed.append(details[2])
        return str(older), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose_older)
    save_as(tmp_path / "recovered.jsonl")
    recover.trigger()
    qtbot.waitUntil(lambda: "0 entries were recovered" in viewer.messages.text, timeout=20_000)
    assert proposed == [str(newer)]


@contextlib.contextmanager
def as_nobody(*owned: Path):
    """The superuser may write anywhere: what is not allowed is tried as nobody, who owns these paths."""
    is_root = os.geteuid() == 0
    if is_root:
        for path in owned:
            os.chown(path, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@posix_only
def test_a_library_that_may_only_be_read_is_said_at_the_start_and_the_score_is_saved_once_it_may_be_written(
    qtbot, open_viewer, monkeypatch
):
    place = Path(tempfile.mkdtemp())
    image, model, home = write_dicom(place / "film.dcm", ramp(500, 400), bits=12), place / "model", place / "home"
    model.mkdir()
    home.mkdir()
    for name in ("HOME", "LOCALAPPDATA", "APPDATA", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home))
    with as_nobody(place, image, model, home):
        locked = library_file()
        locked.touch()
        locked.chmod(0o400)
        viewer = open_viewer("--model", model, image)
        said = []
        viewer.keeper.failed.connect(said.append)
        wait_until_read(qtbot, viewer)
        score_by_keys(qtbot, viewer)
        with qtbot.waitSignal(viewer.keeper.not_kept, timeout=WITHIN_MS):
            qtbot.keyClick(viewer, Qt.Key.Key_Return)
        assert "cannot be written to: Permission denied" in viewer.messages.text
        assert "Your score is not lost" in viewer.messages.text
        assert [str(reading.score) for reading in viewer.session.current.readings] == ["123012"]
        locked.chmod(0o600)
        with qtbot.waitSignal(viewer.keeper.kept, timeout=WITHIN_MS):
            viewer.messages.offer.click()
        assert viewer.keeper.unkept == ()
        end(viewer)
    shutil.rmtree(place)


@contextlib.contextmanager
def no_file_longer_than(size_bytes):
    """What a full disk is to whoever writes."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@posix_only
def test_a_full_disk_refuses_the_score_and_takes_it_once_there_is_room(qtbot, open_viewer, no_model, image):
    viewer = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, viewer)
    wait_until_rested(qtbot, viewer)
    score_by_keys(qtbot, viewer)
    with no_file_longer_than(1), qtbot.waitSignal(viewer.keeper.not_kept, timeout=WITHIN_MS):
        qtbot.keyClick(viewer, Qt.Key.Key_Return)
    assert "disk" in viewer.messages.text
    assert "Your score is not lost" in viewer.messages.text
    with qtbot.waitSignal(viewer.keeper.kept, timeout=WITHIN_MS):
        viewer.messages.offer.click()
    end(viewer)
    again = open_viewer("--model", no_model, image)
    qtbot.waitUntil(lambda: bool(again.session.images) and bool(again.session.image(0).readings), timeout=WITHIN_MS)
    assert [str(reading.score) for reading in again.session.image(0).readings] == ["123012"]
    wait_until_read(qtbot, again)


def test_two_windows_save_at_the_same_time_and_both_scores_are_there(qtbot, open_viewer, no_model, image):
    windows = [open_viewer("--model", no_model, image) for _number in range(2)]
    for viewer in windows:
        wait_until_read(qtbot, viewer)
        wait_until_rested(qtbot, viewer)
    scores = ("111111", "222222")
    for viewer, digits in zip(windows, scores, strict=True):
        for zone, digit in zip(ZONES, digits, strict=True):
            viewer.session.enter(0, zone, int(digit))
    with qtbot.waitSignals([viewer.keeper.kept for viewer in windows], timeout=WITHIN_MS):
        for viewer in windows:
            viewer.actions_by_name["save_reading"].trigger()
    for viewer in windows:
        end(viewer)
    again = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, again)
    qtbot.waitUntil(lambda: len(again.session.image(0).readings) == 2, timeout=WITHIN_MS)
    assert {str(reading.score) for reading in again.session.image(0).readings} == set(scores)


# Reports


@pytest.fixture
def reading_viewer(qtbot, open_viewer, no_model, image):
    """A window with a film, a score entered and not saved."""
    viewer = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, viewer)
    score_by_keys(qtbot, viewer)
    wait_until_rested(qtbot, viewer)
    return viewer


def failure_of(dialog):
    from PySide6.QtWidgets import QLabel

    return " ".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def write_elsewhere(qtbot, dialog, monkeypatch, path):
    name_file(dialog, monkeypatch, path)
    with qtbot.waitSignal(dialog.accepted, timeout=WITHIN_MS):
        save_report(qtbot, dialog)
    assert path.read_bytes().startswith(b"%PDF")


@posix_only
def test_a_report_into_a_folder_that_may_only_be_read_says_so_and_goes_elsewhere(
    qtbot, reading_viewer, monkeypatch, tmp_path
):
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o500)
    dialog = open_report(reading_viewer)
    name_file(dialog, monkeypatch, folder / "report.pdf")
    with as_nobody(folder):
        save_report(qtbot, dialog)
        qtbot.waitUntil(lambda: "permission to write to this folder" in failure_of(dialog), timeout=WITHIN_MS)
    assert list(folder.iterdir()) == []
    assert reading_viewer.session.current.entered_score.total == 9
    write_elsewhere(qtbot, dialog, monkeypatch, tmp_path / "report.pdf")
    save_by_keys(qtbot, reading_viewer)
    folder.rmdir()


@posix_only
def test_a_report_onto_a_full_disk_says_so_leaves_no_torso_and_keeps_the_score(
    qtbot, reading_viewer, monkeypatch, tmp_path
):
    place = tmp_path / "full"
    place.mkdir()
    dialog = open_report(reading_viewer)
    name_file(dialog, monkeypatch, place / "report.pdf")
    with no_file_longer_than(1000):
        save_report(qtbot, dialog)
        qtbot.waitUntil(lambda: "The disk is full" in failure_of(dialog), timeout=WITHIN_MS)
    assert list(place.iterdir()) == []
    assert reading_viewer.session.current.entered_score.total == 9
    write_elsewhere(qtbot, dialog, monkeypatch, place / "report.pdf")
    save_by_keys(qtbot, reading_viewer)


# The network


def damaged(folder):
    """One bit of the weights is another."""
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def unfitting(folder):
    """Weights of another network, with a card that vouches for them."""
    path, card = folder / "model.safetensors", folder / "model.json"
    tensors = load_file(path)
    tensors.pop(next(iter(tensors)))
    save_file(tensors, path)
    values = json.loads(card.read_text(encoding="utf-8"))
    values["weights"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    card.write_text(json.dumps(values), encoding="utf-8")


def without_card(folder):
    """The card is no JSON any more."""
    (folder / "model.json").write_text('{"format":', encoding="utf-8")


@pytest.mark.parametrize(
    ("break_model", "reason"),
    [
        (damaged, "is damaged or belongs to another model card"),
        (unfitting, "does not fit its model card"),
        (without_card, "The model card"),
    ],
)
def test_with_weights_that_cannot_be_used_films_are_still_read_and_scored_by_hand(
    qtbot, open_viewer, shipped_model, image, tmp_path, break_model, reason
):
    model = tmp_path / "model"
    shutil.copytree(shipped_model, model)
    break_model(model)
    viewer = open_viewer("--model", model, "--device", "cpu", image)
    qtbot.waitUntil(lambda: reason in viewer.messages.text, timeout=WITHIN_MS)
    assert "model" in viewer.scores.notes_text
    assert viewer.session.current.state is ImageState.NOT_SCORED
    assert_usable(qtbot, viewer)


# Films


def colour_photograph(path):
    grain = np.random.default_rng(3).integers(0, 255, (12, 10, 3), dtype=np.uint8)
    cv2.imwrite(str(path), cv2.resize(grain, (400, 480), interpolation=cv2.INTER_CUBIC))
    return path


def test_a_colour_photograph_is_shown_and_not_scored_and_the_reader_still_can(
    qtbot, open_viewer, shipped_model, tmp_path
):
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", colour_photograph(tmp_path / "holiday.png"))
    qtbot.waitUntil(
        lambda: bool(viewer.session.images) and viewer.session.image(0).state is ImageState.NOT_SCORED,
        timeout=WITHIN_MS,
    )
    assert viewer.view.radiograph is not None
    assert "This is a colour image, not a radiograph" in viewer.scores.notes_text
    assert viewer.scores.total_text == "Global –"
    assert_usable(qtbot, viewer)


def claims(syntax):
    def write(path):
        """Plain pixels under another transfer syntax."""
        dataset = chest_dataset(ramp(500, 400), 12)
        dataset.save_as(path, enforce_file_format=True)
        plain, other = dataset.file_meta.TransferSyntaxUID.encode(), str(syntax).encode()
        content = path.read_bytes()
        place = content.index(plain + b"\0" * (len(plain) % 2))
        # The element's length is the two bytes before its value.
        value = other + b"\0" * (len(other) % 2)
        old = len(plain) + len(plain) % 2
        content = content[: place - 2] + len(value).to_bytes(2, "little") + value + content[place + old :]
        group = content.index(b"\x02\x00\x00\x00UL\x04\x00") + 8
        length = int.from_bytes(content[group : group + 4], "little") + len(value) - old
        path.write_bytes(content[:group] + length.to_bytes(4, "little") + content[group + 4 :])
        return path

    return write


def destroyed(path):
    """A JPEG 2000 frame of which only the first third is left."""
    pixels = ramp(500, 400)
    frame = imagecodecs.jpeg2k_encode(pixels, reversible=True, level=0)
    return write_encapsulated(path, pixels, frame[: len(frame) // 3], JPEG2000, 12)


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (destroyed, "The image in this file is damaged"),
        (claims(MPEG2MPML), "This DICOM object holds video or audio (MPEG2"),
    ],
    ids=["a damaged image", "a film in a film's compression"],
)
def test_a_dicom_that_cannot_be_decoded_is_told_and_the_entered_score_stays(
    qtbot, open_viewer, no_model, image, tmp_path, write, reason
):
    viewer = open_viewer("--model", no_model, image)
    wait_until_read(qtbot, viewer)
    score_by_keys(qtbot, viewer)
    odd = write(tmp_path / "odd.dcm")
    viewer.open_paths([odd])
    qtbot.waitUntil(lambda: viewer.messages.text.startswith(f"Error: odd.dcm: {reason}"), timeout=WITHIN_MS)
    assert viewer.session.current.path == image
    assert viewer.session.current.entered_score.total == 9
    save_by_keys(qtbot, viewer)


def test_a_dicom_that_states_another_transfer_syntax_than_its_own_is_shown_with_a_note(
    qtbot, open_viewer, no_model, tmp_path
):
    viewer = open_viewer("--model", no_model, claims(JPEG2000)(tmp_path / "odd.dcm"))
    wait_until_read(qtbot, viewer)
    assert "its pixels are not compressed" in viewer.scores.notes_text


def test_a_film_removed_before_its_turn_is_told_and_the_others_are_scored(qtbot, open_viewer, shipped_model, tmp_path):
    images = [Path(shutil.copy(sample_files()[0], tmp_path / f"{number}.dcm")) for number in range(6)]
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", *images)
    qtbot.waitUntil(
        lambda: (
            sum(image.is_loaded for image in viewer.session.images) == 6
            and not viewer.session.has_room_for_pixels  # nothing more is read unasked
        ),
        timeout=WITHIN_MS,
    )
    gone = next(image.key for image in viewer.session.images if viewer.session.radiograph_of(image.key) is None)
    images[gone].unlink()
    viewer.session.enter(gone, ZONES[0], 3)
    viewer.actions_by_name["analyse_all"].trigger()
    rest = [image.key for image in viewer.session.images if image.key != gone]
    qtbot.waitUntil(
        lambda: (
            viewer.session.image(gone).problem != ""
            and all(viewer.session.image(key).score is not None for key in rest)
            and not viewer.inference.is_busy
        ),
        timeout=WITHIN_MS,
    )
    assert "This file no longer exists" in viewer.messages.text
    assert viewer.session.image(gone).state is ImageState.NOT_SCORED
    viewer.session.select(gone)
    qtbot.waitUntil(lambda: viewer.session.image(gone).state is ImageState.UNREADABLE, timeout=WITHIN_MS)
    assert viewer.session.image(gone).draft == {ZONES[0]: 3}
    viewer.session.select(rest[0])
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None, timeout=WITHIN_MS)
    assert_usable(qtbot, viewer)
