"""A radiograph on the screen: its grey levels, its place, what is written around it and what is hidden."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.canvas.corners import CornerContent
from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.lettering import INK
from app.canvas.drawing.orientation import Orientation
from app.canvas.geometry import ViewGeometry
from app.canvas.modes import CornerTexts
from app.canvas.overlays.pointed_region import PointedRegion
from app.canvas.overlays.stack import OverlayState
from app.canvas.probe import ProbeReading
from app.canvas.scene import BACKGROUND, Scene, ScenePainter
from app.canvas.shown_image import NothingShown, ShownImage
from bsnet_core.display import Voi, WindowPreset
from bsnet_core.gsdf import Screen
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph, VoiWindow

STANDSTILL_MS = 120
"""After this time without moving or zooming the overlays are drawn sharp."""


def nothing_open() -> str:
    """The sentence in an empty view."""
    return _("Open a chest radiograph: Ctrl+O, or drop a file here.")


class ImageDisplay(QWidget):
    """Shows one radiograph with its overlays, or a sentence in its place."""

    window_changed = Signal(object)
    """The window in use, a `VoiWindow` in modality values."""
    geometry_changed = Signal(object)
    """The `ViewGeometry` after zooming, panning, turning or resizing."""
    original_changed = Signal(bool)
    """Whether every overlay and annotation is hidden."""
    corner_texts_changed = Signal(object)
    """The `CornerTexts` in use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Radiograph"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 320)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # every frame covers the whole widget
        self._shown = NothingShown()
        self._screen: Screen | None = None
        self._scene_painter = ScenePainter()
        self._moving = self._without_screen = False
        self._standstill = QTimer(self, singleShot=True, interval=STANDSTILL_MS)
        self._standstill.timeout.connect(self._come_to_rest)
        self._overlays = OverlayState({}, {})
        self._pointed: PointedRegion | None = None
        self._message = nothing_open()
        self._original = False
        self._shutter_shown = True
        self._corner_texts = CornerTexts.FULL
        self._identity_hidden = False
        self._result_caption = ""

    # What is shown

    def show_radiograph(self, radiograph: Radiograph, renderer: FrameRenderer) -> None:
        """Shows a radiograph in its standard orientation, fitted, in the file's own window."""
        shown = ShownImage(radiograph, renderer, QSizeF(self.size()), self._screen)
        shown.placed.connect(self._follow_place)
        shown.window_changed.connect(self._follow_window)
        self._shown = shown
        self._scene_painter.forget()
        self._overlays = replace(self._overlays, lungs=None, frames=None, labels=None, explanation=None, own=None)
        self._message, self._result_caption, self._pointed = "", "", None
        self._follow_window(shown.window)
        self._follow_place(shown.geometry)

    def show_message(self, text: str) -> None:
        """Shows a sentence instead of an image."""
        self._shown = NothingShown()
        self._scene_painter.forget()
        self._message = text
        self.update()

    def show_nothing(self) -> None:
        """Says how to open an image, since none is open."""
        self.show_message(nothing_open())

    def set_overlays(self, overlays: OverlayState) -> None:
        """Replaces what is drawn over the image."""
        self._overlays = overlays
        self.update()

    @property
    def pointed_region(self) -> PointedRegion | None:
        """The region of the explanation map that is outlined."""
        return self._pointed

    def set_pointed_region(self, region: PointedRegion | None) -> None:
        """Outlines the region of the explanation map under the pointer, or none."""
        if region is not self._pointed:
            self._pointed = region
            self.update()

    def set_result_caption(self, text: str) -> None:
        """Sets the result's name, model and version: written top right while any part of the result is shown."""
        self._result_caption = text
        self.update()

    @property
    def shown(self) -> NothingShown:
        """The `ShownImage`, or what stands for an empty view."""
        return self._shown

    @property
    def overlays(self) -> OverlayState:
        """Everything drawn over the image."""
        return self._overlays

    @property
    def radiograph(self) -> Radiograph | None:
        """The image; None in an empty view."""
        return self._shown.radiograph

    # Zoom, pan and orientation

    @property
    def view_geometry(self) -> ViewGeometry | None:
        """The place of the image; None in an empty view."""
        return self._shown.geometry

    @property
    def is_fitted(self) -> bool:
        """Whether the image follows the size of the view."""
        return self._shown.is_fitted

    @property
    def orientation(self) -> Orientation:
        """The image's orientation on the screen."""
        return self._shown.orientation

    @property
    def can_turn(self) -> bool:
        """Whether this image may be rotated and flipped: CR, DX, and images that are no DICOM files."""
        return self._shown.can_turn

    @property
    def has_actual_size(self) -> bool:
        """Whether the file states the size of a pixel."""
        return self._shown.has_actual_size

    def fit(self) -> None:
        """Shows the whole image as large as possible."""
        self._shown.fit()

    def actual_pixels(self) -> None:
        """Shows one image pixel per device pixel."""
        self._shown.actual_pixels(self.devicePixelRatioF())

    def actual_size(self, mm_per_px: float) -> None:
        """Shows a mm of the image as a mm of the screen; `mm_per_px` is the side of a logical pixel of the screen."""
        self._shown.actual_size(mm_per_px)

    def zoom(self, factor: float, view_point: QPointF | None = None) -> None:
        """Zooms around a view point, by default the middle."""
        self._shown.zoom(factor, view_point)

    def pan(self, view_offset: QPointF) -> None:
        """Moves the image."""
        self._shown.pan(view_offset)

    def follow(self, geometry: ViewGeometry | None) -> None:
        """Takes zoom and pan from a linked view, None for fitted, without adding to the history."""
        self._shown.follow(geometry)

    def rotate(self, quarter_turns: int) -> None:
        """Rotates the image clockwise by quarter turns."""
        self._shown.turn(self.orientation.rotated(quarter_turns))

    def flip_horizontally(self) -> None:
        """Exchanges left and right of the screen; the letters of the sides go with the image."""
        self._shown.turn(self.orientation.flipped_horizontally())

    def flip_vertically(self) -> None:
        """Exchanges top and bottom of the screen."""
        self._shown.turn(self.orientation.flipped_vertically())

    def _follow_place(self, geometry: ViewGeometry) -> None:
        self._moving = True
        self._standstill.start()
        self.update()
        self.geometry_changed.emit(geometry)

    def _come_to_rest(self) -> None:
        self._moving = False
        if not self._scene_painter.is_exact:
            self.update()

    # Grey levels

    @property
    def voi(self) -> Voi | None:
        """The window or VOI LUT in use; None in an empty view."""
        preset = self._shown.preset
        return preset.voi if preset is not None else None

    @property
    def voi_window(self) -> VoiWindow | None:
        """The window in use, in modality values; None in an empty view."""
        return self._shown.window

    @property
    def preset_name(self) -> str:
        """The name of the preset in use; empty once the window was changed by hand."""
        preset = self._shown.preset
        return preset.name if preset is not None else ""

    @property
    def is_inverted(self) -> bool:
        """Whether the user inverted the grey levels."""
        return self._shown.is_inverted

    def presets(self) -> tuple[WindowPreset, ...]:
        """The presets under the digit keys: 0 automatic, then the file's own, then useful ones for a chest."""
        return self._shown.presets

    def apply_preset(self, number: int) -> None:
        """Uses a preset; a number without one changes nothing."""
        self._shown.use_preset(number)

    def set_voi(self, voi: Voi) -> None:
        """Uses another window or VOI LUT."""
        self._shown.set_voi(voi)

    def invert(self) -> None:
        """Inverts the grey levels, or restores them."""
        self._shown.invert()

    def set_screen(self, screen: Screen | None) -> None:
        """Uses the Grayscale Standard Display Function for a screen of known luminance; None for plain grey levels."""
        if screen != self._screen:
            self._screen = screen
            self._shown.show_on(screen)
            self.update()

    def _follow_window(self, window: VoiWindow) -> None:
        self.window_changed.emit(window)
        self.update()

    # History

    def previous_state(self) -> None:
        """Restores window, zoom, pan and orientation as they were before the last change."""
        self._shown.previous_state()

    def reset(self) -> None:
        """Restores window, polarity, zoom and orientation as the file was opened."""
        self._shown.reset()

    # What is written and hidden

    @property
    def corner_texts(self) -> CornerTexts:
        """The amount of text in the corners."""
        return self._corner_texts

    def set_corner_texts(self, texts: CornerTexts) -> None:
        """Sets the amount of text in the corners."""
        self._corner_texts = texts
        self.update()
        self.corner_texts_changed.emit(texts)

    def cycle_corner_texts(self) -> None:
        """Goes from full to minimal, to none, and back to full."""
        self.set_corner_texts(self._corner_texts.next)

    def set_identity_hidden(self, hidden: bool) -> None:
        """Leaves out the patient's identity, dates and free texts."""
        self._identity_hidden = hidden
        self.update()

    @property
    def is_original(self) -> bool:
        """Whether every overlay and annotation is hidden."""
        return self._original

    def set_original(self, original: bool) -> None:
        """Hides every overlay and annotation, or shows again what was shown."""
        if original != self._original:
            self._original = original
            self.update()
            self.original_changed.emit(original)

    @property
    def has_shutter(self) -> bool:
        """Whether the file covers a part of its image."""
        return self._shown.has_shutter

    def set_shutter_shown(self, shown: bool) -> None:
        """Blackens what the file's shutter covers, or shows the whole image."""
        self._shutter_shown = shown
        self.update()

    # Painting

    def probe_at(self, view_point: QPointF) -> ProbeReading | None:
        """The values of the pixel under a view point; None outside the image."""
        return self._shown.probe_at(view_point)

    def image_of_view(self, ratio: float = 1.0) -> QImage:
        """The view as an image for a file or the clipboard, in grey levels that belong to no particular screen.

        Args:
            ratio: Device pixels per view unit; 2 gives twice the detail, not larger texts.
        """
        image = QImage((QSizeF(self.size()) * ratio).toSize(), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        # By a painter of its own: what the screen keeps stays as it is, and nothing is drawn roughly.
        on_screen = self._scene_painter, self._moving
        self._scene_painter, self._moving, self._without_screen = ScenePainter(), False, True
        try:
            self.render(image)
        finally:
            self._scene_painter, self._moving = on_screen
            self._without_screen = False
        return image

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the image fitted, or its middle in place."""
        self._shown.resize(QSizeF(self.size()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the scene, or a sentence in its place."""
        with QPainter(self) as painter:  # ended even where painting fails
            painter.setFont(self.font())
            painter.fillRect(self.rect(), BACKGROUND)
            if isinstance(self._shown, ShownImage):
                scene = self._scene(self._shown, painter.deviceTransform().m11())
                self._scene_painter.paint(painter, QRectF(self.rect()), scene, self.font())
                return
            painter.setPen(INK)
            area = self.rect().adjusted(40, 40, -40, -40)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._message)

    def _scene(self, shown: ShownImage, ratio: float) -> Scene:
        """One frame; `ratio` is device pixels per view unit."""
        corners = CornerContent(
            radiograph=shown.radiograph,
            window=shown.window,
            preset=shown.preset.name,
            zoom=shown.geometry.scale * ratio,
            inverted=shown.is_inverted,
            orientation=shown.orientation,
            texts=self._corner_texts,
            identity_hidden=self._identity_hidden,
            result=self._result_caption if self._overlays.shows_result and not self._original else "",
        )
        return Scene(
            renderer=shown.renderer,
            table=shown.grey_levels.p_values if self._without_screen else shown.grey_levels.table,
            geometry=shown.geometry,
            corners=corners,
            outside_shutter=shown.outside_shutter if self._shutter_shown else None,
            planes=shown.planes,
            overlays=None if self._original else self._overlays,
            pointed=self._pointed,
            moving=self._moving,
            has_focus=self.hasFocus(),
        )
