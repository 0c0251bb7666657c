"""Esc closes every window of the viewer but the main one."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.panels.network_steps import NetworkStep, StepWindow
from app.panels.report_dialog import ReportDialog
from tests.app.predictions import prediction
from tests.dicom_files import ramp, write_dicom


@pytest.mark.parametrize("action", ["statistics", "history", "tags", "help", "preferences", "about"])
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


def test_esc_closes_the_report_dialog_and_the_larger_image(qtbot, open_viewer, no_model, tmp_path):
    path = write_dicom(tmp_path / "image.dcm", ramp(400, 300), bits=12)
    viewer = open_viewer("--model", no_model, path)
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None and not viewer.inference.is_busy)
    viewer.session.accept_prediction(0, prediction())
    for show, kind in (
        (viewer.actions_by_name["report"].trigger, ReportDialog),
        (lambda: viewer.scores.network_steps.open_larger(NetworkStep.LUNGS), StepWindow),
    ):
        show()
        opened = viewer.findChildren(kind)[-1]
        opened.activateWindow()
        qtbot.waitUntil(lambda opened=opened: QApplication.activeWindow() is opened, timeout=5000)
        qtbot.keyClick(opened.focusWidget() or opened, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda opened=opened: not opened.isVisible(), timeout=5000)
    assert viewer.isVisible()
