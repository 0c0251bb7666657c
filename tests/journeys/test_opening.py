"""A radiologist opens films: bundled, own, many, and odd ones."""

import gzip
import shutil
import warnings
import zipfile

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QTreeView

from app.canvas.modes import CornerTexts
from app.session.open_image import ImageState
from bsnet_core.brixia import Zone
from bsnet_core.resources import sample_files
from tests.bsnet_core.loading.test_dicomdir import write_medium
from tests.dicom_files import CT, ramp, write_dicom
from tests.encrypted_zip import write_encrypted_zip
from tests.packed_files import write_aes_zip, write_tar

IMAGE = ramp(700, 600)


@pytest.fixture
def image(tmp_path):
    return write_dicom(tmp_path / "film.dcm", IMAGE, bits=12, WindowCenter=2000, WindowWidth=3000)


def states(viewer):
    return [image.state for image in viewer.session.images]


def wait_until_shown(qtbot, viewer, name):
    def shown():
        current = viewer.session.current
        return current is not None and current.path.name == name and viewer.view.radiograph is not None

    qtbot.waitUntil(shown)


def wait_until_settled(qtbot, viewer):
    """Every file read or refused, and the network's answer there."""

    def settled():
        pending = {ImageState.WAITING, ImageState.LOADING, ImageState.ANALYSING}
        return bool(viewer.session.images) and not viewer.inference.is_busy and pending.isdisjoint(states(viewer))

    qtbot.waitUntil(settled)


def drop(viewer, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, copy = QPointF(400, 300), Qt.DropAction.CopyAction
    button, key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    with warnings.catch_warnings():
        # Its constructor from whole pixels is the only one that every Qt 6 has; new ones call it deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        enter = QDragEnterEvent(place.toPoint(), copy, mime, button, key)
    QApplication.sendEvent(viewer, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(viewer, QDropEvent(place, copy, mime, button, key))


def test_the_bundled_samples_are_listed_and_the_first_is_shown(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model)
    wait_until_shown(qtbot, viewer, sample_files()[0].name)
    wait_until_settled(qtbot, viewer)
    assert [image.path for image in viewer.session.images] == sample_files()
    assert all(image.thumbnail is not None and image.metadata.patient_name for image in viewer.session.images)
    assert viewer.session.current.key == 0


def test_files_named_on_the_command_line_take_the_samples_place(qtbot, open_viewer, no_model, image):
    viewer = open_viewer("--model", no_model, image)
    wait_until_shown(qtbot, viewer, "film.dcm")
    assert [image.path.name for image in viewer.session.images] == ["film.dcm"]
    assert (viewer.view.voi_window.centre, viewer.view.voi_window.width) == (2000, 3000)
    wait_until_settled(qtbot, viewer)


def test_a_missing_model_is_said_in_words_and_the_picture_stays_usable(qtbot, open_viewer, no_model, image):
    viewer = open_viewer("--model", no_model, image)
    wait_until_settled(qtbot, viewer)
    assert states(viewer) == [ImageState.NOT_SCORED]
    assert "model" in viewer.messages.text
    assert "model" in viewer.scores.notes_text
    viewer.actions_by_name["invert"].trigger()
    assert viewer.view.is_inverted


def test_ctrl_o_opens_what_is_chosen(qtbot, open_viewer, no_model, image, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(image)], ""))
    viewer = open_viewer("--model", no_model, "--no-samples")
    qtbot.keyClick(viewer, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)


def test_files_and_folders_can_be_dropped_together(qtbot, open_viewer, no_model, image, tmp_path):
    folder = tmp_path / "more"
    (folder / "inner").mkdir(parents=True)
    write_dicom(folder / "b.dcm", IMAGE, bits=12)
    write_dicom(folder / "inner" / "c.dcm", IMAGE, bits=12)
    (folder / "notes.txt").write_text("no image")
    viewer = open_viewer("--model", no_model, "--no-samples")
    drop(viewer, image, folder)
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)
    assert [image.path.name for image in viewer.session.images] == ["film.dcm", "b.dcm", "c.dcm"]


def test_a_film_dropped_on_the_open_ones_is_shown_and_opening_it_again_goes_back_to_it(
    qtbot, open_viewer, no_model, image, tmp_path
):
    other = write_dicom(tmp_path / "other.dcm", IMAGE, bits=12)
    viewer = open_viewer("--model", no_model, image)
    wait_until_shown(qtbot, viewer, "film.dcm")
    drop(viewer, other)
    wait_until_shown(qtbot, viewer, "other.dcm")
    drop(viewer, image)
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)
    assert len(viewer.session.images) == 2


