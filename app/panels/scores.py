"""The score panel: quality notes, the predicted grid, the radiologist's own score, intermediate pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QWheelEvent
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

from app.session import Study, StudyState
from bsnet_core.brixia import N_CLASSES, ZONE_CLASS_MEANINGS, ZONES, Zone
from bsnet_core.quality import LOW_CONFIDENCE
from bsnet_core.radiograph import StudyFacts

if TYPE_CHECKING:
    from bsnet_core.prediction import Prediction

NOT_ENTERED = "–"
INSET_PX = 156
SIDES = ("R (patient)", "L (patient)")
ATTENTION_NAMES = {"ha": "hard attention", "sa": "soft attention", "ens": "ensemble"}
MIRRORED_NOTE = (
    "The file says that the patient's left is on the left of this picture. The zones are named for the usual way "
    "round: A–C and D–F may be exchanged."
)


class ScoreEntry(QComboBox):
    """Selector of one zone's score that the wheel does not turn."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leaves the wheel to the panel: scrolling must not change a score that somebody entered."""
        event.ignore()


class ZoneCell(QFrame):
    """One zone: predicted score, confidence, and the selector for the reader's own score."""

    entered = Signal(object, object)

    def __init__(self, zone: Zone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zone = zone
        self.setObjectName("zoneCell")
        self.setAccessibleName(f"Zone {zone.name}")
        name = _small(zone.name, self)
        name.setObjectName("zoneName")
        self._score = QLabel("", self)
        self._score.setObjectName("zoneScore")
        self._score.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._detail = _small("", self)
        self._detail.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._entry = ScoreEntry(self)
        self._entry.addItems([NOT_ENTERED, *(str(score) for score in range(N_CLASSES))])
        for score, meaning in enumerate(ZONE_CLASS_MEANINGS):
            self._entry.setItemData(score + 1, meaning, Qt.ItemDataRole.ToolTipRole)
        self._entry.setAccessibleName(f"Your score of zone {zone.name}")
        self._entry.setToolTip(f"Your own score of zone {zone.name}")
        self._entry.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._entry.currentIndexChanged.connect(self._enter)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(name)
        top.addStretch(1)
        top.addWidget(_small("yours", self))
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

    @property
    def score_text(self) -> str:
        """The predicted score as shown."""
        return self._score.text()

    @property
    def detail_text(self) -> str:
        """Confidence and difference as shown."""
        return self._detail.text()

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
            self.setAccessibleDescription("No predicted score")
        else:
            score, confidence = prediction.score[self._zone], prediction.confidence_of(self._zone)
            unsure = confidence < LOW_CONFIDENCE
            self._score.setText(str(score))
            difference = "" if entered is None else f"   Δ {_signed(score - entered)}"
            self._detail.setText(f"{confidence:.0%}{' unsure' if unsure else ''}{difference}")
            self.setToolTip(_zone_tooltip(self._zone, prediction))
            self.setAccessibleDescription(f"Predicted {score}, confidence {confidence:.0%}")
        value = "true" if unsure else "false"
        if self.property("unsure") != value:
            self.setProperty("unsure", value)
            self.style().unpolish(self)
            self.style().polish(self)

    def _enter(self, index: int) -> None:
        self.entered.emit(self._zone, None if index == 0 else index - 1)


class ScoresPanel(QWidget):
    """The right pane above the overlay controls."""

    zone_entered = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictured: Prediction | None = None
        self._notes = QLabel("", self)
        self._notes.setObjectName("qualityNotes")
        self._notes.setWordWrap(True)
        self._notes.setAccessibleName("Quality notes")
        self._total = QLabel("", self)
        self._total.setObjectName("total")
        self._total.setAccessibleName("Global score")
        self._expected = _small("", self)
        self._expected.setAccessibleName("Expected global value")
        self._expected.setToolTip("Sum of the zones' expected values under the predicted probabilities")
        totals = QHBoxLayout()
        totals.addWidget(self._total)
        totals.addStretch(1)
        totals.addWidget(self._expected, 0, Qt.AlignmentFlag.AlignBottom)
        self._comparison = QLabel("", self)
        self._comparison.setWordWrap(True)
        self._comparison.setAccessibleName("Comparison with your score")
        self._cells = {zone: ZoneCell(zone, self) for zone in ZONES}
        self._insets = QWidget(self)
        self._aligned = _inset("Aligned lungs", "The picture turned and scaled as the network scores it", self._insets)
        self._masked = _inset("Masked lungs", "The same with everything but the lungs blanked out", self._insets)
        self._model = _small("", self)
        self._model.setWordWrap(True)
        self._model.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._model.setAccessibleName("Model and device")
        box = QGroupBox("Brixia score", self)
        inside = QVBoxLayout(box)
        inside.setContentsMargins(0, 8, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(totals)
        inside.addLayout(self._grid())
        inside.addWidget(self._comparison)
        inside.addWidget(self._fill_insets())
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
        """How the entered score compares; empty while nothing is entered."""
        return "" if self._comparison.isHidden() else self._comparison.text()

    @property
    def model_text(self) -> str:
        """Which model gave the result, and where it ran."""
        return "" if self._model.isHidden() else self._model.text()

    def show_study(self, study: Study | None) -> None:
        """Fills the panel; None empties it."""
        prediction = study.prediction if study is not None else None
        reading = study.reading if study is not None else {}
        for zone, cell in self._cells.items():
            cell.show_study(prediction, reading.get(zone))
            cell.setEnabled(study is not None)
        self._total.setText(_total_line(study))
        self._expected.setText("" if prediction is None else f"expected value {prediction.expected_total:.1f}")
        for label, text in (
            (self._notes, "\n".join(_notes_of(study))),
            (self._comparison, _comparison_line(study)),
            (self._model, _model_line(prediction)),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        if prediction is not self._pictured:
            self._pictured = prediction
            self._show_insets(prediction)
        self._insets.setVisible(prediction is not None)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(6)
        for column, side in enumerate(SIDES):
            label = QLabel(side, self)
            label.setObjectName("side")
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(label, 0, column)
            grid.setColumnStretch(column, 1)
        for zone, cell in self._cells.items():
            grid.addWidget(cell, zone.row + 1, zone.column)
            cell.entered.connect(self.zone_entered)
        return grid

    def _fill_insets(self) -> QWidget:
        grid = QGridLayout(self._insets)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setVerticalSpacing(2)
        pictures = ((self._aligned, "aligned"), (self._masked, "aligned, lungs only"))
        for column, (picture, caption) in enumerate(pictures):
            text = _small(caption, self._insets)
            grid.addWidget(picture, 0, column, Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(text, 1, column, Qt.AlignmentFlag.AlignHCenter)
            grid.setColumnStretch(column, 1)
        return self._insets

    def _show_insets(self, prediction: Prediction | None) -> None:
        for label in (self._aligned, self._masked):
            label.clear()
        if prediction is not None:
            ratio = self.devicePixelRatioF()
            _show_grey(self._aligned, prediction.aligned_image, ratio)
            _show_grey(self._masked, prediction.aligned_image * prediction.aligned_lung_probability, ratio)


def is_mirrored(facts: StudyFacts) -> bool:
    """Whether the file says that its rows run to the patient's right, which puts the left lung on the left."""
    return facts.patient_orientation is not None and facts.patient_orientation[0].startswith("R")


def _notes_of(study: Study | None) -> list[str]:
    if study is None:
        return []
    notes = [f"No score: {study.problem}"] if study.problem else []
    if is_mirrored(study.facts):
        notes.append(MIRRORED_NOTE)
    return notes + (list(study.prediction.quality) if study.prediction is not None else [])


def _total_line(study: Study | None) -> str:
    if study is not None and study.prediction is not None:
        return f"Global {study.prediction.score.total} / 18"
    if study is not None and study.state is StudyState.ANALYSING:
        return "Analysing…"
    return "Global –"


def _comparison_line(study: Study | None) -> str:
    if study is None or not study.reading:
        return ""
    prediction, total = study.prediction, study.entered_total
    if total is None:
        return f"Your score: {len(study.reading)} of 6 zones entered."
    if prediction is None:
        return f"Your global score {total}."
    difference = prediction.score.total - total
    mean = sum(abs(prediction.score[zone] - score) for zone, score in study.reading.items()) / len(study.reading)
    return f"Your global score {total}. Prediction {_signed(difference)}; mean zone difference {mean:.2f}."


def _model_line(prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    model = prediction.model
    parts = (
        f"{model.name} {model.version}",
        f"sha256 {model.sha256[:8]}",
        ATTENTION_NAMES[prediction.attention.value],
        prediction.device,
        f"{prediction.seconds['total']:.1f} s",
    )
    return " · ".join(parts)


def _zone_tooltip(zone: Zone, prediction: Prediction) -> str:
    shares = prediction.probabilities_of(zone)
    lines = [f"{number} {ZONE_CLASS_MEANINGS[number]}: {share:.0%}" for number, share in enumerate(shares)]
    expected = f"Expected value {prediction.expected_value_of(zone):.2f}"
    return "\n".join([f"Zone {zone.name}", *lines, expected, "Δ: prediction minus your score"])


def _signed(difference: int) -> str:
    return f"{difference:+d}".replace("-", "−") if difference else "0"


def _small(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setObjectName("small")
    return label


def _inset(name: str, tip: str, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setFixedSize(INSET_PX, INSET_PX)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setAccessibleName(name)
    label.setToolTip(tip)
    return label


def _show_grey(label: QLabel, picture: npt.NDArray[np.float32], ratio: float) -> None:
    side = round(INSET_PX * ratio)
    small = cv2.resize(np.ascontiguousarray(picture), (side, side), interpolation=cv2.INTER_AREA)
    grey = np.ascontiguousarray(np.clip(small * 255, 0, 255).astype(np.uint8))
    image = QImage(grey.data, side, side, side, QImage.Format.Format_Grayscale8).copy()
    image.setDevicePixelRatio(ratio)
    label.setPixmap(QPixmap.fromImage(image))
