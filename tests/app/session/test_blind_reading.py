"""Blind reading through every pane at once: whatever the network said, nothing on the screen tells it."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QHBoxLayout, QLabel, QTableWidget, QWidget

from app.canvas.overlays.zones import labels_of
from app.panels.comparison import ComparisonPanel
from app.panels.images import ImagesPanel
from app.panels.overlay_switches import OverlaySwitches
from app.panels.scores import ScoresPanel
from app.panels.session_list import SessionListModel
from app.session.open_image import ImageState
from app.session.readings import result_sets
from app.session.scoring_mode import ScoringMode
from app.session.session import Session
from bsnet_core.brixia import ZONES, Zone
from tests.app.predictions import explanation, prediction

ROLES = [role for role in Qt.ItemDataRole if role.name.endswith(("Role",)) and role.name != "UserRole"]


class Panes(QWidget):
    """List, scores, comparison and overlay controls on one session, each asking the session what it may show."""

    def __init__(self):
        super().__init__()
        self.session = Session(self)
        self.session.reader = "Dr. Rossi"
        self.mode = ScoringMode(self.session, self)
        self.images = ImagesPanel(self.session, parent=self)
        self.scores = ScoresPanel(self)
        self.comparison = ComparisonPanel(self)
        switches = {name: QAction(name, self, checkable=True) for name in ("lungs", "zones", "explanation")}
        self.overlays = OverlaySwitches(switches, dict.fromkeys(switches, 60), QAction("Explain", self), self)
        row = QHBoxLayout(self)
        for pane in (self.images, self.scores, self.comparison, self.overlays):
            row.addWidget(pane)
        self.labels = {}
        for signal in (self.session.image_changed, self.session.current_changed):
            signal.connect(self._show)
        self.scores.save_requested.connect(self.mode.save)

    def _show(self, *_):
        current = self.session.current
        if current is None:
            return
        hidden = not self.session.prediction_is_visible(current.key)
        shown = self.session.shown(current.key)
        self.scores.show_image(shown, hidden=hidden, reader=self.session.reader)
        predictions = [(shown.prediction.model, shown.prediction.score)] if shown.prediction else []
        self.comparison.show_sets(result_sets(shown.readings, predictions), hidden=hidden)
        self.overlays.show_image(shown, busy=False)
        self.labels = labels_of(shown.prediction) if shown.prediction else {}

    def everything_said(self):
        """Every text, tooltip, description, table cell and list role in the panes, hidden widgets included."""
        said = [str(self.labels)]
        for widget in self.findChildren(QWidget):
            said += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip(), widget.statusTip()]
            if isinstance(widget, (QLabel, QAbstractButton)):
                said.append(widget.text())
            if isinstance(widget, QComboBox):
                said += [widget.itemText(place) for place in range(widget.count())]
            if isinstance(widget, QTableWidget):
                said += _cells_of(widget.model(), widget.columnCount())
        for action in self.findChildren(QAction):
            said += [action.text(), action.toolTip(), action.statusTip(), str(action.isEnabled())]
        return said + _cells_of(self.images.findChild(SessionListModel))


def _cells_of(model, columns=1):
    places = [model.index(row, column) for row in range(model.rowCount()) for column in range(columns)]
    cells = [place.data(role) for place in places for role in ROLES]
    return [cell for cell in cells if isinstance(cell, str)]


ONE, OTHER = ("012321", 0.9), ("333000", 0.35)
"""Scores and confidence of two predictions; the second also has a note on its confidence."""


@pytest.fixture
def panes(qtbot):
    made = Panes()
    qtbot.addWidget(made)
    made.resize(1500, 900)
    made.session.blind = True
    made.session.add(Path("/films/0.dcm"))
    made.session.select(0)
    made.session.mark(0, ImageState.READY)
    made.show()
    return made


def what_is_shown(panes, score, confidence):
    """Picture and words of the panes once the network has said this."""
    quality = ("Low confidence in zones A, B.",) if confidence < 0.4 else ()
    panes.session.accept_prediction(0, prediction(score, confidence, quality=quality))
    panes.session.accept_explanation(0, explanation({0: (0, 0, 1)}))
    for _ in range(3):
        QApplication.processEvents()
    return panes.grab().toImage(), panes.everything_said()


def test_blind_reading_hides_the_prediction_everywhere_until_the_own_score_is_saved(panes):
    what_is_shown(panes, *ONE)  # the panes settle
    assert what_is_shown(panes, *ONE) == what_is_shown(panes, *OTHER)
    panes.mode.switch(True)
    for zone in ZONES:
        panes.session.enter(0, zone, 1)
    panes.mode.switch(False)
    what_is_shown(panes, *ONE)
    assert what_is_shown(panes, *OTHER) == what_is_shown(panes, *ONE)
    assert panes.scores.total_text == "Hidden until you save"
    panes.scores.save_button.click()
    assert panes.scores.total_text == "Global 9 / 18"
    assert panes.comparison.cell(Zone.A).text() == "A   1 ≠ 0   Δ −1"
    assert panes.labels[Zone.A].score == 0
    assert panes.session.image(0).readings[0].blind
    one, other = what_is_shown(panes, *ONE), what_is_shown(panes, *OTHER)
    assert one[0] != other[0]
    assert one[1] != other[1]


def test_the_panes_would_tell_predictions_apart_without_the_mode(panes):
    panes.session.blind = False
    one, other = what_is_shown(panes, *ONE), what_is_shown(panes, *OTHER)
    assert one[0] != other[0]
    assert one[1] != other[1]
