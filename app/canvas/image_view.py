"""The image as the reader handles it: by mouse and keys, in modes, with measurements."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.canvas.annotation_editor import AnnotationEditor
from app.canvas.annotations import Annotations, AnnotationStore, key_of
from app.canvas.drawing.frame import FrameRenderer
from app.canvas.gestures import Gestures
from app.canvas.image_display import ImageDisplay
from app.canvas.modes import ViewMode, WindowDrag
from app.canvas.overlays.stack import OverlayState
from app.canvas.scene import Scene
from app.canvas.shown_image import ShownImage
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph

__all__ = ["ImageView", "OverlayState", "ViewMode"]


class ImageView(ImageDisplay):
    """One radiograph. The left button does what the mode says; the middle one pans; right drag and wheel zoom."""

    mode_changed = Signal(object)
    """The `ViewMode`."""
    annotations_shown_changed = Signal(bool)
    entered = Signal(object)
    """This view, when the pointer comes over it."""
    left = Signal(object)
    """This view, when the pointer leaves it."""
    pointer_moved = Signal(float, float)
    """x and y in image pixels."""
    clicked = Signal(float, float)
    """x and y in image pixels of a left click that neither dragged nor measured."""
    menu_requested = Signal(QPoint)
    """Place on the screen where a context menu is to open."""
    probed = Signal(object)
    """A `ProbeReading`, or None where the pointer is not over the image."""

    def __init__(self, parent: QWidget | None = None, store: AnnotationStore | None = None) -> None:
        """Args: store: Annotations of all radiographs, shared by several views; None for a store of its own."""
        super().__init__(parent)
        self.setAccessibleDescription(
            _("Left drag: window. Middle drag or arrow keys: pan. Right drag or wheel: zoom. Right click: menu.")
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.annotations = Annotations(store if store is not None else AnnotationStore(self), self)
        self._mode = ViewMode.WINDOW
        self._window_drag = WindowDrag.DEFAULT
        self._annotations_shown = True
        self._editor = AnnotationEditor(self.annotations, self)
        self._editor.changed.connect(self.update)
        self._gestures = Gestures(self, self._editor, self)
        self._gestures.changed.connect(self.update)
        self._gestures.pointer_moved.connect(self.pointer_moved)
        self._gestures.clicked.connect(self.clicked)
        self._gestures.probed.connect(self.probed)
        self._gestures.menu_requested.connect(lambda place: self.menu_requested.emit(self.mapToGlobal(place.toPoint())))

    def show_radiograph(self, radiograph: Radiograph, renderer: FrameRenderer) -> None:
        """Shows a radiograph with its annotations."""
        self._gestures.stop()
        self._editor.forget_descriptions()
        self.annotations.show(key_of(radiograph))
        super().show_radiograph(radiograph, renderer)

    def show_message(self, text: str) -> None:
        """Shows a sentence instead of an image."""
        self._gestures.stop()
        self.annotations.show("")
        super().show_message(text)

    def reset(self) -> None:
        """Ends a measurement that was begun; otherwise restores the view as the file was opened."""
        if self._editor.is_drawing:
            self._gestures.stop()
            self.update()
        else:
            super().reset()

    # Modes

    @property
    def mode(self) -> ViewMode:
        """The effect of the left button."""
        return self._mode

    def set_mode(self, mode: ViewMode) -> None:
        """Chooses the effect of the left button."""
        if mode is not self._mode:
            self._gestures.stop()
            self._gestures.hide_cross()
            self._mode = mode
            self.setCursor(mode.cursor)
            self.update()
            self.mode_changed.emit(mode)

    @property
    def window_drag(self) -> WindowDrag:
        """The direction in which a drag changes the window."""
        return self._window_drag

    def set_window_drag(self, way: str) -> None:
        """Sets the direction in which a drag changes the window: the value of a `WindowDrag`."""
        self._window_drag = WindowDrag(way)

    # Annotations

    @property
    def annotations_shown(self) -> bool:
        """Whether measurements are switched on."""
        return self._annotations_shown

    @property
    def annotations_visible(self) -> bool:
        """Whether measurements are drawn: switched on, and not hidden with everything else."""
        return self._annotations_shown and not self.is_original

    def set_annotations_shown(self, shown: bool) -> None:
        """Draws measurements or hides them."""
        if shown != self._annotations_shown:
            self._annotations_shown = shown
            if not shown:
                self._editor.clear_selection()
            self.update()
            self.annotations_shown_changed.emit(shown)

    @property
    def selected_annotation(self) -> int | None:
        """The number of the annotation that keys act upon."""
        return self._editor.selected

    def select_next_annotation(self) -> None:
        """Selects one after the other, then none; shows them if they were hidden."""
        self.set_annotations_shown(True)
        self._editor.select_next()

    def delete_annotation(self) -> None:
        """Deletes the selected annotation."""
        self._editor.delete_selected()

    def press_key(self, event: QKeyEvent) -> bool:
        """Handles a key as if the view had the focus; whether the key means something here."""
        return self._gestures.press_key(event)

    def release_held_keys(self) -> None:
        """Ends what a key does while it is held."""
        self._gestures.release_held_keys()

    # Qt events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._gestures.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._gestures.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._gestures.double_click(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # Of the mouse, the gestures tell a click from a drag.
        event.accept()
        if event.reason() is not QContextMenuEvent.Reason.Mouse:
            self.menu_requested.emit(self.mapToGlobal(self.rect().center()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._gestures.wheel(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.entered.emit(self)

    def leaveEvent(self, event: QEvent) -> None:
        self._gestures.leave()
        self.left.emit(self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._gestures.release_held_keys()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.press_key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._gestures.release_key(event):
            super().keyReleaseEvent(event)

    # Painting

    def _scene(self, shown: ShownImage, ratio: float) -> Scene:
        scene, probe = super()._scene(shown, ratio), self._gestures.probe
        return replace(
            scene,
            corners=replace(scene.corners, probe=probe.text if probe is not None else ""),
            annotations=tuple(self._editor.drawn_annotations(shown.radiograph)) if self.annotations_visible else (),
            lens=self._gestures.lens,
            cross=self._gestures.cross,
        )
