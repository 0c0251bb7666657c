"""The picture: window and level, zoom, pan, overlays and corner texts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.canvas.frame import FrameRenderer
from app.canvas.geometry import ViewGeometry
from app.overlays import explanation as explanation_overlay
from app.overlays import lungs as lungs_overlay
from app.overlays import zones as zones_overlay
from bsnet_core.brixia import Zone
from bsnet_core.display import Voi, default_voi, display_table, modality_range, window_of
from bsnet_core.frames import Frames
from bsnet_core.radiograph import Radiograph, VoiFunction, VoiWindow

BACKGROUND = QColor(14, 16, 19)
TEXT = QColor(225, 229, 233)
SHADOW = QColor(0, 0, 0, 200)
WHEEL_FACTOR = 1.15
DRAG_ZOOM_PER_PX = 0.006
WINDOW_PER_PX = 1 / 600
"""Share of the picture's value range per pixel of a drag; Ctrl takes a fifth."""
FINE = 0.2
OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "H": "F", "F": "H"}


class Drag(Enum):
    """What a pressed mouse button does."""

    WINDOW = auto()
    PAN = auto()
    ZOOM = auto()


DRAGS = {
    Qt.MouseButton.LeftButton: Drag.WINDOW,
    Qt.MouseButton.MiddleButton: Drag.PAN,
    Qt.MouseButton.RightButton: Drag.ZOOM,
}


@dataclass(frozen=True)
class OverlayState:
    """What is drawn over the picture; opacity in [0, 1] by overlay name."""

    shown: dict[str, bool]
    opacity: dict[str, float]
    lungs: lungs_overlay.LungOutline | None = None
    frames: Frames | None = None
    labels: dict[Zone, zones_overlay.ZoneLabel] | None = None
    explanation: explanation_overlay.ExplanationPicture | None = None

    def strength(self, name: str) -> float:
        """Opacity, 0 where the overlay is switched off."""
        return self.opacity.get(name, 1.0) if self.shown.get(name, False) else 0.0


