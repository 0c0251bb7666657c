"""One zone in the score panel: its prediction, and the buttons for the reader's own score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.report.score_differences import signed
from bsnet_core.brixia import N_CLASSES, Zone, zone_class_meaning
from bsnet_core.inference.quality import LOW_CONFIDENCE
from bsnet_core.language import translate as _
from bsnet_core.partial_score import NOT_ASSESSABLE, entry_text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from bsnet_core.inference.prediction import Prediction

NOT_ENTERED = "–"
ENTRIES = (*range(N_CLASSES), NOT_ASSESSABLE)
BARS_HEIGHT = 30
BUTTON_SPACING = 2
STYLE = """
#scoringMode { background: palette(highlight); color: palette(highlighted-text); border-radius: 6px; padding: 3px 8px; }
#zoneCell[turn="true"] { border: 2px solid palette(highlight); }
QToolButton#scoreButton {
  border: 1px solid rgba(128, 140, 150, 120); border-radius: 4px; padding: 1px 0; min-width: 14px;
}
QToolButton#scoreButton:hover, QToolButton#scoreButton:focus { border: 1px solid palette(link); }
QToolButton#scoreButton:checked { background: palette(highlight); color: palette(highlighted-text); font-weight: 700; }
QToolButton#scoreButton:disabled:!checked { color: rgba(128, 140, 150, 170); }
"""


class ProbabilityBars(QWidget):
    """Four bars with the probabilities of the scores 0 to 3, each above the button of its score.

    The predicted score's bar is strong, or hatched for low confidence; the others are faint.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: npt.NDArray[np.float32] | None = None
        self._is_unsure = False
        self.setMinimumHeight(BARS_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, shares: npt.NDArray[np.float32] | None, *, unsure: bool) -> None:
        """Shows (4,) probabilities in [0, 1]; None clears the bars."""
        self._shares, self._is_unsure = shares, unsure
        self.update()

    def sizeHint(self) -> QSize:
        """The fixed height and a usual width."""
        return QSize(100, BARS_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the bars."""
        if self._shares is None:
            return
        with QPainter(self) as painter:  # ended even where painting fails
            palette = self.palette()
            strong, faint = palette.link().color(), QColor(palette.windowText().color())
            faint.setAlpha(90)
            # As wide as the buttons below: one for each score, and one for a zone that is not assessable.
            width = (self.width() - N_CLASSES * BUTTON_SPACING) / (N_CLASSES + 1)
            predicted = int(self._shares.argmax())
            for number, share in enumerate(self._shares):
                height = max(float(share) * (self.height() - 2), 1.0)
                bar = QRectF(number * (width + BUTTON_SPACING), self.height() - height, width, height)
                if number == predicted:
                    pattern = Qt.BrushStyle.BDiagPattern if self._is_unsure else Qt.BrushStyle.SolidPattern
                    painter.fillRect(bar, QBrush(strong, pattern))
                    painter.setPen(strong)
                    painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
                else:
                    painter.fillRect(bar, faint)


class ScoreEntry(QWidget):
    """Four buttons for one zone's score, and one for "not assessable"; pressing the chosen one again clears it.

    Tab reaches one of them, the arrow keys move between them, Space presses: 30 Tab stops would be too many.
    """

    entered = Signal(object)
    """The score, or `NOT_ASSESSABLE`; None clears it."""

    def __init__(self, zone: Zone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._score: int | None = None
        self.setAccessibleName(_("Your score for zone {zone}").format(zone=zone.name))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(BUTTON_SPACING)
        self._buttons = []
        for score in ENTRIES:
            button = QToolButton(self)
            button.setObjectName("scoreButton")
            button.setText(entry_text(score))
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            meaning = _("not assessable") if score == NOT_ASSESSABLE else zone_class_meaning(score)
            name = meaning if score == NOT_ASSESSABLE else score
            button.setAccessibleName(_("Zone {zone}: {score}").format(zone=zone.name, score=name))
            button.setAccessibleDescription(meaning)
            button.setToolTip(f"{entry_text(score)}: {meaning}")
            button.clicked.connect(lambda checked=False, score=score: self._press(score))
            button.installEventFilter(self)
            row.addWidget(button, 1)
            self._buttons.append(button)
        self.show_score(None)

    @property
    def score(self) -> int | None:
        """The chosen score or `NOT_ASSESSABLE`; None if there is none."""
        return self._score

    def button(self, score: int) -> QToolButton:
        """The button of a score, or of `NOT_ASSESSABLE`."""
        return self._buttons[ENTRIES.index(score)]

    def show_score(self, score: int | None) -> None:
        """Shows a score without emitting `entered`."""
        self._score = score
        for entry, button in zip(ENTRIES, self._buttons, strict=True):
            button.setChecked(entry == score)
            is_stop = entry == (score or 0)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_stop else Qt.FocusPolicy.ClickFocus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Moves the focus from button to button with the arrow keys."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
            number = next((place for place, button in enumerate(self._buttons) if button is watched), 0) + step
            if step and 0 <= number < len(self._buttons):
                self._buttons[number].setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _press(self, score: int) -> None:
        chosen = None if score == self._score else score
        self.show_score(self._score)  # the session decides, and its answer arrives by show_score
        self.entered.emit(chosen)


class ZoneCell(QFrame):
    """One zone: predicted score, probabilities, the reader's own score, and the difference."""

    entered = Signal(object, object)
    """Zone and score; None clears the zone."""
    chosen = Signal(object)
    """The zone of a click beside the buttons."""

    def __init__(self, zone: Zone, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zone = zone
        self._in_turn = False
        self.setObjectName("zoneCell")
        self._name = QLabel(zone.name, self)
        self._name.setObjectName("zoneName")
        self._score = QLabel("", self)
        self._score.setObjectName("zoneScore")
        self._confidence = _small(self)
        self._difference = _small(self)
        self._bars = ProbabilityBars(self)
        self._entry = ScoreEntry(zone, self)
        self._entry.entered.connect(lambda score: self.entered.emit(self._zone, score))
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._name)
        top.addWidget(self._score)
        top.addStretch(1)
        top.addWidget(self._confidence)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 4, 8, 7)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.addLayout(top, 0, 0, 1, 2)
        grid.addWidget(self._bars, 1, 0)
        grid.addWidget(self._entry, 2, 0)
        grid.addWidget(self._difference, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.setColumnStretch(0, 1)
        # The same width with and without a prediction, so that nothing moves when it is revealed.
        grid.setColumnMinimumWidth(1, self._difference.fontMetrics().horizontalAdvance(_difference_text(-1)))

    @property
    def entry(self) -> ScoreEntry:
        """The buttons of the reader's own score."""
        return self._entry

    @property
    def score_text(self) -> str:
        """The predicted score as shown."""
        return self._score.text()

    @property
    def detail_text(self) -> str:
        """Confidence and difference as shown."""
        return " ".join(label.text() for label in (self._confidence, self._difference) if label.text())

    @property
    def is_in_turn(self) -> bool:
        """Whether the cell marks its zone as the next to score."""
        return self._in_turn

    def show_zone(self, prediction: Prediction | None, own: int | None, *, editable: bool) -> None:
        """Fills the cell.

        Args:
            prediction: The prediction; None if there is none or it is hidden.
            own: The reader's own score, or `NOT_ASSESSABLE`; None if not entered.
            editable: Whether the own score can be changed.
        """
        self._entry.show_score(own)
        self._entry.setEnabled(editable)
        unsure = False
        texts = (NOT_ENTERED, "", "")
        tip = description = ""
        if prediction is not None:
            score, confidence = prediction.score[self._zone], prediction.confidence_of(self._zone)
            unsure = confidence < LOW_CONFIDENCE
            share = f"{confidence:.0%}"
            texts = (
                str(score),
                _("{share} low").format(share=share) if unsure else share,
                "" if own is None or own == NOT_ASSESSABLE else _difference_text(score - own),
            )
            tip = _zone_tip(self._zone, prediction)
            description = _("Predicted {score}, confidence {share}").format(score=score, share=share)
        for label, text in zip((self._score, self._confidence, self._difference), texts, strict=True):
            label.setText(text)
        self._bars.show_shares(None if prediction is None else prediction.probabilities_of(self._zone), unsure=unsure)
        self.setToolTip(tip)
        self._describe(description)
        self._set_state("unsure", unsure)

    def show_turn(self, in_turn: bool) -> None:
        """Marks the zone as the next to score, or removes the mark."""
        self._in_turn = in_turn
        self._name.setText(f"▸ {self._zone.name}" if in_turn else self._zone.name)
        self._describe(self.accessibleDescription())
        self._set_state("turn", in_turn)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the zone on a click beside the buttons."""
        self.chosen.emit(self._zone)

    def _describe(self, description: str) -> None:
        name = _("Zone {zone}").format(zone=self._zone.name)
        self.setAccessibleName(_("{zone}, to be scored next").format(zone=name) if self._in_turn else name)
        self.setAccessibleDescription(description)

    def _set_state(self, name: str, on: bool) -> None:
        value = "true" if on else "false"
        if self.property(name) != value:
            self.setProperty(name, value)
            self.style().unpolish(self)
            self.style().polish(self)


def _difference_text(difference: int) -> str:
    return f"Δ {signed(difference)}"


def _zone_tip(zone: Zone, prediction: Prediction) -> str:
    lines = [
        f"{number} {zone_class_meaning(number)}: {share:.0%}"
        for number, share in enumerate(prediction.probabilities_of(zone))
    ]
    expected = _("Expected value {value}").format(value=f"{prediction.expected_value_of(zone):.2f}")
    return "\n".join([_("Zone {zone}").format(zone=zone.name), *lines, expected, _("Δ: prediction minus your score")])


def _small(parent: QWidget) -> QLabel:
    label = QLabel("", parent)
    label.setObjectName("small")
    return label
