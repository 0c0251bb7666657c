"""Place of the window and its panes, kept as they change: a program that is killed has kept them, too."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.look.arrangement import Arrangement
from app.look.screens import screen_layout
from app.settings.settings import Settings
from app.settings.window_layouts import WindowLayouts

KEPT_AFTER_MS = 400
"""A drag changes a width a hundred times a second; only where it rests is written to the file."""
CHANGES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.WindowStateChange)


class KeptLayout(QObject):
    """Keeps a window's geometry and pane widths, for each layout of screens, and folds the panes that were folded.

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
        panes.fold_at_start((settings.left_folded, settings.right_folded))
        panes.splitterMoved.connect(lambda place, index: self._rest.start())
        for pane in (panes.left, panes.right):
            pane.folded_changed.connect(lambda folded: self._rest.start())

    def keep(self) -> None:
        """Writes geometry and widths to the settings file now."""
        self._rest.stop()
        if not self._window.isVisible():
            return  # never laid out, or closing: its widths mean nothing
        geometry, is_portrait = self._window.saveGeometry(), self._panes.is_portrait
        WindowLayouts(self._settings).keep(screen_layout(), geometry, self._panes.pane_sizes, portrait=is_portrait)
        self._settings.left_folded, self._settings.right_folded = self._panes.folded
        self._settings.save()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Waits for the window to rest after each change."""
        if watched is self._window and event.type() in CHANGES:
            self._rest.start()
        return super().eventFilter(watched, event)
