"""Readers work through the reading list of a reader study: asked who they are, one after the other, to the end."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QListView

from app.panels.worklist_bar import WorklistBar
from app.session.worklist import ReadingState
from bsnet_core.brixia import Zone
from tests.app.predictions import IMAGE_SHAPE, prediction
from tests.dicom_files import ramp, write_dicom
from tests.journeys.test_reading_story import library_rows, texts_of, wait_until_rested

NAMES = ("one", "two", "three")


@pytest.fixture
def folder(tmp_path):
    """Three images, and one that is not in the list."""
    place = tmp_path / "study"
    place.mkdir()
    for number, name in enumerate((*NAMES, "other")):
        write_dicom(place / f"{name}.dcm", ramp(*IMAGE_SHAPE), bits=12, PatientID=f"P{number}", PatientName=name)
    return place


def list_of(folder, *lines, names=("two.dcm", "three.dcm", "one.dcm")):
    path = folder / "list.toml"
    images = ", ".join(f'"{name}"' for name in names)
    path.write_text("\n".join((*lines, f"images = [{images}]")), encoding="utf-8")
    return path


@pytest.fixture
def start(qtbot, open_viewer, no_model):
    def start_with(path, reader="", chosen=None):
        viewer = open_viewer("--model", no_model, "--reading-list", path)
        if chosen is not None:
            qtbot.waitUntil(lambda: viewer.reading_lists.dialog is not None)
            dialog = viewer.reading_lists.dialog
            dialog.setTextValue(chosen)
            dialog.accept()
        qtbot.waitUntil(lambda: viewer.reading_lists.is_settled)
        qtbot.waitUntil(lambda: viewer.view.radiograph is not None and not viewer.inference.is_busy)
        with qtbot.waitActive(viewer):  # without a window manager nothing gives the keys back after a question
            viewer.activateWindow()
        viewer.setFocus()
        return viewer

    return start_with


def shown(viewer):
    return viewer.session.current.path.stem


def read_current(qtbot, viewer, digits="012301"):
    if not viewer.own_reading.scoring.is_on:
        qtbot.keyClick(viewer, Qt.Key.Key_S)
    for digit in digits:
        qtbot.keyClick(viewer, digit)
    with qtbot.waitSignal(viewer.keeper.kept):
        qtbot.keyClick(viewer, Qt.Key.Key_Return)


def go_to_next(qtbot, viewer):
    before = viewer.session.current.key
    qtbot.keyClick(viewer, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: viewer.session.current.key != before and viewer.view.radiograph is not None)


def progress(viewer):
    return viewer.findChild(WorklistBar).progress_text


def message(viewer):
    return "" if viewer.messages.isHidden() else viewer.messages.findChild(QLabel).text()


def session_rows(viewer):
    (view,) = [one for one in viewer.findChildren(QListView) if one.accessibleName() == "Images of this session"]
    return [view.model().index(row, 0).data().splitlines()[0] for row in range(view.model().rowCount())]


def test_a_reader_reads_the_list_in_its_order_by_one_key_and_resumes_where_it_was_left(qtbot, start, folder):
    path = list_of(folder, 'readers = ["Dr Rossi", "Dr Bianchi"]')
    viewer = start(path, chosen="Dr Bianchi")
    assert (viewer.session.reader, viewer.session.blind) == ("Dr Bianchi", True)
    assert [image.path.stem for image in viewer.session.images] == ["two", "three", "one"]
    assert shown(viewer) == "two"
    qtbot.waitUntil(lambda: progress(viewer) == "Image 1 · 0 of 3 read")
    read_current(qtbot, viewer)
    go_to_next(qtbot, viewer)
    assert shown(viewer) == "three"
    read_current(qtbot, viewer)
    qtbot.waitUntil(lambda: progress(viewer) == "Image 2 · 2 of 3 read")
    assert "Image 2 · 2 of 3 read" in [label.text() for label in viewer.strip.findChildren(QLabel)]
    viewer.close()

    again = start(path, chosen="Dr Bianchi")
    qtbot.waitUntil(lambda: shown(again) == "one")
    qtbot.waitUntil(lambda: progress(again) == "Image 3 · 2 of 3 read")
    assert not any(image.is_read_only for image in again.session.images)


def test_each_reader_has_the_list_from_the_start(qtbot, start, folder):
    path = list_of(folder, 'readers = ["Dr Rossi", "Dr Bianchi"]')
    viewer = start(path, chosen="Dr Rossi")
    read_current(qtbot, viewer)
    viewer.close()
    other = start(path, chosen="Dr Bianchi")
    assert shown(other) == "two"
    qtbot.waitUntil(lambda: progress(other) == "Image 1 · 0 of 3 read")
    other.session.accept_prediction(0, prediction("333333"))
    wait_until_rested(qtbot, other)
    assert not other.session.prediction_is_visible(0)
    assert "012301" not in "".join(texts_of(other))


def test_a_finished_list_shows_the_readings_and_lets_nobody_change_them(qtbot, start, folder):
    path = list_of(folder, 'readers = ["Dr Rossi"]')
    viewer = start(path, chosen="Dr Rossi")
    for number in range(3):
        if number:
            go_to_next(qtbot, viewer)
        read_current(qtbot, viewer, f"{number}12301")
    assert "All 3 images of the list are read." in message(viewer)
    viewer.close()

    replay = start(path)  # the only reader of the list, and the reader of the preferences
    assert "You have read all 3 images of this list." in message(replay)
    assert replay.scores.own_text.startswith("Dr Rossi: 7 / 18")
    assert "Read-only" in replay.scores.own_text
    assert [replay.scores.cell(zone).isEnabled() for zone in Zone].count(True) in (0, 6)
    for button in (replay.scores.save_button, replay.scores.clear_button, replay.scores.correct_button):
        assert not button.isVisible()
    assert not replay.actions_by_name["correct_reading"].isEnabled()
    qtbot.keyClick(replay, Qt.Key.Key_S)
    for key in (*"333333", Qt.Key.Key_Return):
        qtbot.keyClick(replay, key)
    wait_until_rested(qtbot, replay)
    assert all(len(image.readings) == 1 and not image.draft for image in replay.session.images)
    qtbot.keyClick(replay, Qt.Key.Key_S)
    go_to_next(qtbot, replay)
    assert replay.scores.own_text.startswith("Dr Rossi: 8 / 18")


def test_a_list_that_is_corrected_halfway_is_not_finished(qtbot, start, folder):
    path = list_of(folder, 'readers = ["Dr Rossi"]', names=("one.dcm",))
    viewer = start(path, chosen="Dr Rossi")
    read_current(qtbot, viewer)
    viewer.actions_by_name["correct_reading"].trigger()
    qtbot.keyClick(viewer, "3")
    viewer.close()
    again = start(path)
    assert again.session.current.draft
    assert not again.session.current.is_read_only


def test_blindness_is_the_list_s_for_the_whole_session_and_leaves_the_preference_alone(qtbot, start, folder):
    viewer = start(list_of(folder))
    blind = viewer.actions_by_name["blind_mode"]
    assert (blind.isChecked(), blind.isEnabled(), viewer._settings.blind) == (True, False, False)
    assert "The reading list says whether you read blind" in blind.toolTip()
    qtbot.keyClick(viewer, Qt.Key.Key_B)
    assert viewer.session.blind
    viewer._settings.blind = True  # by the preferences
    viewer._settings.blind = False
    assert viewer.session.blind
    assert viewer.blind_mode.question is None
    assert not viewer._settings.blind


def test_a_list_that_is_not_blind_shows_predictions(start, folder):
    viewer = start(list_of(folder, "blind = false"))
    assert not viewer.session.blind
    viewer._settings.blind = True
    assert not viewer.session.blind


def test_a_random_order_is_the_same_at_every_start_and_another_for_another_reader(start, folder):
    lines = ('readers = ["Dr Rossi", "Dr Bianchi"]', 'order = "random-by-reader"', "seed = 3")
    orders = []
    for reader in ("Dr Rossi", "Dr Rossi", "Dr Bianchi"):
        viewer = start(list_of(folder, *lines, names=[f"{name}.dcm" for name in (*NAMES, "other")]), chosen=reader)
        orders.append([image.path.stem for image in viewer.session.images])
        viewer.close()
    assert orders[0] == orders[1] != orders[2]


def test_a_list_that_is_wrong_says_so_in_the_window_and_opens_nothing(qtbot, open_viewer, no_model, folder):
    path = list_of(folder, names=("one.dcm", "gone.dcm"))
    viewer = open_viewer("--model", no_model, "--reading-list", path)
    qtbot.waitUntil(lambda: "These images of the reading list are not there: “gone.dcm”." in message(viewer))
    assert viewer.session.images == []
    assert not viewer.session.blind
    assert viewer.actions_by_name["blind_mode"].isEnabled()


def test_whoever_does_not_say_who_reads_gets_no_images(qtbot, open_viewer, no_model, folder):
    path = list_of(folder, 'title = "<b>Not bold</b>"', 'readers = ["Dr Rossi", "Dr Bianchi"]')
    viewer = open_viewer("--model", no_model, "--reading-list", path)
    qtbot.waitUntil(lambda: viewer.reading_lists.dialog is not None)
    (label,) = viewer.reading_lists.dialog.findChildren(QLabel)
    assert label.text() == "<b>Not bold</b>\nWho is reading?"
    assert label.textFormat() == Qt.TextFormat.PlainText
    viewer.reading_lists.dialog.reject()
    qtbot.waitUntil(lambda: "nobody was chosen" in message(viewer))
    assert viewer.session.images == []


def test_until_it_is_known_who_reads_and_how_nothing_is_shown_that_a_blind_reader_must_not_see(
    qtbot, open_viewer, no_model, folder
):
    path = list_of(folder, 'readers = ["Dr Rossi", "Dr Bianchi"]')
    before = open_viewer("--model", no_model, folder / "one.dcm")
    qtbot.waitUntil(lambda: before.view.radiograph is not None and not before.inference.is_busy)
    before.session.accept_prediction(0, prediction("333333"))
    wait_until_rested(qtbot, before)
    qtbot.waitUntil(lambda: "predicted 18/18" in library_rows(before))
    before.close()

    viewer = open_viewer("--model", no_model, "--reading-list", path)
    qtbot.waitUntil(lambda: viewer.reading_lists.dialog is not None)
    wait_until_rested(qtbot, viewer)
    qtbot.waitUntil(lambda: "analysed" in library_rows(viewer))
    assert "predicted 18" not in "".join(texts_of(viewer))
    viewer.reading_lists.dialog.reject()
    qtbot.waitUntil(lambda: "predicted 18/18" in library_rows(viewer))
    assert viewer.actions_by_name["blind_mode"].isEnabled()


def test_a_list_is_opened_from_the_menu_as_well(qtbot, open_viewer, no_model, folder, monkeypatch):
    viewer = open_viewer("--model", no_model, "--no-samples")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(list_of(folder)), ""))
    viewer.actions_by_name["open_reading_list"].trigger()
    qtbot.waitUntil(lambda: viewer.reading_lists.is_settled)
    assert len(viewer.session.images) == 3


def test_a_list_of_images_that_are_open_already_is_read_all_the_same(qtbot, open_viewer, no_model, folder):
    viewer = open_viewer("--model", no_model, folder / "other.dcm", folder / "two.dcm", folder / "one.dcm")
    qtbot.waitUntil(lambda: len(viewer.session.images) == 3 and all(one.is_loaded for one in viewer.session.images))
    wait_until_rested(qtbot, viewer)
    viewer.reading_lists.open(list_of(folder, names=("one.dcm", "two.dcm")))
    qtbot.waitUntil(lambda: viewer.reading_lists.is_settled)
    assert shown(viewer) == "one"
    qtbot.waitUntil(lambda: progress(viewer) == "Image 1 · 0 of 2 read")
    go_to_next(qtbot, viewer)
    assert shown(viewer) == "two"


def test_an_image_that_cannot_be_loaded_keeps_no_list_from_being_finished(qtbot, start, folder):
    (folder / "broken.dcm").write_bytes(b"no image")
    path = list_of(folder, 'readers = ["Dr Rossi"]', names=("broken.dcm", "one.dcm"))
    viewer = start(path, chosen="Dr Rossi")
    assert shown(viewer) == "one"
    qtbot.waitUntil(lambda: progress(viewer) == "Image 1 · 0 of 1 read")
    read_current(qtbot, viewer)
    assert "The 1 image of the list is read." in message(viewer)
    viewer.close()
    assert start(path).session.current.is_read_only


def test_the_list_of_images_is_filtered_by_state_and_keys_go_through_what_is_listed(qtbot, start, folder):
    viewer = start(list_of(folder))
    assert session_rows(viewer) == ["two", "three", "one"]
    viewer.session.select(1)
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None)
    read_current(qtbot, viewer)
    viewer.images.worklist.state = ReadingState.TO_READ
    assert session_rows(viewer) == ["two", "three", "one"]  # the image on the screen stays
    qtbot.keyClick(viewer, Qt.Key.Key_PageDown)
    assert shown(viewer) == "one"
    assert session_rows(viewer) == ["two", "one"]
    qtbot.keyClick(viewer, Qt.Key.Key_PageUp)
    assert shown(viewer) == "two"
    viewer.images.worklist.state = ReadingState.READ_BY_ME
    assert session_rows(viewer) == ["two", "three"]
    assert shown(viewer) == "two"
