"""Messages to the user: bars inside the window, never a dialog."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.look.theme import set_look
from app.settings.settings import Settings
from bsnet_core.intended_use import intended_use
from bsnet_core.language import translate as _

SHOWN_AT_LEAST_MS, READ_WITHIN_MS = 6_000, 80
"""A note is shown for a time, and for so much longer per letter: slow readers read some 12 letters a second."""


class Severity(StrEnum):
    """Severity of a message; shown by a word, not by colour alone."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def word(self) -> str:
        """The word before the message."""
        return {Severity.INFO: _("Note"), Severity.WARNING: _("Warning"), Severity.ERROR: _("Error")}[self]


class MessageBar(QFrame):
    """Shows one message until it is dismissed or replaced, until the image it is about is left, or for some seconds.

    A note without an offer goes after the time that it takes to read it, but never while the pointer is over it.
    Warnings, errors and offers stay.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._label = _wrapped_label(_("Message"), self)
        self._act: Callable[[], object] | None = None
        self._image: int | None = None
        self._read = QTimer(self, singleShot=True)
        self._read.timeout.connect(self._go_when_read)
        self._offer = QPushButton(self)
        self._offer.setAccessibleName(_("Suggested action"))
        self._offer.setToolTip(_("Do what this message suggests"))
        self._offer.clicked.connect(self._take_offer)
        close = QToolButton(self)
        close.setText("×")
        close.setAutoRaise(True)
        close.setToolTip(_("Dismiss this message"))
        close.setAccessibleName(_("Dismiss message"))
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self._label, 1)
        layout.addWidget(self._offer)
        layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """The message shown; empty while hidden."""
        return "" if self.isHidden() else self._label.text()

    @property
    def offer(self) -> QPushButton:
        """The button of the suggested action; hidden if there is none."""
        return self._offer

    @property
    def is_about_to_go(self) -> bool:
        """Whether the message goes after some seconds."""
        return self._read.isActive()

    def show_message(self, severity: Severity, text: str, *, image: int | None = None) -> None:
        """Replaces the message; `image` is the key of the image that it is about, None if it is about none."""
        self._show(severity, text, "", None, image)

    def show_offer(
        self, severity: Severity, text: str, offer: str, act: Callable[[], object], *, image: int | None = None
    ) -> None:
        """Replaces the message, with a button named `offer` that hides the message and calls `act`."""
        self._show(severity, text, offer, act, image)

    def follow_image(self, key: int | None) -> None:
        """Hides a message about another image than the one that is shown now; None: none is shown."""
        if self._image is not None and self._image != key:
            self.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        """Forgets the message unless only the window is hidden."""
        super().hideEvent(event)
        if self.isHidden():
            self._read.stop()
            self._image = None

    def _go_when_read(self) -> None:
        if self.underMouse() or QApplication.mouseButtons():  # the image must not move under a drag
            self._read.start(SHOWN_AT_LEAST_MS)
        else:
            self.hide()

    def _show(
        self, severity: Severity, text: str, offer: str, act: Callable[[], object] | None, image: int | None
    ) -> None:
        self._image = image
        if severity is Severity.INFO and act is None:
            self._read.start(SHOWN_AT_LEAST_MS + READ_WITHIN_MS * len(text))
        else:
            self._read.stop()
        self._label.setText(_("{severity}: {text}").format(severity=severity.word, text=text))
        self._act = act
        self._offer.setText(offer)
        self._offer.setAccessibleName(offer or _("Suggested action"))
        self._offer.setVisible(act is not None)
        set_look(self, "severity", severity.value)
        self.show()

    def _take_offer(self) -> None:
        act, self._act = self._act, None
        self.hide()
        if act is not None:
            act()


class IntendedUseBar(QFrame):
    """Shows the intended use until it is dismissed for good; the window can be used meanwhile."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setProperty("role", "note")
        label = _wrapped_label(_("Intended use"), self)
        label.setText(intended_use())
        understood = QPushButton(_("Understood"), self)
        understood.setToolTip(_("Do not show this again"))
        understood.clicked.connect(self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(label, 1)
        layout.addWidget(understood)
        self.setVisible(not settings.has_seen_intended_use)

    def _dismiss(self) -> None:
        self._settings.has_seen_intended_use = True
        self.hide()


def _wrapped_label(name: str, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)  # names of files and lists are no markup
    label.setAccessibleName(name)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label
