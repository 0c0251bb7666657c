"""The actions that go from image to image: the one above, the one below, the next one to read."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.commands.actions import Actions
from app.look.messages import MessageBar, Severity
from app.session.session import Session
from app.session.worklist import Worklist
from bsnet_core.language import translate as _


class WorklistActions(QObject):
    """Connects the actions with the worklist."""

    def __init__(
        self, actions: Actions, session: Session, worklist: Worklist, messages: MessageBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._worklist, self._messages = session, worklist, messages
        actions.connect("previous", lambda: self._step(-1))
        actions.connect("next", lambda: self._step(1))
        actions.connect("next_unread", self.go_to_unread)

    def go_to_unread(self) -> None:
        """Shows the next image to read; where all are read, the next one of the list."""
        key = self._worklist.next_unread()
        if key is not None:
            self._session.select(key)
        elif self._session.current is not None and self._session.current.is_read_only:
            self._step(1)
        else:
            self._messages.show_message(Severity.INFO, _("You have read every open image."))

    def _step(self, offset: int) -> None:
        key = self._worklist.beside(offset)
        if key is not None:
            self._session.select(key)
