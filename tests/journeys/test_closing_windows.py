"""Esc closes every window of the viewer but the main one."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication


@pytest.mark.parametrize("action", ["statistics", "history", "tags", "help", "preferences"])
def test_esc_closes_a_window_that_an_action_opens(qtbot, open_viewer, no_model, action):
    viewer = open_viewer("--model", no_model, "--no-samples")
    before = {window for window in QApplication.topLevelWidgets() if window.isVisible()}
    viewer.actions_by_name[action].trigger()
    (opened,) = [window for window in QApplication.topLevelWidgets() if window.isVisible() and window not in before]
    opened.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is opened, timeout=5000)
    qtbot.keyClick(opened.focusWidget() or opened, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not opened.isVisible())
    assert viewer.isVisible()
