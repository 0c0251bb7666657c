"""The image in a view: its grey levels, its place, and the states it can go back to.

`NothingShown` is the empty view, so that nobody has to ask for an image before asking or changing something.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QPointF, QSizeF, Signal
from PySide6.QtGui import QPainterPath

from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.orientation import AS_STORED, Orientation
from app.canvas.geometry import MAX_SCALE, MIN_SCALE, ViewGeometry
from app.canvas.grey_levels import GreyLevels
from app.canvas.modes import WindowDrag
from app.canvas.overlays.dicom_overlays import PlaneImage, shutter_path
from app.canvas.probe import ProbeReading, probe
from app.canvas.view_history import ViewHistory, ViewState
from bsnet_core.display import Voi, WindowPreset, default_preset
from bsnet_core.gsdf import Screen
from bsnet_core.radiograph import Radiograph, SpacingMeaning, VoiWindow

TURNABLE = frozenset({"CR", "DX"})
"""Modalities whose DICOM images may be rotated and flipped, after IHE Basic Image Review."""


class NothingShown(QObject):
    """An empty view: there is nothing to tell, and no change has an effect."""

    placed = Signal(object)
    """The new `ViewGeometry`."""
    window_changed = Signal(object)
    """The new window, a `VoiWindow` in modality values."""

    @property
    def radiograph(self) -> Radiograph | None:
        """The image."""
        return None

    @property
    def geometry(self) -> ViewGeometry | None:
        """Its place in the view."""
        return None

    @property
    def is_fitted(self) -> bool:
        """Whether the image follows the size of the view."""
        return True

    @property
    def orientation(self) -> Orientation:
        """Its orientation on the screen."""
        return AS_STORED

    @property
    def can_turn(self) -> bool:
        """Whether the image may be rotated and flipped."""
        return False

    @property
    def has_actual_size(self) -> bool:
        """Whether the file states the size of a pixel."""
        return False

    @property
    def has_shutter(self) -> bool:
        """Whether the file covers a part of its image."""
        return False

    @property
    def preset(self) -> WindowPreset | None:
        """The window or VOI LUT in use; without a name once it was changed by hand."""
        return None

    @property
    def window(self) -> VoiWindow | None:
        """The window in use, in modality values."""
        return None

    @property
    def is_inverted(self) -> bool:
        """Whether the user inverted the grey levels."""
        return False

    @property
    def presets(self) -> tuple[WindowPreset, ...]:
        """The presets under the digit keys: 0 automatic, then the file's own, then useful ones for a chest."""
        return ()

    def probe_at(self, view_point: QPointF) -> ProbeReading | None:
        """The values of the pixel under a view point; None outside the image."""
        return None

    def fit(self) -> None:
        """Shows the whole image as large as possible."""

    def actual_pixels(self, device_pixel_ratio: float) -> None:
        """Shows one image pixel per device pixel."""

    def actual_size(self, mm_per_px: float) -> None:
        """Shows a mm of the image, as its file states it, as a mm of the screen.

        Args:
            mm_per_px: Side of a logical pixel of the screen.
        """

    def zoom(self, factor: float, view_point: QPointF | None = None) -> None:
        """Zooms around a view point, by default the middle."""

    def pan(self, view_offset: QPointF) -> None:
        """Moves the image by an offset in view units."""

    def follow(self, geometry: ViewGeometry | None) -> None:
        """Takes zoom and pan from a linked view, None for fitted, without adding to the history."""

    def turn(self, orientation: Orientation) -> None:
        """Changes the orientation, if the image may be rotated and flipped."""

    def resize(self, view_size: QSizeF) -> None:
        """Keeps the image fitted, or its middle in place, in a view of another size."""

    def use_preset(self, number: int) -> None:
        """Uses a preset; a number without one changes nothing."""

    def set_voi(self, voi: Voi) -> None:
        """Uses another window or VOI LUT."""

    def drag_window(self, offset: QPointF, pace: float, way: WindowDrag) -> None:
        """Changes the window by a part of a drag: `GreyLevels.dragged`."""

    def invert(self) -> None:
        """Inverts the grey levels, or restores them."""

    def show_on(self, screen: Screen | None) -> None:
        """Uses the Grayscale Standard Display Function for a screen of known luminance; None for plain grey levels."""

    def previous_state(self) -> None:
        """Restores window, zoom, pan and orientation as they were before the last change."""

    def reset(self) -> None:
        """Restores window, polarity, zoom and orientation as the file was opened."""

    def end_series(self) -> None:
        """Makes the next change a new one in the history, not a further step of the last one."""


