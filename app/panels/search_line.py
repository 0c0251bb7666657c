"""A search field that waits for a pause in typing."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QWidget


class SearchLine(QLineEdit):
    """Asks for the search after a pause in typing, or at once by Enter."""

    search_requested = Signal(str)
    """The text to search for; empty for everything."""

    def __init__(self, pause_ms: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setClearButtonEnabled(True)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(pause_ms)
        self._pause.timeout.connect(self._request)
        self.textChanged.connect(lambda text: self._pause.start())
        self.returnPressed.connect(self._request)

    def _request(self) -> None:
        self._pause.stop()
        self.search_requested.emit(self.text())
