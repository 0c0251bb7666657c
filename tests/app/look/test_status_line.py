import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton

from app.look.status_line import StatusLine
from bsnet_core.intended_use import research_only


@pytest.fixture
def cancel(qapp):
    return QAction("Cancel")


@pytest.fixture
def line(qtbot, cancel):
    made = StatusLine(cancel)
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_disclaimer_is_always_there(line):
    assert line.findChild(QLabel, "disclaimer").text() == research_only()
    assert line.findChild(QLabel, "disclaimer").isVisible()


def test_progress_shows_once_work_lasts_and_goes_with_it(qtbot, line):
    bar = line.findChild(QProgressBar)
    line.show_busy(True)
    assert not bar.isVisible()
    line.show_stage("Finding the lungs", 0.25)
    qtbot.waitUntil(bar.isVisible)
    assert bar.value() == bar.maximum() // 4
    line.show_busy(False)
    assert not bar.isVisible()


def test_work_that_is_short_shows_no_progress(qtbot, line):
    line.show_busy(True)
    line.show_busy(False)
    qtbot.wait(600)
    assert not line.findChild(QProgressBar).isVisible()


def test_the_button_cancels(qtbot, line, cancel):
    heard = []
    cancel.triggered.connect(lambda: heard.append("cancelled"))
    line.findChild(QPushButton).click()
    assert heard == ["cancelled"]


def test_values_under_the_pointer_go_with_an_empty_text(line):
    line.show_probe("x 3  y 4  1000")
    assert line.probe_text == "x 3  y 4  1000"
    line.show_probe("")
    assert line.probe_text == ""
