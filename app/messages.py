"""The only way to tell the user something: a bar inside the window, never a dialog."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget


class Severity(StrEnum):
    """How much a message matters; said in a word, not by colour alone."""

    INFO = "Note"
    WARNING = "Attention"
    ERROR = "Problem"


class MessageBar(QFrame):
    """Shows one message until it is dismissed or another comes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setAccessibleName("Message")
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        close = QToolButton(self)
        close.setText("×")
        close.setAutoRaise(True)
        close.setToolTip("Dismiss this message")
        close.setAccessibleName("Dismiss message")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self._label, 1)
        layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown; empty while hidden."""
        return "" if self.isHidden() else self._label.text()

    def show_message(self, severity: Severity, text: str) -> None:
        """Replaces the message."""
        self._label.setText(f"{severity.value}: {text}")
        self.setProperty("severity", severity.name.lower())
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
