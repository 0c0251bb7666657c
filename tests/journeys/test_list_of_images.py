"""Images are taken off the list and come back; their saved readings can be looked at."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView

from app.session.open_image import ImageState
from bsnet_core.brixia import ZONES, Zone
from tests.app.predictions import prediction
from tests.dicom_files import ramp, write_dicom


@pytest.fixture
def files(tmp_path):
    return [
        write_dicom(
            tmp_path / f"{number}.dcm", ramp(300, 300 + number), bits=12, PatientID=f"P-{number}",
            PatientName=f"Test^{number}", SOPInstanceUID=f"1.2.{number}",
        )
        for number in range(3)
    ]  # fmt: skip


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, files):
    made = open_viewer("--model", no_model, *files)
    qtbot.waitUntil(lambda: len(made.session.images) == 3)
    qtbot.waitUntil(lambda: all(image.is_loaded for image in made.session.images))
    qtbot.waitUntil(lambda: made.view.view_geometry is not None)
    return made


def rows(viewer):
    (view,) = [view for view in viewer.findChildren(QListView) if view.accessibleName() == "Images of this session"]
    model = view.model()
    return [model.index(row, 0).data().splitlines()[0] for row in range(model.rowCount())]


def current_row(viewer):
    (view,) = [view for view in viewer.findChildren(QListView) if view.accessibleName() == "Images of this session"]
    return view.currentIndex().data().splitlines()[0] if view.currentIndex().isValid() else ""


def enter(viewer, digits):
    for zone, digit in zip(ZONES, digits, strict=False):
        viewer.session.enter(viewer.session.current.key, zone, int(digit))


def save(qtbot, viewer, digits):
    enter(viewer, digits)
    with qtbot.waitSignal(viewer.keeper.kept):
        viewer.session.save_reading(viewer.session.current.key)


def test_an_image_taken_off_the_list_gives_its_place_to_the_next_and_undo_brings_it_back(qtbot, viewer):
    viewer.session.select(1)
    enter(viewer, "12")
    qtbot.keyClick(viewer, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert rows(viewer) == ["Test 0", "Test 2"]
    assert (viewer.session.current.key, current_row(viewer)) == (2, "Test 2")
    assert "Test 1 is no longer listed" in viewer.messages.text
    viewer.actions_by_name["previous"].trigger()
    assert current_row(viewer) == "Test 0"
    viewer.actions_by_name["next"].trigger()
    assert current_row(viewer) == "Test 2"
    viewer.actions_by_name["undo"].trigger()
    assert rows(viewer) == ["Test 0", "Test 1", "Test 2"]
    assert current_row(viewer) == "Test 1"
    assert viewer.session.current.draft == {Zone.A: 1, Zone.B: 2}
    viewer.actions_by_name["undo"].trigger()
    assert viewer.session.current.draft == {Zone.A: 1}
    viewer.actions_by_name["redo"].trigger()
    viewer.actions_by_name["redo"].trigger()
    assert rows(viewer) == ["Test 0", "Test 2"]
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None)


def test_an_image_opened_again_has_its_draft_and_is_analysed_again(qtbot, viewer, files):
    viewer.session.select(0)
    enter(viewer, "3")
    viewer.session.accept_prediction(0, prediction("012321"))
    viewer.actions_by_name["remove_image"].trigger()
    viewer.session.accept_prediction(0, prediction("111111"))  # an answer that comes late
    assert rows(viewer) == ["Test 1", "Test 2"]
    viewer.open_paths([files[0]])
    qtbot.waitUntil(lambda: current_row(viewer) == "Test 0")
    assert rows(viewer) == ["Test 0", "Test 1", "Test 2"]
    assert viewer.session.current.draft == {Zone.A: 3}
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None)


def test_with_the_last_image_gone_nothing_of_it_is_left_in_the_window(qtbot, viewer):
    save(qtbot, viewer, "123012")
    viewer.session.accept_prediction(viewer.session.current.key, prediction("012321"))
    for _image in range(3):
        viewer.actions_by_name["remove_image"].trigger()
    assert viewer.session.current is None
    assert rows(viewer) == []
    assert viewer.view.radiograph is None
    assert viewer.scores.own_text == ""
    assert viewer.scores.total_text == "Global –"
    assert viewer.own_reading.comparison.empty_text == "No image is open."
    assert not viewer.own_reading.comparison.isVisible()
    assert viewer.strip.text == ""
    for name in ("remove_image", "analyse", "explain", "correct_reading", "clear_reading"):
        assert not viewer.actions_by_name[name].isEnabled(), name
    for name in ("next", "previous", "next_unread", "report", "export_batch", "history", "tags", "save_reading"):
        viewer.actions_by_name[name].trigger()  # nothing to do, and no error
    viewer.actions_by_name["undo"].trigger()
    assert len(rows(viewer)) == 1
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None)


def test_before_anything_is_open_the_comparison_says_so(open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    assert viewer.own_reading.comparison.empty_text == "No image is open."


def values(table):
    return [
        [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
    ]


def test_all_saved_readings_of_an_image_are_shown_with_their_values(qtbot, viewer):
    viewer.session.reader = "Dr. Rossi"
    viewer.session.blind = True
    save(qtbot, viewer, "123012")
    viewer.session.correct(0)
    viewer.session.comment(0, "lines\nseen")
    viewer.session.enter(0, Zone.A, -1)
    with qtbot.waitSignal(viewer.keeper.kept):
        viewer.session.save_reading(0)
    viewer.actions_by_name["history"].trigger()
    table = viewer.history.readings
    qtbot.waitUntil(lambda: table.rowCount() == 2)
    latest, first = values(table)
    assert first[1:9] == ["Dr. Rossi", "1", "2", "3", "0", "1", "2", "9 / 18"]
    assert "superseded" in first[9]
    assert latest[2:] == ["×", "2", "3", "0", "1", "2", "8 / 15 (5 of 6 zones)", "blind", "lines seen"]
    viewer.session.reader = "Dr. Bianchi"
    assert table.rowCount() == 0  # not read by this reader, who reads blind
    viewer.session.blind = False
    assert table.rowCount() == 2
    viewer.history.close()
    assert viewer.session.current.state is ImageState.NOT_SCORED
