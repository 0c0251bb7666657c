"""The network's intermediate images: lungs found, aligned, masked; small, and larger on demand."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bsnet_core.brixia import ZONES
from bsnet_core.language import translate as _
from bsnet_core.zone_outlines import COLUMN_EDGES, ROW_EDGES

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction

SMALL_PX = 112
LARGE_PX = 620
OUTLINE = (96, 205, 228)
GRID = QColor(235, 235, 235, 150)


class NetworkStep(Enum):
    """The steps of the network that are shown as images."""

    LUNGS = "lungs"
    ALIGNED = "aligned"
    MASKED = "masked"

    @property
    def words(self) -> str:
        """The caption of its image."""
        return {
            NetworkStep.LUNGS: _("lungs found"),
            NetworkStep.ALIGNED: _("aligned"),
            NetworkStep.MASKED: _("lungs only"),
        }[self]

    @property
    def meaning(self) -> str:
        """A description of the image, with what to check in it."""
        return {
            NetworkStep.LUNGS: _("The image as the network sees it, with the outline of the lungs it found."),
            NetworkStep.ALIGNED: _(
                "The image rotated and scaled for scoring: both lungs should be upright and complete."
            ),
            NetworkStep.MASKED: _("The lungs alone with the zones: each zone should contain its part of a lung."),
        }[self]


class StepButton(QAbstractButton):
    """A small image that opens larger by click, Space or Enter."""

    def __init__(self, step: NetworkStep, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixmap = QPixmap()
        self.setFixedSize(SMALL_PX, SMALL_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(_("{image}, enlarge").format(image=step.words))
        self.setToolTip(step.meaning + "\n" + _("Click to enlarge it."))

    def set_image(self, image: QImage) -> None:
        """Shows a square image."""
        self._pixmap = QPixmap.fromImage(image)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the image, with a frame if it has the focus or the pointer is over it."""
        with QPainter(self) as painter:  # ended even where painting fails
            painter.drawPixmap(self.rect(), self._pixmap)
            if self.hasFocus() or self.underMouse():
                painter.setPen(QPen(self.palette().highlight().color(), 3))
                painter.drawRect(self.rect().adjusted(1, 1, -2, -2))


class LargeImage(QLabel):
    """One step's image, as large as its window allows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._sides: tuple[str, str] | None = None
        self.setMinimumSize(240, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_image(self, image: QImage, sides: tuple[str, str] | None) -> None:
        """Shows a square image, with the zones if the patient's sides are named."""
        self._image, self._sides = image, sides
        self.update()

    def sizeHint(self) -> QSize:
        """The size at first."""
        return QSize(LARGE_PX, LARGE_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the image, square and centred."""
        side = min(self.width(), self.height())
        place = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        with QPainter(self) as painter:  # ended even where painting fails
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
            if self._sides is not None:
                _paint_grid(painter, place, self._sides)


class StepWindow(QDialog):
    """A separate window with one step's image, and buttons to switch between the steps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("How the network saw this image"))
        self.setStyleSheet("QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }")
        self._images: dict[NetworkStep, QImage] = {}
        self._sides = ("", "")
        self._image = LargeImage(self)
        self._meaning = QLabel("", self)
        self._meaning.setWordWrap(True)
        self._buttons: dict[NetworkStep, QToolButton] = {}
        row = QHBoxLayout()
        for step in NetworkStep:
            button = QToolButton(self)
            button.setText(step.words)
            button.setCheckable(True)
            button.setToolTip(step.meaning)
            button.clicked.connect(lambda checked=False, step=step: self.show_step(step))
            row.addWidget(button)
            self._buttons[step] = button
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self._image, 1)
        layout.addWidget(self._meaning)

    @property
    def step(self) -> NetworkStep:
        """The step shown."""
        return next((step for step, button in self._buttons.items() if button.isChecked()), NetworkStep.LUNGS)

    def set_images(self, images: dict[NetworkStep, QImage], sides: tuple[str, str]) -> None:
        """Takes the images of another prediction, and the names of the patient's right and left."""
        self._images, self._sides = images, sides
        self.show_step(self.step)

    def show_step(self, step: NetworkStep) -> None:
        """Shows the image of one step."""
        for other, button in self._buttons.items():
            button.setChecked(other is step)
        self._meaning.setText(step.meaning)
        self._image.setAccessibleName(step.words)
        self._image.setAccessibleDescription(step.meaning)
        self._image.show_image(self._images[step], self._sides if step is NetworkStep.MASKED else None)


