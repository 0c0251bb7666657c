"""The score panel: quality notes, the predicted grid, the radiologist's own score, intermediate pictures."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.session import Study
from bsnet_core.brixia import N_CLASSES, ZONE_CLASS_MEANINGS, ZONES, Zone
from bsnet_core.prediction import Prediction
from bsnet_core.quality import LOW_CONFIDENCE

NOT_ENTERED = "–"
INSET_PX = 150


class ZoneCell(QFrame):
    """One zone: predicted score, confidence, and the selector for the reader's own score."""

    entered = Signal(object, object)

    def __init__(self, zone: Zone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zone = zone
        self.setObjectName("zoneCell")
        self._name = QLabel(zone.name, self)
        self._name.setObjectName("zoneName")
        self._score = QLabel("", self)
        self._score.setObjectName("zoneScore")
        self._score.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._detail = QLabel("", self)
        self._detail.setObjectName("small")
        self._detail.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._entry = QComboBox(self)
        self._entry.addItems([NOT_ENTERED, *(str(score) for score in range(N_CLASSES))])
        self._entry.setAccessibleName(f"Your score of zone {zone.name}")
        self._entry.setToolTip(f"Your own score of zone {zone.name}")
        self._entry.currentIndexChanged.connect(self._enter)
        top = QHBoxLayout()
        top.addWidget(self._name)
        top.addStretch(1)
        top.addWidget(self._entry)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self._score)
        layout.addWidget(self._detail)

    @property
    def entry(self) -> QComboBox:
        """The selector of the reader's own score."""
        return self._entry

    def show_study(self, prediction: Prediction | None, entered: int | None) -> None:
        """Fills the cell."""
        self._entry.blockSignals(True)
        self._entry.setCurrentIndex(0 if entered is None else entered + 1)
        self._entry.blockSignals(False)
        unsure = False
        if prediction is None:
            self._score.setText(NOT_ENTERED)
            self._detail.setText("")
            self.setToolTip("")
        else:
            score, confidence = prediction.score[self._zone], prediction.confidence_of(self._zone)
            unsure = confidence < LOW_CONFIDENCE
            self._score.setText(str(score))
            difference = "" if entered is None else f"   Δ {score - entered:+d}" if score != entered else "   Δ 0"
            self._detail.setText(f"{confidence:.0%}{' unsure' if unsure else ''}{difference}")
            shares = prediction.probabilities_of(self._zone)
            lines = [f"{number} {ZONE_CLASS_MEANINGS[number]}: {share:.0%}" for number, share in enumerate(shares)]
            expected = f"Expected value {prediction.expected_value_of(self._zone):.2f}"
            self.setToolTip("\n".join([f"Zone {self._zone.name}", *lines, expected]))
            self.setAccessibleDescription(f"Predicted {score}, confidence {confidence:.0%}")
        self.setProperty("unsure", "true" if unsure else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    def _enter(self, index: int) -> None:
        self.entered.emit(self._zone, None if index == 0 else index - 1)


class ScoresPanel(QWidget):
    """The right pane above the overlay controls."""

    zone_entered = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes = QLabel("", self)
        self._notes.setObjectName("qualityNotes")
        self._notes.setWordWrap(True)
        self._notes.setAccessibleName("Quality notes")
        self._cells = {zone: ZoneCell(zone, self) for zone in ZONES}
        grid = QGridLayout()
        grid.setSpacing(6)
        for column, side in enumerate(("R (patient)", "L (patient)")):
            label = QLabel(side, self)
            label.setObjectName("side")
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(label, 0, column)
            grid.setColumnStretch(column, 1)
        for zone, cell in self._cells.items():
            grid.addWidget(cell, zone.row + 1, zone.column)
            cell.entered.connect(self.zone_entered)
        self._total = QLabel("", self)
        self._total.setObjectName("total")
        self._total.setAccessibleName("Global score")
        self._comparison = QLabel("", self)
        self._comparison.setWordWrap(True)
        self._comparison.setAccessibleName("Comparison with your score")
        self._model = QLabel("", self)
        self._model.setObjectName("small")
        self._model.setWordWrap(True)
        self._model.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._model.setAccessibleName("Model and device")
        self._aligned, self._masked = _inset("Aligned lungs", self), _inset("Masked lungs", self)
        insets = QHBoxLayout()
        insets.setSpacing(6)
        for picture, caption in ((self._aligned, "aligned"), (self._masked, "aligned and masked")):
            column_layout = QVBoxLayout()
            text = QLabel(caption, self)
            text.setObjectName("small")
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column_layout.addWidget(picture)
            column_layout.addWidget(text)
            insets.addLayout(column_layout)
        box = QGroupBox("Brixia score", self)
        inside = QVBoxLayout(box)
        inside.setContentsMargins(0, 6, 0, 0)
        inside.addWidget(self._total)
        inside.addLayout(grid)
        inside.addWidget(self._comparison)
        inside.addLayout(insets)
        inside.addWidget(self._model)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._notes)
        layout.addWidget(box)
        self.show_study(None)

    def cell(self, zone: Zone) -> ZoneCell:
        """The cell of a zone."""
        return self._cells[zone]

    @property
    def total_text(self) -> str:
        """The line with the global score."""
        return self._total.text()

    @property
    def notes_text(self) -> str:
        """The quality notes or the reason why there is no score; empty while hidden."""
        return "" if self._notes.isHidden() else self._notes.text()

    @property
    def comparison_text(self) -> str:
        """How the entered score compares."""
        return self._comparison.text()

    def show_study(self, study: Study | None) -> None:
        """Fills the panel; None empties it."""
        prediction = study.prediction if study is not None else None
        reading = study.reading if study is not None else {}
        for zone, cell in self._cells.items():
            cell.show_study(prediction, reading.get(zone))
            cell.setEnabled(study is not None)
        notes = list(prediction.quality) if prediction is not None else []
        if study is not None and study.problem:
            notes.insert(0, f"No score: {study.problem}")
        self._notes.setText("\n".join(notes))
        self._notes.setVisible(bool(notes))
        self._total.setText(_total_line(prediction))
        self._comparison.setText(_comparison_line(study))
        self._model.setText(_model_line(prediction))
        self._show_insets(prediction)

    def _show_insets(self, prediction: Prediction | None) -> None:
        for label in (self._aligned, self._masked):
            label.clear()
        if prediction is not None:
            ratio = self.devicePixelRatioF()
            _show_grey(self._aligned, prediction.aligned_image, ratio)
            _show_grey(self._masked, prediction.aligned_image * prediction.aligned_lung_probability, ratio)


