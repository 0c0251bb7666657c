"""The picture as the reader handles it: window, zoom, pan and turning, measuring, what is hidden; `scene` paints it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.canvas.annotations import Annotations, AnnotationStore, key_of
from app.canvas.corners import Around
from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.lettering import INK
from app.canvas.drawing.orientation import Orientation
from app.canvas.geometry import MAX_SCALE, MIN_SCALE, ViewGeometry
from app.canvas.grey_levels import GreyLevels
from app.canvas.measuring import Point
from app.canvas.measuring_hand import CLICK_PX, MeasuringHand
from app.canvas.modes import DRAG_OF_BUTTON, DRAG_OF_MODE, CornerTexts, Drag, ViewMode, WindowDrag
from app.canvas.overlays import dicom_overlays
from app.canvas.overlays.stack import OverlayState
from app.canvas.probe import ProbeReading, probe
from app.canvas.scene import BACKGROUND, Scene, ScenePainter
from app.canvas.view_history import History, ViewState
from bsnet_core.display import Voi, WindowPreset, default_preset
from bsnet_core.gsdf import Screen
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph, SpacingMeaning, VoiWindow

__all__ = ["ImageView", "OverlayState", "ViewMode"]

WHEEL_FACTOR = 1.15
DRAG_ZOOM_PER_PX = 0.006
FINE, COARSE = 0.2, 5.0
"""With Ctrl a drag moves the window a fifth as far, with Ctrl and Shift five times as far."""
STANDSTILL_MS = 120
"""From this time without moving or zooming on the overlays are drawn sharp."""
ARROW_PAN_PX = 40.0
POINTER_STEP_PX, POINTER_FINE_STEP_PX = 10.0, 1.0
TURNABLE = frozenset({"CR", "DX"})
"""Modalities of the DICOM files that may be turned and flipped, as IHE Basic Image Review has it."""
ARROWS = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}


class ImageView(QWidget):
    """Shows one radiograph. The left button does what the mode says; middle: pan; right or wheel: zoom."""

    window_changed = Signal(object)
    """The window in use, a `VoiWindow` in modality values."""
    geometry_changed = Signal(object)
    """The `ViewGeometry`, after zoom, pan, turning or another size."""
    mode_changed = Signal(object)
    """The `ViewMode`."""
    pointer_moved = Signal(float, float)
    """x and y in image pixels."""
    clicked = Signal(float, float)
    """x and y in image pixels of a left click that neither dragged nor measured."""
    probed = Signal(object)
    """A `ProbeReading`, or None where the pointer is not over the picture."""
    original_changed = Signal(bool)
    corner_texts_changed = Signal(object)
    annotations_shown_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None, store: AnnotationStore | None = None) -> None:
        """Args: store: Of the annotations of all radiographs, which several pictures have in common; an own if None."""
        super().__init__(parent)
        self.setAccessibleName(_("Radiograph"))
        self.setAccessibleDescription(
            _("Left drag: window and level. Middle drag or arrow keys: pan. Right drag or wheel: zoom.")
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 320)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # every frame covers all of it
        self.annotations = Annotations(store if store is not None else AnnotationStore(self), self)
        self._hand = MeasuringHand(self.annotations, self)
        self._hand.changed.connect(self.update)
        self._radiograph: Radiograph | None = None
        self._renderer: FrameRenderer | None = None
        self._scene_painter = ScenePainter()
        self._moving = self._without_screen = False
        self._standstill = QTimer(self, singleShot=True, interval=STANDSTILL_MS)
        self._standstill.timeout.connect(self._come_to_rest)
        self._geometry: ViewGeometry | None = None
        self._grey_levels: GreyLevels | None = None
        self._screen: Screen | None = None
        self._outside_shutter: QPainterPath | None = None
        self._planes: tuple[dicom_overlays.PlaneImage, ...] = ()
        self._overlays = OverlayState({}, {})
        self._message = _("Open a chest radiograph: Ctrl+O, or drop a file here.")
        self._fits = True
        self._history = History()
        self._mode = ViewMode.WINDOW
        self._window_drag = WindowDrag.DEFAULT
        self._drag: tuple[Drag, QPointF] | None = None
        self._pressed: QPointF | None = None
        self._pointer: QPointF | None = None
        self._pointer_by_keys = False
        self._lens_held = False
        self._original = False
        self._original_before: bool | None = None
        self._annotations_shown = True
        self._shutter_shown = True
        self._corner_texts = CornerTexts.FULL
        self._identity_hidden = False
        self._result_caption = ""

    # What is shown

    def show_radiograph(self, radiograph: Radiograph, renderer: FrameRenderer) -> None:
        """Shows a radiograph upright, fitted, in the file's own window."""
        self._stop_what_goes_on()
        self._radiograph, self._renderer = radiograph, renderer
        self._scene_painter.forget()
        self._grey_levels = GreyLevels(radiograph, self._screen)
        self._overlays = replace(self._overlays, lungs=None, frames=None, labels=None, explanation=None, own=None)
        self._planes = tuple(dicom_overlays.PlaneImage(plane) for plane in radiograph.overlay_planes)
        self._outside_shutter = None
        if radiograph.shutter is not None:
            shape = radiograph.shape
            self._outside_shutter = dicom_overlays.shutter_path(radiograph.shutter, shape, self._pixel_aspect)
        self._message, self._result_caption = "", ""
        self._geometry = None
        self._history.clear()
        self._hand.forget_descriptions()
        self.annotations.show(key_of(radiograph))
        self.window_changed.emit(self.voi_window)
        self._fit(self._standard)

    def show_message(self, text: str) -> None:
        """Shows a sentence instead of a picture."""
        self._stop_what_goes_on()
        self._radiograph = self._renderer = self._geometry = self._grey_levels = None
        self._scene_painter.forget()
        self._planes, self._outside_shutter = (), None
        self.annotations.show("")
        self._message = text
        self.update()

    def set_overlays(self, overlays: OverlayState) -> None:
        """Replaces what is drawn over the picture."""
        self._overlays = overlays
        self.update()

    def set_result_caption(self, text: str) -> None:
        """The name of the result, model and version, written top right while anything of it is shown."""
        self._result_caption = text
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
    def voi(self) -> Voi | None:
        """The window or VOI LUT in use; None without a picture."""
        return self._grey_levels.preset.voi if self._grey_levels is not None else None

    @property
    def voi_window(self) -> VoiWindow | None:
        """The window in use, in modality values."""
        return self._grey_levels.window if self._grey_levels is not None else None

    @property
    def preset_name(self) -> str:
        """The name of the preset in use; empty once the window was changed by hand."""
        return self._grey_levels.preset.name if self._grey_levels is not None else ""

    @property
    def is_inverted(self) -> bool:
        """Whether the user turned the greys around."""
        return self._grey_levels is not None and self._grey_levels.inverted

    # Zoom, pan and turning

    def fit(self) -> None:
        """The whole picture, as large as it goes."""
        if self._geometry is not None:
            self._remember()
            self._fit(self._geometry.orientation)

    def actual_pixels(self) -> None:
        """One image pixel per device pixel."""
        if self._geometry is not None:
            self._remember()
            self._place(replace(self._geometry, scale=1 / self.devicePixelRatioF()))

    @property
    def has_real_size(self) -> bool:
        """Whether the file says how large a pixel is."""
        spacing = self._radiograph.metadata.spacing if self._radiograph is not None else None
        return spacing is not None and spacing.meaning is not SpacingMeaning.UNKNOWN

    def real_size(self, mm_per_px: float) -> None:
        """A mm of the film, by what its file states, on a mm of the screen.

        Args:
            mm_per_px: Side of a logical pixel of the screen.
        """
        spacing = self._radiograph.metadata.spacing if self._radiograph is not None else None
        if self._geometry is not None and spacing is not None and self.has_real_size:
            self._remember()
            scale = min(max(spacing.column_mm / mm_per_px, MIN_SCALE), MAX_SCALE)
            self._place(replace(self._geometry, scale=scale))

    def zoom(self, factor: float, view_point: QPointF | None = None) -> None:
        """Zooms around a view point, the middle by default."""
        if self._geometry is not None:
            self._remember("zoom")
            self._place(self._geometry.zoomed(factor, view_point or self._middle))

    def pan(self, view_offset: QPointF) -> None:
        """Moves the picture."""
        if self._geometry is not None:
            self._remember("pan")
            self._place(self._geometry.panned(view_offset))

    def follow(self, geometry: ViewGeometry | None) -> None:
        """Zoom and pan as a linked view gives them, None for fitted; nothing that P would take back."""
        if self._geometry is None:
            return
        if geometry is None:
            self._fit(self._geometry.orientation)
        else:
            self._place(geometry.resized(QSizeF(self.size())))

    @property
    def can_turn(self) -> bool:
        """Whether this picture may be turned and flipped: CR, DX, and pictures that are no DICOM files."""
        if self._radiograph is None:
            return False
        metadata = self._radiograph.metadata
        return metadata.modality in TURNABLE or not metadata.transfer_syntax

    @property
    def orientation(self) -> Orientation:
        """How the picture is turned."""
        return self._geometry.orientation if self._geometry is not None else Orientation()

    def rotate(self, quarter_turns: int) -> None:
        """Turns the picture clockwise by quarter turns."""
        self._turn(self.orientation.turned(quarter_turns))

    def flip_horizontally(self) -> None:
        """Exchanges left and right of the screen; the letters of the sides go with the picture."""
        self._turn(self.orientation.flipped_horizontally())

    def flip_vertically(self) -> None:
        """Exchanges top and bottom of the screen."""
        self._turn(self.orientation.flipped_vertically())

    def _turn(self, orientation: Orientation) -> None:
        if self._geometry is None or not self.can_turn:
            return
        self._remember()
        if self._fits:
            self._fit(orientation)
        else:
            self._place(replace(self._geometry, orientation=orientation))

    @property
    def _standard(self) -> Orientation:
        """As the file says that the patient lies in it, whoever may turn it from there."""
        if self._radiograph is None:
            return Orientation()
        return Orientation.standard(self._radiograph.metadata.patient_orientation)

    @property
    def _pixel_aspect(self) -> float:
        spacing = self._radiograph.metadata.spacing if self._radiograph is not None else None
        return spacing.row_mm / spacing.column_mm if spacing is not None else 1.0

    @property
    def _middle(self) -> QPointF:
        return QRectF(self.rect()).center()

    def _fit(self, orientation: Orientation) -> None:
        if self._radiograph is not None:
            height, width = self._radiograph.shape
            size = QSizeF(width, height)
            fitted = ViewGeometry.fitted(size, self._pixel_aspect, QSizeF(self.size()), orientation)
            self._place(fitted, fits=True)

    def _place(self, geometry: ViewGeometry, *, fits: bool = False) -> None:
        self._geometry, self._fits = geometry, fits
        self._moving = True
        self._standstill.start()
        self.update()
        self.geometry_changed.emit(geometry)

    def _come_to_rest(self) -> None:
        self._moving = False
        if not self._scene_painter.is_exact:
            self.update()

    @property
    def is_fitted(self) -> bool:
        """Whether the picture follows the size of the view."""
        return self._fits

    # Window

    def presets(self) -> tuple[WindowPreset, ...]:
        """Under the digits: 0 automatic, then the file's own, then useful ones for a chest; empty without a picture."""
        return self._grey_levels.presets if self._grey_levels is not None else ()

    def apply_preset(self, number: int) -> None:
        """Uses a preset; a number that there is none of changes nothing."""
        if 0 <= number < len(self.presets()):
            self._remember()
            self._use(self.presets()[number])

    def set_voi(self, voi: Voi) -> None:
        """Another window or VOI LUT."""
        if self._grey_levels is not None:
            self._remember("voi")
            self._use(WindowPreset("", voi))

    def invert(self) -> None:
        """Turns the greys around, or back."""
        if self._grey_levels is not None:
            self._remember()
            self._use(self._grey_levels.preset, inverted=not self._grey_levels.inverted)

    def set_window_drag(self, way: str) -> None:
        """Which way a drag turns the window: the value of a `WindowDrag`."""
        self._window_drag = WindowDrag(way)

    def set_screen(self, screen: Screen | None) -> None:
        """Greys by the Grayscale Standard Display Function for a screen of known luminance; None for plain ones."""
        if screen != self._screen:
            self._screen = screen
            if self._grey_levels is not None:
                self._grey_levels.show_on(screen)
            self.update()

    def _use(self, preset: WindowPreset, *, inverted: bool | None = None) -> None:
        if self._grey_levels is not None:
            self._grey_levels.use(preset, inverted=self._grey_levels.inverted if inverted is None else inverted)
            self.window_changed.emit(self._grey_levels.window)
            self.update()

    # Going back

    def previous_state(self) -> None:
        """Window, zoom, pan and turning as they were before the last change."""
        now = self._state
        state = self._history.take_back(now) if now is not None else None
        if state is None:
            return
        self._use(state.preset, inverted=state.inverted)
        if state.fits:
            self._fit(state.geometry.orientation)
        else:
            self._place(state.geometry.resized(QSizeF(self.size())))

    def reset(self) -> None:
        """Ends a drawing that was begun; else window, polarity, zoom and turning as the file was opened."""
        if self._hand.is_drawing:
            self._stop_what_goes_on()
            self.update()
        elif self._radiograph is not None:
            self._remember()
            self._use(default_preset(self._radiograph), inverted=False)
            self._fit(self._standard)

    @property
    def _state(self) -> ViewState | None:
        if self._geometry is None or self._grey_levels is None:
            return None
        return ViewState(self._grey_levels.preset, self._grey_levels.inverted, self._geometry, self._fits)

    def _remember(self, going_on: str = "") -> None:
        state = self._state
        if state is not None:
            self._history.remember(state, going_on)

    # What is written and hidden

    @property
    def corner_texts(self) -> CornerTexts:
        """How much is written into the corners."""
        return self._corner_texts

    def set_corner_texts(self, texts: CornerTexts) -> None:
        """How much is written into the corners."""
        self._corner_texts = texts
        self.update()
        self.corner_texts_changed.emit(texts)

    def cycle_corner_texts(self) -> None:
        """Full, minimal, none, and full again."""
        self.set_corner_texts(self._corner_texts.next)

    def set_identity_hidden(self, hidden: bool) -> None:
        """Leaves out who the patient is, dates and free texts."""
        self._identity_hidden = hidden
        self.update()

    @property
    def is_original(self) -> bool:
        """Whether every overlay and annotation is hidden."""
        return self._original

    def set_original(self, original: bool) -> None:
        """Hides every overlay and annotation at once, or shows again what was shown."""
        if original != self._original:
            self._original = original
            self.update()
            self.original_changed.emit(original)

    @property
    def annotations_shown(self) -> bool:
        """Whether measurements are drawn."""
        return self._annotations_shown

    def set_annotations_shown(self, shown: bool) -> None:
        """Draws measurements or hides them."""
        if shown != self._annotations_shown:
            self._annotations_shown = shown
            if not shown:
                self._hand.choose_none()
            self.update()
            self.annotations_shown_changed.emit(shown)

    @property
    def has_shutter(self) -> bool:
        """Whether the file leaves a part of its picture out."""
        return self._outside_shutter is not None

    def set_shutter_shown(self, shown: bool) -> None:
        """Blackens what the file's shutter covers, or shows the whole picture."""
        self._shutter_shown = shown
        self.update()

    # Modes and annotations

    @property
    def mode(self) -> ViewMode:
        """What the left button does."""
        return self._mode

    def set_mode(self, mode: ViewMode) -> None:
        """Chooses what the left button does."""
        if mode is not self._mode:
            self._stop_what_goes_on()
            self._mode = mode
            self._pointer_by_keys = False
            self.setCursor(mode.cursor)
            self.update()
            self.mode_changed.emit(mode)

    @property
    def selected_annotation(self) -> int | None:
        """Number of the annotation that keys act upon."""
        return self._hand.chosen

    def select_next_annotation(self) -> None:
        """Selects one after the other, then none; shows them if they were hidden."""
        self.set_annotations_shown(True)
        self._hand.choose_next()

    def delete_annotation(self) -> None:
        """Takes the selected annotation away."""
        self._hand.delete_chosen()

    def _stop_what_goes_on(self) -> None:
        self._drag = None
        self._hand.stop()
        self._history.end_step()

    @property
    def _annotations_visible(self) -> bool:
        return self._annotations_shown and not self._original

    # Pointer

    def probe_at(self, view_point: QPointF) -> ProbeReading | None:
        """The values of the pixel under a view point; None outside the picture."""
        if self._geometry is None or self._radiograph is None or self._grey_levels is None:
            return None
        return probe(self._radiograph, self._grey_levels.p_values, _point(self._geometry.to_image(view_point)))

    def _move_pointer(self, view_point: QPointF) -> None:
        if self._geometry is None:
            return
        self._pointer = view_point
        on_image = self._geometry.to_image(view_point)
        self.pointer_moved.emit(on_image.x(), on_image.y())
        self.probed.emit(self.probe_at(view_point))
        self._hand.follow(_point(on_image))
        if self._mode.has_pointer or self._lens_held:
            self.update()

    def _press_pointer(self, view_point: QPointF) -> None:
        if self._geometry is not None:
            self._hand.begin(self._mode, _point(self._geometry.to_image(view_point)))

    def _release_pointer(self, view_point: QPointF) -> None:
        if self._geometry is None:
            return
        on_image = _point(self._geometry.to_image(view_point))
        if self._hand.set_point(self._mode, view_point, self._geometry.to_view, on_image):
            self.set_annotations_shown(True)

    # Qt events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts a drag, or draws."""
        if self._geometry is None:
            return
        self._history.end_step()
        self._pointer_by_keys = False
        place = event.position()
        if event.button() in DRAG_OF_BUTTON:
            self._drag = (DRAG_OF_BUTTON[event.button()], place)
        elif event.button() is Qt.MouseButton.LeftButton:
            self._drag = self._left_drag(place)
            is_of_image = not self._hand.holds and not self._mode.is_measuring
            self._pressed = place if is_of_image else None

    def _left_drag(self, place: QPointF) -> tuple[Drag, QPointF] | None:
        is_there = self._geometry is not None and self._annotations_visible
        if self._hand.take_hold(place, self._geometry.to_view if is_there and self._geometry is not None else None):
            return Drag.GRIP, place
        if self._mode.is_measuring:
            self._press_pointer(place)
            return Drag.DRAW, place
        drag = DRAG_OF_MODE.get(self._mode)
        return (drag, place) if drag is not None else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with a drag; tells where the pointer is."""
        if self._geometry is None:
            return
        self._pointer_by_keys = False
        if self._drag is not None:
            kind, before = self._drag
            self._drag = (kind, event.position())
            self._go_on(kind, event.position() - before, event)
        self._move_pointer(event.position())

    def _go_on(self, kind: Drag, offset: QPointF, event: QMouseEvent) -> None:
        if kind is Drag.WINDOW:
            self._drag_window(offset, _pace(event.modifiers()))
        elif kind is Drag.PAN:
            self.pan(offset)
        elif kind is Drag.ZOOM:
            share = offset.y() * DRAG_ZOOM_PER_PX
            self.zoom(1 - share if share < 0 else 1 / (1 + share))
        elif kind is Drag.GRIP and self._geometry is not None:
            self._hand.drag(event.position(), self._geometry.to_view.inverted()[0])

    def _drag_window(self, offset: QPointF, pace: float) -> None:
        if self._grey_levels is not None:
            self._remember("window")
            self._use(self._grey_levels.dragged(offset.x(), offset.y(), pace, self._window_drag))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag."""
        kind = self._drag[0] if self._drag is not None else None
        pressed, self._pressed, self._drag = self._pressed, None, None
        if pressed is not None and (event.position() - pressed).manhattanLength() < CLICK_PX:
            self._tell_click(event.position())
        self._history.end_step()
        if kind is Drag.DRAW:
            self._release_pointer(event.position())
        elif kind is Drag.GRIP:
            self._hand.let_go()

    def _tell_click(self, view_point: QPointF) -> None:
        if self._geometry is not None:
            on_image = self._geometry.to_image(view_point)
            self.clicked.emit(on_image.x(), on_image.y())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fits the picture; while measuring it is two clicks."""
        if self._mode.is_measuring:
            self.mousePressEvent(event)
        else:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms at the pointer."""
        self.zoom(WHEEL_FACTOR ** (event.angleDelta().y() / 120), event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._pointer = None
        self.probed.emit(None)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys that were held are let go elsewhere."""
        super().focusOutEvent(event)
        self._let_go_of_held_keys()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Delete and Return; while held, M is the magnifier and Space shows the picture alone."""
        key = Qt.Key(event.key())
        if self._geometry is None:
            super().keyPressEvent(event)
        elif key in ARROWS:
            self._follow_arrow(ARROWS[key], fine=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._hand.chosen is not None:
            self.delete_annotation()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._mode.is_measuring:
            self._set_point_by_key()
        elif key == Qt.Key.Key_M and not event.modifiers():
            self._lens_held = True
            self.update()
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._original_before = self._original
            self.set_original(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Lets magnifier and original go."""
        if event.isAutoRepeat():
            return
        if Qt.Key(event.key()) in (Qt.Key.Key_M, Qt.Key.Key_Space):
            self._let_go_of_held_keys()
        else:
            super().keyReleaseEvent(event)

    def _let_go_of_held_keys(self) -> None:
        if self._lens_held:
            self._lens_held = False
            self.update()
        if self._original_before is not None:
            self.set_original(self._original_before)
            self._original_before = None

    def _follow_arrow(self, direction: QPointF, *, fine: bool) -> None:
        if self._geometry is None:
            return
        step = direction * (POINTER_FINE_STEP_PX if fine else POINTER_STEP_PX)
        if self._hand.chosen is not None and not self._hand.is_drawing:
            shift = self._geometry.to_image(step) - self._geometry.to_image(QPointF(0, 0))
            self._hand.shift_chosen(shift.x(), shift.y())
        elif self._mode.has_pointer:
            place = (self._pointer or self._middle) + step
            self._pointer_by_keys = True
            self._move_pointer(QPointF(min(max(place.x(), 0.0), self.width()), min(max(place.y(), 0.0), self.height())))
        else:
            self.pan(direction * -(POINTER_FINE_STEP_PX if fine else ARROW_PAN_PX))

    def _set_point_by_key(self) -> None:
        place = self._pointer or self._middle
        self._pointer_by_keys = True
        if self._hand.is_drawing:
            self._release_pointer(place)
        else:
            self._press_pointer(place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the picture fitted, or its middle where it was."""
        if self._geometry is None:
            return
        if self._fits:
            self._fit(self._geometry.orientation)
        else:
            self._place(self._geometry.resized(QSizeF(self.size())))

    # Painting

    def image_of_view(self, ratio: float = 1.0) -> QImage:
        """The view as it is on the screen, for a file or the clipboard, in greys that belong to no one screen.

        Args:
            ratio: Device pixels per view unit; 2 gives twice the detail, not larger texts.
        """
        image = QImage((QSizeF(self.size()) * ratio).toSize(), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        # With a painter of its own: what the screen has drawn so far stays, and nothing is drawn roughly.
        on_screen = self._scene_painter, self._moving
        self._scene_painter, self._moving, self._without_screen = ScenePainter(), False, True
        try:
            self.render(image)
        finally:
            self._scene_painter, self._moving = on_screen
            self._without_screen = False
        return image

    def paintEvent(self, event: QPaintEvent) -> None:
        """The scene, or a sentence in its place."""
        with QPainter(self) as painter:  # ended even where painting fails
            painter.setFont(self.font())
            painter.fillRect(self.rect(), BACKGROUND)
            scene = self._scene(painter.deviceTransform().m11())
            if scene is not None:
                self._scene_painter.paint(painter, QRectF(self.rect()), scene, self.font())
                return
            painter.setPen(INK)
            area = self.rect().adjusted(40, 40, -40, -40)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._message)

    def _scene(self, ratio: float) -> Scene | None:
        radiograph, renderer, grey_levels, geometry = (
            self._radiograph,
            self._renderer,
            self._grey_levels,
            self._geometry,
        )
        if radiograph is None or renderer is None or grey_levels is None or geometry is None:
            return None
        has_lens = self._mode is ViewMode.LENS or self._lens_held
        return Scene(
            renderer=renderer,
            table=grey_levels.p_values if self._without_screen else grey_levels.table,
            geometry=geometry,
            around=self._around(radiograph, geometry, ratio),
            outside_shutter=self._outside_shutter if self._shutter_shown else None,
            planes=self._planes,
            overlays=None if self._original else self._overlays,
            moving=self._moving,
            annotations=tuple(self._hand.drawn(radiograph)) if self._annotations_visible else (),
            lens=self._pointer if has_lens else None,
            cross=self._pointer if self._pointer_by_keys else None,
            has_focus=self.hasFocus(),
        )

    def _around(self, radiograph: Radiograph, geometry: ViewGeometry, ratio: float) -> Around:
        reading = None
        if self._mode is ViewMode.PROBE and self._pointer is not None:
            reading = self.probe_at(self._pointer)
        return Around(
            radiograph=radiograph,
            window=self.voi_window,
            preset=self.preset_name,
            zoom=geometry.scale * ratio,
            inverted=self.is_inverted,
            orientation=geometry.orientation,
            texts=self._corner_texts,
            identity_hidden=self._identity_hidden,
            result=self._result_caption if self._overlays.shows_result and not self._original else "",
            probe=reading.text if reading is not None else "",
        )


def _pace(held: Qt.KeyboardModifier) -> float:
    """How far a drag goes with these keys held."""
    if not held & Qt.KeyboardModifier.ControlModifier:
        return 1.0
    return COARSE if held & Qt.KeyboardModifier.ShiftModifier else FINE


def _point(point: QPointF) -> Point:
    return point.x(), point.y()
