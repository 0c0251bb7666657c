"""Place of the window and widths of its panes, kept as they change: a program that is killed has kept them, too."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.look.arrangement import Arrangement
from app.look.screens import screen_layout
from app.settings.settings import Settings

KEPT_AFTER_MS = 400
"""A drag changes a width a hundred times a second; only where it rests is written to the file."""
CHANGES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.WindowStateChange)


class KeptLayout(QObject):
    """Keeps a window's geometry and pane widths, for each layout of screens.

    Args:
        window: The window, whose events it follows; also Qt's parent.
        panes: Its panes.
        settings: Where they are kept.
    """

    def __init__(self, window: QWidget, panes: Arrangement, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._panes, self._settings = window, panes, settings
        self._rest = QTimer(self, singleShot=True, interval=KEPT_AFTER_MS)
        self._rest.timeout.connect(self.keep)
        window.installEventFilter(self)
        panes.splitterMoved.connect(lambda place, index: self._rest.start())

    def keep(self) -> None:
        """Writes geometry and widths to the settings file now."""
        self._rest.stop()
        if not self._window.isVisible():
            return  # never laid out, or closing: its widths mean nothing
        self._settings.keep_layout(screen_layout(), self._window.saveGeometry(), self._panes.pane_sizes)
        self._settings.save()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Waits for the window to rest after each change."""
        if watched is self._window and event.type() in CHANGES:
            self._rest.start()
        return super().eventFilter(watched, event)
