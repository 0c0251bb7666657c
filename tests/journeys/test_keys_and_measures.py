"""Keys and measures through the window: what cannot be done takes nothing away, and nothing becomes something else."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from app.canvas.measuring import Angle, Distance, Region, RegionShape
from app.panels.key_editor import KeyEditor
from tests.dicom_files import ramp, write_dicom


@pytest.fixture
def viewer(qtbot, open_viewer, no_model, tmp_path):
    made = open_viewer("--model", no_model, write_dicom(tmp_path / "one.dcm", ramp(300, 300), bits=12))
    qtbot.waitUntil(lambda: made.view.view_geometry is not None)
    return made


def test_a_key_in_use_pressed_in_the_preferences_leaves_both_actions_their_keys(qtbot, viewer):
    viewer.actions_by_name["preferences"].trigger()
    editor = viewer.preferences.findChild(KeyEditor)
    editor.choose("remove_image")
    editor.edits[0].setKeySequence(QKeySequence("Ctrl+O"))
    assert "is already the key of" in editor.objection_text
    assert editor.edits[0].keySequence().toString() == "Ctrl+W"
    assert viewer.actions_by_name["remove_image"].shortcut().toString() == "Ctrl+W"
    assert viewer.actions_by_name["open"].shortcut().toString() == "Ctrl+O"
    viewer.preferences.close()


def drag(qtbot, view, points):
    first, *others = points
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=first)
    for point in others:
        qtbot.mouseMove(view, point)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=others[-1])


@pytest.mark.parametrize(
    ("mode", "kind", "shape"),
    [
        ("mode_distance", Distance, None),
        ("mode_angle", Angle, None),
        ("mode_roi", Region, RegionShape.RECTANGLE),
        ("mode_roi_ellipse", Region, RegionShape.ELLIPSE),
    ],
)
def test_every_measure_is_kept_as_what_it_is(qtbot, viewer, mode, kind, shape):
    view = viewer.view
    middle = view.rect().center()
    viewer.actions_by_name[mode].trigger()
    corner, opposite = middle - middle / 6, middle + middle / 6
    if kind is Angle:
        for point in (corner, middle, opposite - middle / 8):
            qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=point)
    else:
        drag(qtbot, view, (corner, middle, opposite))
    (drawn,) = view.annotations.items
    assert isinstance(drawn, kind)
    assert getattr(drawn, "shape", None) is shape
    viewer.keeper._save_drafts()
    kept = []
    viewer.keeper.ask(lambda library: library.annotations_of(1), kept.append)
    qtbot.waitUntil(lambda: bool(kept))
    assert [one.items for one in kept[0]] == [(drawn,)]
