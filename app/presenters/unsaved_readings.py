"""Readings that are not saved yet when the window is to close."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from app.library.keeper import Keeper
from app.look.messages import MessageBar, Severity
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count


class UnsavedReadings(QObject):
    """Keeps the window open while a reading is being saved; asks before readings that cannot be saved are lost."""

    def __init__(self, keeper: Keeper, messages: MessageBar, window: QWidget) -> None:
        super().__init__(window)
        self._keeper, self._messages, self._window = keeper, messages, window
        self._closes_when_saved = False
        self._may_be_lost = False
        keeper.kept.connect(lambda key, reading: self._close_when_saved())
        keeper.not_kept.connect(lambda key, reading, error: self._close_when_saved())

    def let_window_close(self) -> bool:
        """Whether the window may close now; if a reading is being saved, it is closed afterwards."""
        self._closes_when_saved = self._keeper.is_saving
        if self._closes_when_saved:
            self._messages.show_message(Severity.INFO, _("The window closes as soon as your score is saved."))
            return False
        return not self._keeper.unkept or self._may_be_lost or self._ask()

    def _close_when_saved(self) -> None:
        if self._closes_when_saved and not self._keeper.is_saving:
            self._closes_when_saved = False
            self._window.close()

    def _ask(self) -> bool:
        text = translate_count(
            "{count} reading has not been saved and will be lost when the window closes.",
            "{count} readings have not been saved and will be lost when the window closes.",
            len(self._keeper.unkept),
        ).format(count=len(self._keeper.unkept))
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.warning(
            self._window,
            _("Readings are not saved"),
            text + " " + _("Try to save again, close and lose them, or keep the window open?"),
            buttons.Retry | buttons.Discard | buttons.Cancel,
            buttons.Retry,
        )
        if answer == buttons.Retry:
            self._closes_when_saved = True
            self._keeper.try_again()
        self._may_be_lost = answer == buttons.Discard
        return self._may_be_lost
