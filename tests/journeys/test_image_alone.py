"""The image takes the room of the panes: by keys, by their edges, and in full screen with a line of scores."""

import pytest
from PySide6.QtCore import Qt

from app.look.foldable_pane import EDGE_PX
from bsnet_core.brixia import ZONES
from tests.app.predictions import prediction
from tests.dicom_files import ramp, write_dicom


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    made = open_viewer("--model", no_model, write_dicom(tmp_path / "one.dcm", ramp(300, 300), bits=12))
    qtbot.waitUntil(lambda: made.view.view_geometry is not None and not made.inference.is_busy)
    yield made
    made.own_reading.scoring.switch(False)


@pytest.mark.parametrize(("key", "name"), [(Qt.Key.Key_F7, "left"), (Qt.Key.Key_F8, "right")])
def test_a_key_folds_a_pane_and_gives_it_back(qtbot, viewer, key, name):
    pane, width = getattr(viewer.arrangement, name), viewer.view.width()
    qtbot.keyClick(viewer.view, key)
    assert pane.is_folded
    assert not viewer.actions_by_name[f"{name}_pane"].isChecked()
    qtbot.waitUntil(lambda: viewer.view.width() > width + 200)
    qtbot.mouseClick(pane.edge, Qt.MouseButton.LeftButton)
    assert viewer.actions_by_name[f"{name}_pane"].isChecked()
    qtbot.waitUntil(lambda: viewer.view.width() == width)


def test_full_screen_is_the_image_with_a_line_of_scores_and_gives_everything_back(qtbot, viewer):
    widths = viewer.arrangement.pane_sizes
    qtbot.keyClick(viewer.view, Qt.Key.Key_F11)
    qtbot.waitUntil(viewer.strip.isVisible)
    assert viewer.arrangement.left.width() == viewer.arrangement.right.width() == EDGE_PX
    assert not viewer.tool_bar.isVisible()
    viewer.own_reading.scoring.switch(True)
    qtbot.keyClick(viewer.view, "2")
    assert "A\u00a02 ▸B\u00a0–" in viewer.strip.text
    qtbot.keyClick(viewer.view, Qt.Key.Key_F8)  # keys work without the menus
    assert not viewer.arrangement.right.is_folded
    viewer.actions_by_name["full_screen"].trigger()
    qtbot.waitUntil(lambda: not viewer.strip.isVisible())
    assert viewer.tool_bar.isVisible()
    assert viewer.menuBar().isVisible()
    qtbot.waitUntil(lambda: viewer.arrangement.pane_sizes[0] == widths[0])


def test_the_line_of_scores_says_nothing_of_a_hidden_prediction(viewer):
    viewer.session.blind = True
    first = prediction("123012")
    viewer.session.accept_prediction(0, first)
    text = viewer.strip.text
    viewer.session.accept_prediction(0, prediction("321012"))
    assert viewer.strip.text == text
    assert "Hidden until you save" in text
    for zone in ZONES:
        viewer.session.enter(0, zone, 1)
    viewer.session.save_reading(0)
    assert "Predicted:" in viewer.strip.text


def test_folded_panes_are_folded_at_the_next_start_with_the_width_they_had(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    widths = viewer.arrangement.pane_sizes
    qtbot.keyClick(viewer.view, Qt.Key.Key_F7)
    viewer.close()
    again = open_viewer("--model", no_model, "--no-samples")
    assert again.arrangement.left.is_folded
    assert not again.arrangement.right.is_folded
    assert not again.actions_by_name["left_pane"].isChecked()
    qtbot.keyClick(again.view, Qt.Key.Key_F7)
    qtbot.waitUntil(lambda: again.arrangement.pane_sizes[0] == widths[0])


def test_full_screen_leaves_a_folded_pane_folded_and_is_no_reason_to_fold_at_the_next_start(
    qtbot, open_viewer, no_model
):
    viewer = open_viewer("--model", no_model, "--no-samples")
    qtbot.keyClick(viewer.view, Qt.Key.Key_F8)
    qtbot.keyClick(viewer.view, Qt.Key.Key_F11)
    qtbot.waitUntil(viewer.strip.isVisible)
    viewer.kept_layout.keep()
    assert (viewer._settings.left_folded, viewer._settings.right_folded) == (False, True)
    viewer.actions_by_name["full_screen"].trigger()
    qtbot.waitUntil(lambda: not viewer.strip.isVisible())
    assert not viewer.arrangement.left.is_folded
    assert viewer.arrangement.right.is_folded


def test_the_height_of_the_image_on_a_portrait_screen_is_there_at_the_next_start(qtbot, open_viewer, no_model):
    viewer = open_viewer("--model", no_model, "--no-samples")
    viewer.resize(900, 1700)
    qtbot.waitUntil(lambda: viewer.arrangement.is_portrait)
    viewer.arrangement.set_pane_sizes((400, 700, 500))
    viewer.arrangement.splitterMoved.emit(700, 1)  # what the mouse sends
    height = viewer.arrangement.pane_sizes[1]
    viewer.close()
    again = open_viewer("--model", no_model, "--no-samples")
    again.resize(900, 1700)
    qtbot.waitUntil(lambda: again.arrangement.is_portrait)
    assert abs(again.arrangement.pane_sizes[1] - height) <= 2