def write_odd(kind, path):
    if kind == "truncated":
        write_dicom(path, IMAGE, bits=12)
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "ct":
        write_dicom(path, IMAGE, bits=12, SOPClassUID=CT, Modality="CT")
    elif kind != "missing":
        path.write_bytes({"empty": b"", "no-image": b"Dear colleague"}[kind])
    return path


REASONS = {
    "truncated": "This DICOM file is cut off",
    "empty": "This file is empty",
    "no-image": "This file is neither DICOM nor",
    "ct": "This DICOM object (CT) is not a plain chest radiograph",
    "missing": "This file no longer exists",
}


@pytest.mark.parametrize("kind", REASONS)
def test_an_odd_file_leaves_the_open_study_and_the_entered_score_untouched(
    qtbot, open_viewer, no_model, image, tmp_path, kind
):
    viewer = open_viewer("--model", no_model, image)
    wait_until_settled(qtbot, viewer)
    viewer.scores.cell(Zone.B).entry.button(2).click()
    window, shown = viewer.view.voi_window, viewer.view.radiograph
    odd = write_odd(kind, tmp_path / f"{kind}.dcm")
    drop(viewer, odd)
    qtbot.waitUntil(lambda: states(viewer)[-1] is ImageState.UNREADABLE and len(states(viewer)) == 2)
    assert viewer.session.current.path.name == "film.dcm"
    assert viewer.session.current.draft == {Zone.B: 2}
    assert viewer.scores.cell(Zone.B).entry.score == 2
    assert (viewer.view.radiograph, viewer.view.voi_window) == (shown, window)
    assert viewer.messages.text.startswith(f"Error: {kind}.dcm: {REASONS[kind]}")
    assert QApplication.activeModalWidget() is None


def test_choosing_an_odd_file_shows_why_and_the_next_one_shows_its_picture(
    qtbot, open_viewer, no_model, image, tmp_path
):
    odd = write_odd("ct", tmp_path / "ct.dcm")
    viewer = open_viewer("--model", no_model, odd, image)
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)
    viewer.session.select(0)
    assert viewer.view.radiograph is None
    assert "CT" in viewer.session.current.problem
    viewer.actions_by_name["next"].trigger()
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)


def test_a_folder_without_images_is_said_so(qtbot, open_viewer, no_model, image, tmp_path):
    folder = tmp_path / "letters"
    folder.mkdir()
    viewer = open_viewer("--model", no_model, image)
    wait_until_settled(qtbot, viewer)
    drop(viewer, folder)
    qtbot.waitUntil(lambda: viewer.messages.text == "Error: letters: This folder holds no images.")
    assert len(viewer.session.images) == 1


def test_a_monochrome1_film_has_bright_bones_on_the_screen(qtbot, open_viewer, no_model, tmp_path):
    path = write_dicom(tmp_path / "film.dcm", 4095 - IMAGE, bits=12, PhotometricInterpretation="MONOCHROME1")
    viewer = open_viewer("--model", no_model, path)
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)
    image, geometry = viewer.view.grab().toImage(), viewer.view.view_geometry
    dark, bright = (geometry.to_view.map(QPointF(x, 350)).toPoint() for x in (80, 520))
    assert image.pixelColor(bright).value() > image.pixelColor(dark).value() + 100


def test_pictures_pushed_out_of_memory_come_back_when_chosen(qtbot, open_viewer, no_model, tmp_path):
    for number in range(6):
        pixels = np.full((400, 400), 100 * number + 50, dtype=np.uint16)
        pixels[100:300, 100:300] = 4000
        write_dicom(tmp_path / f"{number}.dcm", pixels, bits=12)
    viewer = open_viewer("--model", no_model, tmp_path)
    wait_until_settled(qtbot, viewer)
    for number in (5, 0, 4, 1):
        viewer.session.select(number)
        wait_until_shown(qtbot, viewer, f"{number}.dcm")
        assert viewer.view.radiograph.stored[0, 0] == 100 * number + 50
    wait_until_settled(qtbot, viewer)


def test_keys_switch_overlays_and_the_next_start_remembers(qtbot, open_viewer, no_model, image):
    viewer = open_viewer("--model", no_model, image)
    wait_until_settled(qtbot, viewer)
    viewer.view.setFocus()
    assert viewer.view.overlays.shown["zones"]
    qtbot.keyClick(viewer.view, Qt.Key.Key_G)
    assert not viewer.view.overlays.shown["zones"]
    viewer.close()
    again = open_viewer("--model", no_model, image)
    assert not again.view.overlays.shown["zones"]
    assert again.view.overlays.shown["lungs"]
    wait_until_settled(qtbot, again)