class ImageView(QWidget):
    """Shows one radiograph. Left drag: window (right wider, up brighter); middle: pan; right or wheel: zoom."""

    window_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Radiograph")
        self.setAccessibleDescription("Left drag: window and level. Middle drag: pan. Right drag or wheel: zoom.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 320)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._radiograph: Radiograph | None = None
        self._renderer: FrameRenderer | None = None
        self._geometry: ViewGeometry | None = None
        self._voi: Voi | None = None
        self._inverted = False
        self._value_range = 1.0
        self._table: npt.NDArray[np.uint8] | None = None
        self._overlays = OverlayState({}, {})
        self._message = "Open a chest radiograph: Ctrl+O, or drop a file here."
        self._drag: tuple[Drag, QPointF] | None = None
        self._fits = True

    # What is shown

    def show_radiograph(self, radiograph: Radiograph, renderer: FrameRenderer) -> None:
        """Shows a radiograph, fitted, in the file's own window."""
        self._radiograph, self._renderer = radiograph, renderer
        self._voi, self._inverted = default_voi(radiograph), False
        low, high = modality_range(radiograph)
        self._value_range = max(high - low, 1e-6)
        self._overlays = replace(self._overlays, lungs=None, frames=None, labels=None, explanation=None)
        self._message = ""
        self._update_table()
        self.fit()

    def show_message(self, text: str) -> None:
        """Shows a sentence instead of a picture."""
        self._radiograph = self._renderer = self._geometry = None
        self._message = text
        self.update()

    def set_overlays(self, overlays: OverlayState) -> None:
        """Replaces what is drawn over the picture."""
        self._overlays = overlays
        self.update()

    @property
    def overlays(self) -> OverlayState:
        """What is drawn over the picture."""
        return self._overlays

    @property
    def radiograph(self) -> Radiograph | None:
        """What is shown."""
        return self._radiograph

    @property
    def view_geometry(self) -> ViewGeometry | None:
        """Where the picture lies; None while there is none."""
        return self._geometry

    @property
    def voi_window(self) -> VoiWindow | None:
        """The window in use, in modality values."""
        if self._radiograph is None or self._voi is None:
            return None
        return window_of(self._radiograph, self._voi)

    @property
    def is_inverted(self) -> bool:
        """Whether the user turned the greys around."""
        return self._inverted

    # What the user can do

    def fit(self) -> None:
        """The whole picture, as large as it goes."""
        self._fits = True
        if self._radiograph is not None:
            height, width = self._radiograph.shape
            spacing = self._radiograph.facts.spacing
            aspect = spacing.row_mm / spacing.column_mm if spacing is not None else 1.0
            self._geometry = ViewGeometry.fitted(QSizeF(width, height), aspect, QSizeF(self.size()))
        self.update()

    def actual_pixels(self) -> None:
        """One image pixel per device pixel."""
        if self._geometry is not None:
            self._fits = False
            self._geometry = replace(self._geometry, scale=1 / self.devicePixelRatioF())
            self.update()

    def zoom(self, factor: float, view_point: QPointF | None = None) -> None:
        """Zooms around a view point, the middle by default."""
        if self._geometry is not None:
            self._fits = False
            self._geometry = self._geometry.zoomed(factor, view_point or QPointF(self.rect().center()))
            self.update()

    def invert(self) -> None:
        """Turns the greys around, or back."""
        self._inverted = not self._inverted
        self._update_table()

    def reset(self) -> None:
        """Window, polarity and zoom as the file was opened."""
        if self._radiograph is not None:
            self._voi, self._inverted = default_voi(self._radiograph), False
            self._update_table()
            self.fit()

    def set_voi(self, voi: Voi) -> None:
        """Another window or VOI LUT."""
        self._voi = voi
        self._update_table()

    def _update_table(self) -> None:
        if self._radiograph is not None and self._voi is not None:
            self._table = display_table(self._radiograph, self._voi, inverted=self._inverted)
            self.window_changed.emit(self.voi_window)
        self.update()

    def _adjust_window(self, offset: QPointF, fine: bool) -> None:
        if self._radiograph is None or self._voi is None:
            return
        step = self._value_range * WINDOW_PER_PX * (FINE if fine else 1.0)
        window = window_of(self._radiograph, self._voi)
        # Up is brighter: a lower centre where high values are bright, a higher one where they are dark.
        high_is_bright = self._radiograph.shown_inverted == self._inverted
        brighter = -1.0 if high_is_bright else 1.0
        function = VoiFunction.LINEAR_EXACT if window.function is VoiFunction.LINEAR else window.function
        self.set_voi(
            VoiWindow(
                window.centre + brighter * -offset.y() * step,
                max(window.width + offset.x() * step, step),
                function,
                "adjusted",
            )
        )

    # Qt events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts a drag."""
        drag = DRAGS.get(event.button())
        if drag is not None and self._geometry is not None:
            self._drag = (drag, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with a drag."""
        if self._drag is None or self._geometry is None:
            return
        kind, before = self._drag
        offset = event.position() - before
        self._drag = (kind, event.position())
        if kind is Drag.WINDOW:
            self._adjust_window(offset, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif kind is Drag.PAN:
            self._fits = False
            self._geometry = self._geometry.panned(offset)
            self.update()
        else:
            self.zoom(1 - offset.y() * DRAG_ZOOM_PER_PX if offset.y() < 0 else 1 / (1 + offset.y() * DRAG_ZOOM_PER_PX))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag."""
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fits the picture."""
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms at the pointer."""
        self.zoom(WHEEL_FACTOR ** (event.angleDelta().y() / 120), event.position())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the picture fitted, or its middle where it was."""
        if self._geometry is not None:
            if self._fits:
                self.fit()
            else:
                self._geometry = self._geometry.resized(QSizeF(self.size()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture, overlays, corner texts."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), BACKGROUND)
        if self._geometry is None or self._renderer is None or self._table is None or self._radiograph is None:
            painter.setPen(TEXT)
            area = self.rect().adjusted(40, 40, -40, -40)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._message)
            return
        to_view = self._geometry.to_view
        self._paint_picture(painter, self._renderer, self._table, to_view)
        state = self._overlays
        if state.explanation is not None and state.strength("explanation") > 0:
            explanation_overlay.paint(painter, to_view, state.explanation, state.strength("explanation"))
        if state.lungs is not None and state.strength("lungs") > 0:
            lungs_overlay.paint(painter, to_view, state.lungs, state.strength("lungs"))
        if state.frames is not None and state.labels is not None and state.strength("zones") > 0:
            zones_overlay.paint(painter, to_view, state.frames, state.labels, state.strength("zones"))
        self._paint_corners(painter, self._radiograph, self._geometry)

    def _paint_picture(
        self, painter: QPainter, renderer: FrameRenderer, table: npt.NDArray[np.uint8], to_view: QTransform
    ) -> None:
        ratio = self.devicePixelRatioF()
        to_device = to_view * QTransform.fromScale(ratio, ratio)
        frame = renderer.render(table, to_device, (QSizeF(self.size()) * ratio).toSize())
        if frame is not None:
            frame.image.setDevicePixelRatio(ratio)
            painter.drawImage(QPointF(frame.left_px, frame.top_px) / ratio, frame.image)

    def _paint_corners(self, painter: QPainter, radiograph: Radiograph, geometry: ViewGeometry) -> None:
        font = QFont(self.font())
        font.setPixelSize(12)
        painter.setFont(font)
        facts = radiograph.facts
        window = self.voi_window
        height, width = radiograph.shape
        patient = [facts.patient_name.replace("^", " "), facts.patient_id, facts.patient_sex]
        when = facts.study_date
        if len(when) == 8:
            when = f"{when[:4]}-{when[4:6]}-{when[6:]}"
        laterality = f"laterality {facts.image_laterality}" if facts.image_laterality else ""
        view = "  ".join(part for part in (facts.modality, facts.view_position, laterality) if part)
        study = [when, facts.study_description, view]
        scale = geometry.scale * self.devicePixelRatioF()
        shown = [window_text(window) if window else "", f"Zoom {scale:.0%}"]
        if self._inverted:
            shown.append("Inverted")
        size = [f"{width} × {height}, {radiograph.bits_stored} bit"]
        if facts.lossy_compressed:
            size.append("lossy compression")
        area = QRectF(self.rect()).adjusted(10, 8, -10, -8)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
        for lines, alignment in (
            (patient, left | top),
            (study, right | top),
            (shown, left | bottom),
            (size, right | bottom),
        ):
            _write(painter, area, int(alignment), "\n".join(line for line in lines if line))
        self._paint_sides(painter, area, facts.patient_orientation)

    def _paint_sides(self, painter: QPainter, area: QRectF, orientation: tuple[str, str] | None) -> None:
        on_left, on_right = side_letters(orientation)
        font = QFont(self.font())
        font.setPixelSize(18 if on_right else 11)
        font.setBold(bool(on_right))
        painter.setFont(font)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        for text, side in ((on_left or "side not\nstated", left), (on_right, right)):
            _write(painter, area, int(side | Qt.AlignmentFlag.AlignVCenter), text)


def side_letters(orientation: tuple[str, str] | None) -> tuple[str, str]:
    """The letters for the picture's left and right edge; empty where the file does not state them.

    Args:
        orientation: PatientOrientation (DICOM PS3.3 C.7.6.1.1.1): where rows run to, and where columns run to.
    """
    on_right = orientation[0] if orientation is not None else ""
    if any(letter not in OPPOSITE for letter in on_right):
        return "", ""
    return "".join(OPPOSITE[letter] for letter in on_right), on_right


def _write(painter: QPainter, area: QRectF, alignment: int, text: str) -> None:
    painter.setPen(SHADOW)
    painter.drawText(area.translated(1, 1), alignment, text)
    painter.setPen(TEXT)
    painter.drawText(area, alignment, text)


def window_text(window: VoiWindow) -> str:
    """Centre and width with as many digits as they deserve."""
    digits = 0 if window.width >= 20 else 3
    return f"C {window.centre:.{digits}f}  W {window.width:.{digits}f}"
