"""Asks for the password of an encrypted archive, and again if it was wrong, without blocking the window."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QInputDialog, QLineEdit, QWidget

from app.background.image_loader import ImageLoader
from app.look.messages import MessageBar, Severity
from bsnet_core.errors import BSNetError, PasswordNeededError
from bsnet_core.language import translate as _


class ArchivePassword(QObject):
    """Asks one question at a time, for each archive that could not be opened without a password."""

    def __init__(self, loader: ImageLoader, messages: MessageBar, window: QWidget) -> None:
        super().__init__(window)
        self._loader, self._messages, self._window = loader, messages, window
        self._waiting: deque[PasswordNeededError] = deque()
        self._dialog: QInputDialog | None = None
        loader.failed.connect(self._follow_failure)

    @property
    def dialog(self) -> QInputDialog | None:
        """The question on the screen."""
        return self._dialog

    def _follow_failure(self, name: str, error: BSNetError) -> None:
        if isinstance(error, PasswordNeededError):
            self._waiting.append(error)
            self._ask_next()

    def _ask_next(self) -> None:
        if self._dialog is not None or not self._waiting:
            return
        error = self._waiting.popleft()
        dialog = self._dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setInputMode(QInputDialog.InputMode.TextInput)
        dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
        dialog.setWindowTitle(_("Password of {archive}").format(archive=error.archive.name))
        dialog.setLabelText(f"{error.archive.name}: {error}\n" + _("Password:"))
        dialog.setOkButtonText(_("Open"))
        dialog.setCancelButtonText(_("Cancel"))
        dialog.textValueSelected.connect(lambda password: self._open(error, password))
        dialog.rejected.connect(lambda: self._give_up(error))
        dialog.finished.connect(lambda result: self._close())
        dialog.open()

    def _open(self, error: PasswordNeededError, password: str) -> None:
        self._messages.hide()
        self._loader.open([error.archive], password)

    def _give_up(self, error: PasswordNeededError) -> None:
        text = _("{archive} was not opened: it needs a password.").format(archive=error.archive.name)
        self._messages.show_message(Severity.WARNING, text)

    def _close(self) -> None:
        self._dialog = None
        self._ask_next()