def test_the_window_always_says_that_this_is_no_medical_device(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    (said,) = [label for label in viewer.statusBar().findChildren(QLabel) if "not a medical device" in label.text()]
    assert said.isVisible()
    assert viewer.rect().contains(said.mapTo(viewer, said.rect().center()))


def entries_of(menu):
    """All actions of a menu and of the menus in it."""
    entries = set(menu.actions())
    for action in menu.actions():
        if action.menu() is not None:
            entries |= entries_of(action.menu())
    return entries


def test_every_action_has_its_own_key_a_tooltip_and_a_menu(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    actions = viewer.actions_by_name.values()
    keys = [action.shortcut().toString() for action in actions]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    assert all(key in action.toolTip() for key, action in zip(keys, actions, strict=True))
    assert set(actions) <= entries_of(viewer.menuBar())


def test_an_archive_opens_its_films_and_leaves_nothing_behind(qtbot, open_viewer, no_model, image, tmp_path):
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.write(image, "CD/film.dcm")
    viewer = open_viewer("--model", no_model, tmp_path / "study.zip")
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)
    unpacked = viewer.session.current.path
    assert unpacked.exists()
    viewer.close()
    assert not unpacked.exists()


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_tar_archive_and_a_compressed_image_are_dropped_together(
    qtbot, open_viewer, no_model, image, tmp_path, suffix
):
    archive = write_tar(tmp_path / f"images.tar{suffix}", {"CD/film.dcm": image.read_bytes()}, suffix)
    compressed = tmp_path / "other.dcm.gz"
    compressed.write_bytes(gzip.compress(image.read_bytes()))
    viewer = open_viewer("--model", no_model, "--no-samples")
    drop(viewer, archive, compressed)
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)
    assert [image.path.name for image in viewer.session.images] == ["film.dcm", "other.dcm"]


def test_an_archive_with_aes_asks_for_its_password_and_again_after_a_wrong_one(
    qtbot, open_viewer, no_model, image, tmp_path
):
    path = write_aes_zip(tmp_path / "images.zip", {"film.dcm": image.read_bytes()}, "secret")
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer.open_paths([path])
    asked = viewer.archive_password
    qtbot.waitUntil(lambda: asked.dialog is not None, timeout=30_000)
    first = asked.dialog
    first.setTextValue("guess")
    first.accept()
    qtbot.waitUntil(lambda: asked.dialog not in (None, first), timeout=30_000)
    assert "This password does not open the archive" in asked.dialog.labelText()
    asked.dialog.setTextValue("secret")
    asked.dialog.accept()
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)


def test_what_a_dicomdir_does_not_name_is_listed_last_and_told(qtbot, open_viewer, shipped_model, image, tmp_path):
    folder = write_medium(tmp_path / "cd", images=1)
    shutil.copy(image, folder / "new.dcm")
    # A model that works: a message about the model could replace this one.
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", "--no-samples")
    viewer.open_paths([folder])
    wait_until_shown(qtbot, viewer, "IM000000")
    assert viewer.messages.text.startswith("Note: DICOMDIR: 1 DICOM file in this folder is not named in its DICOMDIR")
    wait_until_settled(qtbot, viewer)
    assert [image.path.name for image in viewer.session.images] == ["IM000000", "new.dcm"]


def test_notes_and_errors_of_one_opening_are_told_together(qtbot, open_viewer, shipped_model, image, tmp_path):
    folder = write_medium(tmp_path / "cd", images=2)
    (folder / "PT000000" / "IM000001").unlink()
    shutil.copy(image, folder / "new.dcm")
    # A model that works: a message about the model could replace this one.
    viewer = open_viewer("--model", shipped_model, "--device", "cpu", "--no-samples")
    viewer.open_paths([folder])
    wait_until_shown(qtbot, viewer, "IM000000")
    assert viewer.messages.text.startswith("Error: ")
    assert "not named in its DICOMDIR" in viewer.messages.text
    assert "1 file listed in this DICOMDIR is missing" in viewer.messages.text
    wait_until_settled(qtbot, viewer)