def _total_line(prediction: Prediction | None) -> str:
    if prediction is None:
        return "Global –"
    return f"Global {prediction.score.total} / 18"


def _comparison_line(study: Study | None) -> str:
    if study is None:
        return ""
    prediction, total = study.prediction, study.entered_total
    expected = "" if prediction is None else f"Expected global value {prediction.expected_total:.1f}. "
    if total is None:
        entered = len(study.reading)
        return expected + (f"Your score: {entered} of 6 zones entered." if entered else "")
    if prediction is None:
        return f"Your global score {total}."
    error = prediction.score.total - total
    mean = sum(abs(prediction.score[zone] - score) for zone, score in study.reading.items()) / len(study.reading)
    return f"{expected}Your global score {total}: prediction {error:+d}, mean zone difference {mean:.2f}."


def _model_line(prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    model = prediction.model
    return (
        f"{model.name} {model.version} ({model.sha256[:12]}), {prediction.attention.value}, "
        f"{prediction.device}, {prediction.seconds.get('total', 0.0):.1f} s"
    )


def _inset(name: str, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setFixedSize(INSET_PX, INSET_PX)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setAccessibleName(name)
    return label


def _show_grey(label: QLabel, picture: npt.NDArray[np.float32], ratio: float) -> None:
    side = round(INSET_PX * ratio)
    small = cv2.resize(np.ascontiguousarray(picture), (side, side), interpolation=cv2.INTER_AREA)
    grey = np.ascontiguousarray(np.clip(small * 255, 0, 255).astype(np.uint8))
    image = QImage(grey.data, side, side, side, QImage.Format.Format_Grayscale8).copy()
    image.setDevicePixelRatio(ratio)
    label.setPixmap(QPixmap.fromImage(image))
