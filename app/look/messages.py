"""Messages to the user: bars inside the window, never a dialog."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.look.theme import set_look
from app.settings.settings import Settings
from bsnet_core.intended_use import intended_use
from bsnet_core.language import translate as _


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
    """Shows one message until it is dismissed or replaced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self._label = _wrapped_label(_("Message"), self)
        self._act: Callable[[], object] | None = None
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

    def show_message(self, severity: Severity, text: str) -> None:
        """Replaces the message."""
        self._show(severity, text, "", None)

    def show_offer(self, severity: Severity, text: str, offer: str, act: Callable[[], object]) -> None:
        """Replaces the message, with a button named `offer` that hides the message and calls `act`."""
        self._show(severity, text, offer, act)

    def _show(self, severity: Severity, text: str, offer: str, act: Callable[[], object] | None) -> None:
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
    label.setAccessibleName(name)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label
