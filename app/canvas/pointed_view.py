"""The view under the pointer has the keys that act on an image while they are held, wherever the focus is.

What was used last decides: the pointer, until Tab moves the focus; Space then presses the control that Tab has reached.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from app.canvas.image_view import ImageView

HELD = Qt.Key.Key_Space
BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class PointedView(QObject):
    """Follows the pointer over the views of a window, and gives Space to the one under it.

    A text field keeps its keys, until the pointer goes from a text that was typed to the image: the typing has ended,
    and the image takes the focus.
    """

    def __init__(self, views: Iterable[ImageView], parent: QObject) -> None:
        super().__init__(parent)
        self._under: ImageView | None = None
        self._tab_was_last = False
        self._is_held = False
        for view in views:
            view.entered.connect(self._enter)
            view.left.connect(self._leave)
            view.pointer_moved.connect(self._move)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Takes Space from the focus; installed only while the pointer is over a view, or Space is held."""
        if isinstance(event, QFocusEvent) and event.type() is QEvent.Type.FocusIn and event.reason() in BY_TAB:
            self._tab_was_last = True
        elif event.type() is QEvent.Type.ApplicationDeactivate:
            self._release()
        elif isinstance(event, QKeyEvent) and isinstance(watched, QWidget) and event.key() == HELD:
            return self._take(event)
        return False

    def _take(self, event: QKeyEvent) -> bool:
        if self._is_held:
            if event.type() is QEvent.Type.KeyRelease and not event.isAutoRepeat():
                self._release()
            return True
        view, focus = self._under, QApplication.focusWidget()
        if view is None or self._tab_was_last or event.type() is not QEvent.Type.KeyPress or event.modifiers():
            return False
        if QApplication.activePopupWidget() is not None or _takes_text(focus):
            return False
        if focus is not None and focus.window() is not view.window():
            return False
        self._is_held = view.press_key(event)
        return self._is_held

    def _release(self) -> None:
        self._is_held = False
        if self._under is not None:
            self._under.release_held_keys()
        self._follow()

    def _enter(self, view: ImageView) -> None:
        if self._is_held:
            self._release()
        self._under, self._tab_was_last = view, False
        self._follow()
        focus = QApplication.focusWidget()
        if isinstance(focus, QLineEdit) and focus.isModified() and focus.window() is view.window():
            focus.setModified(False)
            view.setFocus(Qt.FocusReason.MouseFocusReason)

    def _leave(self, view: ImageView) -> None:
        if view is self._under:
            if self._is_held:
                self._release()
            self._under = None
            self._follow()

    def _move(self, x: float, y: float) -> None:
        self._tab_was_last = False

    def _follow(self) -> None:
        application = QCoreApplication.instance()
        if application is not None:
            application.removeEventFilter(self)  # a second time would be called twice
            if self._under is not None:
                application.installEventFilter(self)


def _takes_text(widget: QWidget | None) -> bool:
    """Whether a space typed into a widget is text."""
    return isinstance(widget, (QLineEdit, QTextEdit, QPlainTextEdit)) and not widget.isReadOnly()