class NetworkSteps(QWidget):
    """The three small images in a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prediction: Prediction | None = None
        self._images: dict[NetworkStep, QImage] = {}
        self._sides = ("", "")
        self._window: StepWindow | None = None
        self.buttons = {step: StepButton(step, self) for step in NetworkStep}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for step, button in self.buttons.items():
            caption = QLabel(step.words, self)
            caption.setObjectName("small")
            caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            caption.setWordWrap(True)
            column = QVBoxLayout()
            column.setSpacing(1)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(caption)
            row.addLayout(column, 1)
            button.clicked.connect(lambda checked=False, step=step: self.open_larger(step))

    @property
    def larger_window(self) -> StepWindow | None:
        """The window with the larger image; None unless it is open."""
        return self._window if self._window is not None and self._window.isVisible() else None

    def show_prediction(self, prediction: Prediction | None, sides: tuple[str, str]) -> None:
        """Shows the steps of a prediction, with the names of the patient's right and left; None hides them."""
        self.setVisible(prediction is not None)
        self._sides = sides
        if prediction is self._prediction:
            return
        self._prediction = prediction
        if prediction is None:
            self._images = {}
            if self._window is not None:
                self._window.close()
            return
        self._images = {step: step_image(prediction, step) for step in NetworkStep}
        side = round(SMALL_PX * self.devicePixelRatioF())
        for step, button in self.buttons.items():
            small = self._images[step].scaled(
                side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            if step is NetworkStep.MASKED:
                painter = QPainter(small)
                _paint_grid(painter, QRectF(0, 0, side, side), sides)
                painter.end()
            small.setDevicePixelRatio(self.devicePixelRatioF())
            button.set_image(small)
        if self._window is not None:
            self._window.set_images(self._images, sides)

    def open_larger(self, step: NetworkStep) -> None:
        """Opens a step's image in the separate window."""
        if not self._images:
            return
        if self._window is None:
            self._window = StepWindow(self)
        self._window.set_images(self._images, self._sides)
        self._window.show_step(step)
        self._window.show()
        self._window.activateWindow()


def step_image(prediction: Prediction, step: NetworkStep) -> QImage:
    """The square RGB image of a step, at the network's resolution."""
    if step is NetworkStep.LUNGS:
        return _as_image(_with_outline(prediction.network_image, prediction.outlined_lungs))
    grey = prediction.aligned_image
    if step is NetworkStep.MASKED:
        grey = grey * prediction.aligned_lung_probability
    return _as_image(cv2.cvtColor(_to_bytes(grey), cv2.COLOR_GRAY2RGB))


def _with_outline(image: npt.NDArray[np.float32], lung_probability: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """The outline of the lungs over an image: (S, S) in [0, 1] to (S, S, 3) uint8."""
    coloured = cv2.cvtColor(_to_bytes(image), cv2.COLOR_GRAY2RGB)
    mask = (lung_probability >= 0.5).astype(np.uint8)
    contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    cv2.drawContours(coloured, contours, -1, OUTLINE, max(1, len(image) // 170), cv2.LINE_AA)
    return np.asarray(coloured)


def _to_bytes(image: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.clip(image * 255, 0, 255).astype(np.uint8))


def _as_image(rgb: npt.NDArray[np.uint8]) -> QImage:
    contiguous = np.ascontiguousarray(rgb)
    height, width = contiguous.shape[:2]
    return QImage(contiguous.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _paint_grid(painter: QPainter, place: QRectF, sides: tuple[str, str]) -> None:
    """Draws the six zones over an image in the aligned frame, with their letters if there is room."""
    painter.setPen(QPen(GRID, 1))
    for share in ROW_EDGES[1:-1]:
        y = place.top() + share * place.height()
        painter.drawLine(round(place.left()), round(y), round(place.right()), round(y))
    middle = round(place.left() + COLUMN_EDGES[1] * place.width())
    painter.drawLine(middle, round(place.top()), middle, round(place.bottom()))
    if place.width() < 2 * SMALL_PX:
        return
    font = painter.font()
    font.setPixelSize(16)
    painter.setFont(font)
    for zone in ZONES:
        x = place.left() + COLUMN_EDGES[zone.column] * place.width() + 10
        y = place.top() + ROW_EDGES[zone.row] * place.height() + 22
        painter.drawText(round(x), round(y), zone.name)
    painter.drawText(place.adjusted(0, 0, -8, -8), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, sides[1])
    painter.drawText(place.adjusted(8, 0, 0, -8), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, sides[0])
