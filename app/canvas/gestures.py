"""Mouse and keys on a view: drags, wheel, arrows, the pointer that keys move, and what is held."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from app.canvas.annotation_editor import CLICK_PX, AnnotationEditor
from app.canvas.geometry import ViewGeometry
from app.canvas.measuring import Point
from app.canvas.modes import DRAG_OF_BUTTON, DRAG_OF_MODE, Drag, ViewMode, WindowDrag
from app.canvas.probe import ProbeReading
from app.canvas.shown_image import NothingShown

WHEEL_FACTOR = 1.15
DRAG_ZOOM_PER_PX = 0.006
FINE, COARSE = 0.2, 5.0
"""With Ctrl a drag changes the window by a fifth, with Ctrl and Shift by five times as much."""
ARROW_PAN_PX = 40.0
POINTER_STEP_PX, POINTER_FINE_STEP_PX = 10.0, 1.0
ARROWS = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}


class GestureView(Protocol):
    """The part of the view that the gestures need."""

    @property
    def shown(self) -> NothingShown:
        """The image in the view, or nothing."""

    @property
    def mode(self) -> ViewMode:
        """The effect of the left button."""

    @property
    def window_drag(self) -> WindowDrag:
        """The direction in which a drag changes the window."""

    @property
    def annotations_visible(self) -> bool:
        """Whether annotations are drawn and can be taken hold of."""

    @property
    def is_original(self) -> bool:
        """Whether every overlay and annotation is hidden."""

    def set_original(self, original: bool) -> None:
        """Hides every overlay and annotation, or shows them again."""

    def set_annotations_shown(self, shown: bool) -> None:
        """Draws annotations or hides them."""


class Gestures(QObject):
    """Turns events into changes of the image and its annotations. In an empty view they do nothing."""

    pointer_moved = Signal(float, float)
    """x and y in image pixels."""
    probed = Signal(object)
    """A `ProbeReading`, or None where the pointer is not over the image."""
    clicked = Signal(float, float)
    """x and y in image pixels of a left click that neither dragged nor measured."""
    menu_requested = Signal(QPointF)
    """Place in view units of a right click that did not drag."""
    changed = Signal()
    """The pointer's marks are to be painted again."""

    def __init__(self, view: GestureView, editor: AnnotationEditor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._editor = view, editor
        self._drag: tuple[Drag, QPointF] | None = None
        self._pressed: QPointF | None = None
        self._pressed_right: QPointF | None = None
        self._pointer: QPointF | None = None
        self._pointer_by_keys = False
        self._lens_held = False
        self._original_before: bool | None = None

    @property
    def lens(self) -> QPointF | None:
        """The magnifier's middle in view units; None where there is none."""
        return self._pointer if self._view.mode is ViewMode.LENS or self._lens_held else None

    @property
    def cross(self) -> QPointF | None:
        """The place in view units of the pointer that keys move; None while the mouse moves it."""
        return self._pointer if self._pointer_by_keys else None

    @property
    def probe(self) -> ProbeReading | None:
        """The pixel under the pointer, in the mode that shows its values."""
        if self._view.mode is not ViewMode.PROBE or self._pointer is None:
            return None
        return self._view.shown.probe_at(self._pointer)

    def stop(self) -> None:
        """Ends what has been begun."""
        self._drag = self._pressed = None
        self._editor.stop()
        self._view.shown.end_series()

    def hide_cross(self) -> None:
        """Gives the pointer back to the mouse."""
        self._pointer_by_keys = False

    # Mouse

    def press(self, event: QMouseEvent) -> None:
        """Starts a drag, or draws."""
        geometry = self._view.shown.geometry
        if geometry is None:
            return
        self._view.shown.end_series()
        self.hide_cross()
        place = event.position()
        if event.button() in DRAG_OF_BUTTON:
            self._drag = (DRAG_OF_BUTTON[event.button()], place)
            self._pressed_right = place if event.button() is Qt.MouseButton.RightButton else None
        elif event.button() is Qt.MouseButton.LeftButton:
            kind = self._left_drag(place, geometry)
            self._drag = (kind, place) if kind is not None else None
            is_of_image = not self._editor.is_moving and not self._view.mode.is_measuring
            self._pressed = place if is_of_image else None

    def _left_drag(self, place: QPointF, geometry: ViewGeometry) -> Drag | None:
        if self._editor.grab(place, geometry.to_view if self._view.annotations_visible else None):
            return Drag.GRIP
        if self._view.mode.is_measuring:
            self._begin_measurement(place, geometry)
            return Drag.DRAW
        return DRAG_OF_MODE.get(self._view.mode)

    def move(self, event: QMouseEvent) -> None:
        """Continues a drag and reports the pointer's position."""
        if self._view.shown.geometry is None:
            return
        self.hide_cross()
        if self._drag is not None:
            kind, before = self._drag
            if self._pressed_right is not None and not _is_click(self._pressed_right, event.position()):
                self._pressed_right = None  # also where the drag comes back to its start
            self._drag = (kind, event.position())
            self._continue(kind, event.position() - before, event)
        self._move_pointer(event.position())

    def _continue(self, kind: Drag, offset: QPointF, event: QMouseEvent) -> None:
        shown = self._view.shown
        if kind is Drag.WINDOW:
            shown.drag_window(offset, _pace(event.modifiers()), self._view.window_drag)
        elif kind is Drag.PAN:
            shown.pan(offset)
        elif kind is Drag.ZOOM:
            share = offset.y() * DRAG_ZOOM_PER_PX
            shown.zoom(1 - share if share < 0 else 1 / (1 + share))
        elif kind is Drag.GRIP and shown.geometry is not None:
            self._editor.drag(event.position(), shown.geometry.to_view.inverted()[0])

    def release(self, event: QMouseEvent) -> None:
        """Ends a drag."""
        geometry = self._view.shown.geometry
        kind = self._drag[0] if self._drag is not None else None
        pressed, self._pressed, self._drag = self._pressed, None, None
        if geometry is None:
            return
        if pressed is not None and _is_click(pressed, event.position()):
            self.clicked.emit(*_image_point(geometry, event.position()))
        self._view.shown.end_series()
        if kind is Drag.DRAW:
            self._continue_measurement(event.position(), geometry)
        elif kind is Drag.GRIP:
            self._editor.drop()
        pressed_right, self._pressed_right = self._pressed_right, None
        if pressed_right is not None and event.button() is Qt.MouseButton.RightButton:
            self.menu_requested.emit(event.position())

    def double_click(self, event: QMouseEvent) -> None:
        """Fits the image; while measuring, this is the second of two clicks."""
        if self._view.mode.is_measuring:
            self.press(event)
        else:
            self._view.shown.fit()

    def wheel(self, event: QWheelEvent) -> None:
        """Zooms at the pointer."""
        self._view.shown.zoom(WHEEL_FACTOR ** (event.angleDelta().y() / 120), event.position())

    def leave(self) -> None:
        """Forgets the pointer, which has left the view."""
        self._pointer = None
        self.probed.emit(None)
        self.changed.emit()

    def _move_pointer(self, view_point: QPointF) -> None:
        geometry = self._view.shown.geometry
        if geometry is None:
            return
        self._pointer = view_point
        point = _image_point(geometry, view_point)
        self.pointer_moved.emit(*point)
        self.probed.emit(self._view.shown.probe_at(view_point))
        self._editor.follow(point)
        if self._view.mode.has_pointer or self._lens_held:
            self.changed.emit()

    def _begin_measurement(self, view_point: QPointF, geometry: ViewGeometry) -> None:
        self._editor.begin(self._view.mode, _image_point(geometry, view_point))

    def _continue_measurement(self, view_point: QPointF, geometry: ViewGeometry) -> None:
        point = _image_point(geometry, view_point)
        if self._editor.set_point(self._view.mode, view_point, geometry.to_view, point):
            self._view.set_annotations_shown(True)

    # Keys

    def press_key(self, event: QKeyEvent) -> bool:
        """Handles arrows, Delete and Return; while held, M is the magnifier and Space hides what is drawn.

        Returns:
            Whether the key means something here.
        """
        key, geometry = Qt.Key(event.key()), self._view.shown.geometry
        if geometry is None:
            return False
        if key in ARROWS:
            is_fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._follow_arrow(ARROWS[key], geometry, is_fine=is_fine)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._editor.selected is not None:
            self._editor.delete_selected()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._view.mode.is_measuring:
            self._set_point_by_key(geometry)
        elif key == Qt.Key.Key_M and not event.modifiers():
            self._lens_held = True
            self.changed.emit()
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._original_before = self._view.is_original
            self._view.set_original(True)
        else:
            return False
        return True

    def release_key(self, event: QKeyEvent) -> bool:
        """Ends what a key does while it is held; whether the key means something here."""
        if event.isAutoRepeat():
            return True
        if Qt.Key(event.key()) not in (Qt.Key.Key_M, Qt.Key.Key_Space):
            return False
        self.release_held_keys()
        return True

    def release_held_keys(self) -> None:
        """Ends magnifier and hiding; also where a key is released elsewhere."""
        if self._lens_held:
            self._lens_held = False
            self.changed.emit()
        if self._original_before is not None:
            self._view.set_original(self._original_before)
            self._original_before = None

    def _follow_arrow(self, direction: QPointF, geometry: ViewGeometry, *, is_fine: bool) -> None:
        step = direction * (POINTER_FINE_STEP_PX if is_fine else POINTER_STEP_PX)
        if self._editor.selected is not None and not self._editor.is_drawing:
            shift = geometry.to_image(step) - geometry.to_image(QPointF(0, 0))
            self._editor.shift_selected(shift.x(), shift.y())
        elif self._view.mode.has_pointer:
            place, size = self._pointer_or_middle(geometry) + step, geometry.view_size
            self._pointer_by_keys = True
            self._move_pointer(QPointF(min(max(place.x(), 0.0), size.width()), min(max(place.y(), 0.0), size.height())))
        else:
            self._view.shown.pan(direction * -(POINTER_FINE_STEP_PX if is_fine else ARROW_PAN_PX))

    def _set_point_by_key(self, geometry: ViewGeometry) -> None:
        place = self._pointer_or_middle(geometry)
        self._pointer_by_keys = True
        if self._editor.is_drawing:
            self._continue_measurement(place, geometry)
        else:
            self._begin_measurement(place, geometry)

    def _pointer_or_middle(self, geometry: ViewGeometry) -> QPointF:
        if self._pointer is not None:
            return self._pointer
        return QPointF(geometry.view_size.width() / 2, geometry.view_size.height() / 2)


def _pace(held: Qt.KeyboardModifier) -> float:
    """The factor on a drag's change of the window while these keys are held."""
    if not held & Qt.KeyboardModifier.ControlModifier:
        return 1.0
    return COARSE if held & Qt.KeyboardModifier.ShiftModifier else FINE


def _is_click(pressed: QPointF, released: QPointF) -> bool:
    """Whether a button was released where it was pressed."""
    return (released - pressed).manhattanLength() < CLICK_PX


def _image_point(geometry: ViewGeometry, view_point: QPointF) -> Point:
    on_image = geometry.to_image(view_point)
    return on_image.x(), on_image.y()
