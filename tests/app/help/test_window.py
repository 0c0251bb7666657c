import pytest
from PySide6.QtCore import Qt


def open_help(qtbot, viewer, key):
    with qtbot.waitActive(viewer):
        viewer.activateWindow()
    qtbot.keyClick(viewer, key)
    qtbot.waitUntil(lambda: len(viewer.help.titles) > 1 and viewer.help.isVisible())


@pytest.mark.parametrize("key", [Qt.Key.Key_F1, Qt.Key.Key_H])
def test_f1_and_h_open_the_help_on_the_intended_use(qtbot, open_viewer, no_model, key):
    viewer = open_viewer("--model", no_model, "--no-samples")
    open_help(qtbot, viewer, key)
    assert "not a medical device" in viewer.help.text
    assert not viewer.help.isModal()
