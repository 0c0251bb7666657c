"""The size of a screen's pixels in mm: as the screen reports it, or as measured with a ruler."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QScreen, QShowEvent
from PySide6.QtWidgets import QDoubleSpinBox, QSizePolicy, QVBoxLayout, QWidget

from app.settings.settings import LINE_LENGTHS_MM, Settings
from bsnet_core.language import translate as _

LINE_PX = 300
"""Length of the line to measure with a ruler, in logical pixels."""
LINE_HEIGHT_PX = 22
USUAL_MM_PER_PX = 25.4 / 96


def mm_per_px(screen: QScreen, settings: Settings) -> float:
    """Side of a screen's logical pixel in mm: measured if it was, else from the size that the screen reports."""
    measured = settings.line_mm(key_of_screen(screen))
    return measured / LINE_PX if measured is not None else _reported_mm_per_px(screen)


def key_of_screen(screen: QScreen) -> str:
    """A key that distinguishes screens and stays the same at the next start."""
    parts = (screen.manufacturer(), screen.model(), screen.serialNumber(), screen.name())
    named = " ".join(part for part in parts if part)
    return "".join(sign if sign.isalnum() else "-" for sign in named)


def _reported_mm_per_px(screen: QScreen) -> float:
    width_mm, width_px = screen.physicalSize().width(), screen.geometry().width()
    return width_mm / width_px if width_mm > 0 and width_px > 0 else USUAL_MM_PER_PX


class MeasuredLine(QWidget):
    """A line of `LINE_PX` with an end mark at either end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Line to measure"))

    def sizeHint(self) -> QSize:
        """The line and half a pen width on either side."""
        return QSize(LINE_PX + 2, LINE_HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the line."""
        with QPainter(self) as painter:
            painter.setPen(QPen(self.palette().windowText().color(), 1))
            middle = self.height() // 2
            painter.drawLine(1, middle, 1 + LINE_PX, middle)
            for x in (1, 1 + LINE_PX):
                painter.drawLine(x, 3, x, self.height() - 3)


class ScreenMeasure(QWidget):
    """The line, and its length on the screen that shows this widget; each screen has its own."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._box = QDoubleSpinBox(self)
        self._box.setObjectName("line_mm")
        self._box.setRange(*LINE_LENGTHS_MM)
        self._box.setDecimals(1)
        self._box.setSingleStep(0.5)
        self._box.setSuffix(" mm")
        self._box.setKeyboardTracking(False)
        self._box.setAccessibleName(_("Length of the line on this screen"))
        self._box.setToolTip(_("Hold a ruler against the line and enter its length"))
        self._box.valueChanged.connect(self._store_length)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(MeasuredLine(self))
        layout.addWidget(self._box, 0, Qt.AlignmentFlag.AlignLeft)
        self._show_length()

    def showEvent(self, event: QShowEvent) -> None:
        """Follows the window from screen to screen from now on."""
        super().showEvent(event)
        handle = self.window().windowHandle()
        if handle is not None:
            handle.screenChanged.connect(self._show_length, Qt.ConnectionType.UniqueConnection)
        self._show_length()

    def changeEvent(self, event: QEvent) -> None:
        """Updates the length for a new pixel density."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._show_length()

    def _show_length(self) -> None:
        self._box.blockSignals(True)
        self._box.setValue(mm_per_px(self.screen(), self._settings) * LINE_PX)
        self._box.blockSignals(False)

    def _store_length(self, length_mm: float) -> None:
        self._settings.set_line_mm(key_of_screen(self.screen()), length_mm)