def test_the_dialog_of_ctrl_o_shows_files_without_a_suffix_first_and_offers_archives(
    qtbot, open_viewer, no_model, monkeypatch
):
    asked = []
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *arguments: asked.append(arguments[-1]) or ([], ""))
    viewer = open_viewer("--model", no_model, "--no-samples")
    qtbot.keyClick(viewer, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    everything, known = asked[0].split(";;")
    assert everything == "All files (*)"
    assert {"*.dcm", "*.DCM", "*.zip", "*.gz", "*.tgz", "DICOMDIR"} <= set(known.split("(")[1].strip(")").split())


def test_an_encrypted_archive_asks_for_its_password_and_again_after_a_wrong_one(
    qtbot, open_viewer, no_model, image, tmp_path
):
    path = write_encrypted_zip(tmp_path / "study.zip", "film.dcm", image.read_bytes(), "secret")
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer.open_paths([path])
    asked = viewer.archive_password
    qtbot.waitUntil(lambda: asked.dialog is not None, timeout=30_000)
    first = asked.dialog
    assert "Enter its password" in first.labelText()
    assert first.textEchoMode() is QLineEdit.EchoMode.Password
    first.setTextValue("guess")
    first.accept()
    qtbot.waitUntil(lambda: asked.dialog not in (None, first), timeout=30_000)
    assert "This password does not open the archive" in asked.dialog.labelText()
    assert not viewer.session.images
    asked.dialog.setTextValue("secret")
    asked.dialog.accept()
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)
    assert asked.dialog is None


def test_every_encrypted_archive_is_asked_for_and_one_can_be_left_closed(qtbot, open_viewer, no_model, image, tmp_path):
    paths = [
        write_encrypted_zip(tmp_path / name, "film.dcm", image.read_bytes(), "secret") for name in ("a.zip", "b.zip")
    ]
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer.open_paths(paths)
    asked = viewer.archive_password
    qtbot.waitUntil(lambda: asked.dialog is not None, timeout=30_000)
    assert "a.zip" in asked.dialog.windowTitle()
    asked.dialog.reject()
    assert "a.zip was not opened" in viewer.messages.text
    assert "b.zip" in asked.dialog.windowTitle()
    asked.dialog.setTextValue("secret")
    asked.dialog.accept()
    wait_until_shown(qtbot, viewer, "film.dcm")
    wait_until_settled(qtbot, viewer)
    assert len(viewer.session.images) == 1


def test_a_medium_can_be_taken_out_once_its_films_were_read(qtbot, open_viewer, no_model, tmp_path):
    folder = write_medium(tmp_path / "cd", images=6, side_px=400)
    viewer = open_viewer("--model", no_model, folder)
    wait_until_settled(qtbot, viewer)
    paths = [image.path for image in viewer.session.images]
    shutil.rmtree(folder)
    viewer.actions_by_name["tags"].trigger()
    for key in (5, 0, 4, 1, 3, 2):
        viewer.session.select(key)
        wait_until_shown(qtbot, viewer, paths[key].name)
        assert viewer.view.radiograph.source == paths[key]
        tags = viewer.tags.findChild(QTreeView).model()
        qtbot.waitUntil(lambda tags=tags: tags.rowCount() > 20, timeout=20_000)
    wait_until_settled(qtbot, viewer)
    for zone in Zone:
        viewer.session.enter(2, zone, 1)
    with qtbot.waitSignal(viewer.keeper.kept, timeout=20_000):
        viewer.actions_by_name["save_reading"].trigger()
    assert "file" not in viewer.messages.text
    assert ImageState.UNREADABLE not in states(viewer)


def test_what_the_shutter_of_the_file_covers_is_shown_by_a_key_and_only_where_there_is_one(
    qtbot, open_viewer, no_model, image, tmp_path
):
    edges = {"ShutterLeftVerticalEdge": 200, "ShutterRightVerticalEdge": 400}
    edges |= {"ShutterUpperHorizontalEdge": 200, "ShutterLowerHorizontalEdge": 500}
    covered = write_dicom(tmp_path / "covered.dcm", IMAGE, bits=12, ShutterShape="RECTANGULAR", **edges)
    viewer = open_viewer("--model", no_model, covered, image)
    wait_until_shown(qtbot, viewer, covered.name)
    viewer.view.set_corner_texts(CornerTexts.NONE)
    action = viewer.actions_by_name["shutter"]
    assert action.isEnabled()
    assert action.isChecked()

    def outside():
        place = viewer.view.view_geometry.to_view.map(QPointF(590, 350)).toPoint()
        return viewer.view.grab().toImage().pixelColor(place).lightness()

    assert outside() == 0
    viewer.view.setFocus()
    qtbot.keyClick(viewer.view, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert outside() > 100
    assert not action.isChecked()
    viewer.session.select(1)
    wait_until_shown(qtbot, viewer, image.name)
    qtbot.waitUntil(lambda: not action.isEnabled())
    assert "no shutter" in action.toolTip()