class ShownImage(NothingShown):
    """A radiograph in a view: at first in its standard orientation, fitted, in the file's own window."""

    def __init__(
        self, radiograph: Radiograph, renderer: FrameRenderer, view_size: QSizeF, screen: Screen | None
    ) -> None:
        super().__init__()
        self._radiograph = radiograph
        self.renderer = renderer
        self.grey_levels = GreyLevels(radiograph, screen)
        self.planes = tuple(PlaneImage(plane) for plane in radiograph.overlay_planes)
        self.outside_shutter: QPainterPath | None = None
        if radiograph.shutter is not None:
            self.outside_shutter = shutter_path(radiograph.shutter, radiograph.shape, self._pixel_aspect)
        self._history = ViewHistory()
        self._geometry = self._fitted(view_size, self._standard)
        self._is_fitted = True

    @property
    def radiograph(self) -> Radiograph:
        return self._radiograph

    @property
    def geometry(self) -> ViewGeometry:
        return self._geometry

    @property
    def is_fitted(self) -> bool:
        return self._is_fitted

    @property
    def orientation(self) -> Orientation:
        return self._geometry.orientation

    @property
    def can_turn(self) -> bool:
        metadata = self._radiograph.metadata
        # Without a transfer syntax the file is no DICOM file, and nothing says that its orientation is right.
        return metadata.modality in TURNABLE or not metadata.transfer_syntax

    @property
    def has_actual_size(self) -> bool:
        spacing = self._radiograph.metadata.spacing
        return spacing is not None and spacing.meaning is not SpacingMeaning.UNKNOWN

    @property
    def has_shutter(self) -> bool:
        return self.outside_shutter is not None

    @property
    def preset(self) -> WindowPreset:
        return self.grey_levels.preset

    @property
    def window(self) -> VoiWindow:
        return self.grey_levels.window

    @property
    def is_inverted(self) -> bool:
        return self.grey_levels.inverted

    @property
    def presets(self) -> tuple[WindowPreset, ...]:
        return self.grey_levels.presets

    def probe_at(self, view_point: QPointF) -> ProbeReading | None:
        on_image = self._geometry.to_image(view_point)
        return probe(self._radiograph, self.grey_levels.p_values, (on_image.x(), on_image.y()))

    # Place

    def fit(self) -> None:
        self._remember()
        self._fit(self.orientation)

    def actual_pixels(self, device_pixel_ratio: float) -> None:
        self._remember()
        self._place(replace(self._geometry, scale=1 / device_pixel_ratio))

    def actual_size(self, mm_per_px: float) -> None:
        spacing = self._radiograph.metadata.spacing
        if spacing is not None and self.has_actual_size:
            self._remember()
            scale = min(max(spacing.column_mm / mm_per_px, MIN_SCALE), MAX_SCALE)
            self._place(replace(self._geometry, scale=scale))

    def zoom(self, factor: float, view_point: QPointF | None = None) -> None:
        self._remember("zoom")
        view_size = self._geometry.view_size
        middle = QPointF(view_size.width() / 2, view_size.height() / 2)
        self._place(self._geometry.zoomed(factor, middle if view_point is None else view_point))

    def pan(self, view_offset: QPointF) -> None:
        self._remember("pan")
        self._place(self._geometry.panned(view_offset))

    def follow(self, geometry: ViewGeometry | None) -> None:
        if geometry is None:
            self._fit(self.orientation)
        else:
            self._place(geometry.resized(self._geometry.view_size))

    def turn(self, orientation: Orientation) -> None:
        if not self.can_turn:
            return
        self._remember()
        if self._is_fitted:
            self._fit(orientation)
        else:
            self._place(replace(self._geometry, orientation=orientation))

    def resize(self, view_size: QSizeF) -> None:
        if self._is_fitted:
            self._place(self._fitted(view_size, self.orientation), is_fitted=True)
        else:
            self._place(self._geometry.resized(view_size))

    @property
    def _standard(self) -> Orientation:
        """The orientation the file states, which holds even where turning is not allowed."""
        return Orientation.standard(self._radiograph.metadata.patient_orientation)

    @property
    def _pixel_aspect(self) -> float:
        spacing = self._radiograph.metadata.spacing
        return spacing.row_mm / spacing.column_mm if spacing is not None else 1.0

    def _fitted(self, view_size: QSizeF, orientation: Orientation) -> ViewGeometry:
        height, width = self._radiograph.shape
        return ViewGeometry.fitted(QSizeF(width, height), self._pixel_aspect, view_size, orientation)

    def _fit(self, orientation: Orientation) -> None:
        self._place(self._fitted(self._geometry.view_size, orientation), is_fitted=True)

    def _place(self, geometry: ViewGeometry, *, is_fitted: bool = False) -> None:
        self._geometry, self._is_fitted = geometry, is_fitted
        self.placed.emit(geometry)

    # Grey levels

    def use_preset(self, number: int) -> None:
        if 0 <= number < len(self.presets):
            self._remember()
            self._use(self.presets[number])

    def set_voi(self, voi: Voi) -> None:
        self._remember("voi")
        self._use(WindowPreset("", voi))

    def drag_window(self, offset: QPointF, pace: float, way: WindowDrag) -> None:
        self._remember("window")
        self._use(self.grey_levels.dragged(offset.x(), offset.y(), pace, way))

    def invert(self) -> None:
        self._remember()
        self._use(self.preset, inverted=not self.is_inverted)

    def show_on(self, screen: Screen | None) -> None:
        self.grey_levels.show_on(screen)

    def _use(self, preset: WindowPreset, *, inverted: bool | None = None) -> None:
        self.grey_levels.use(preset, inverted=self.is_inverted if inverted is None else inverted)
        self.window_changed.emit(self.window)

    # ViewHistory

    def previous_state(self) -> None:
        state = self._history.pop(self._state)
        if state is None:
            return
        self._use(state.preset, inverted=state.inverted)
        if state.is_fitted:
            self._fit(state.geometry.orientation)
        else:
            self._place(state.geometry.resized(self._geometry.view_size))

    def reset(self) -> None:
        self._remember()
        self._use(default_preset(self._radiograph), inverted=False)
        self._fit(self._standard)

    def end_series(self) -> None:
        self._history.end_series()

    @property
    def _state(self) -> ViewState:
        return ViewState(self.preset, self.is_inverted, self._geometry, self._is_fitted)

    def _remember(self, series: str = "") -> None:
        self._history.remember(self._state, series)
