"""The actions on the list of open images: going through it, and taking images off it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.commands.actions import Actions
from app.look.messages import MessageBar, Severity
from app.panels.images import ImagesPanel
from app.session.session import Session
from bsnet_core.language import translate as _


class ImageList(QObject):
    """Connects the actions with the session and its list."""

    def __init__(
        self,
        actions: Actions,
        session: Session,
        panel: ImagesPanel,
        messages: MessageBar,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._session, self._messages = actions, session, messages
        actions.connect("previous", lambda: self._step(-1))
        actions.connect("next", lambda: self._step(1))
        actions.connect("next_unread", self._go_to_unread)
        actions.connect("remove_image", self._remove_current)
        panel.offer_in_menu(actions["remove_image"])
        for changed in (session.current_changed, session.emptied):
            changed.connect(self._follow)
        self._follow()

    def _follow(self, *_unused: object) -> None:
        self._actions["remove_image"].setEnabled(self._session.current is not None)

    def _step(self, offset: int) -> None:
        image = self._session.current
        key = None if image is None else self._session.beside(image.key, offset)
        if key is not None:
            self._session.select(key)

    def _go_to_unread(self) -> None:
        key = self._session.next_unread()
        if key is None:
            self._messages.show_message(Severity.INFO, _("You have read every open image."))
        else:
            self._session.select(key)

    def _remove_current(self) -> None:
        image = self._session.current
        if image is None:
            return
        self._session.remove(image.key)
        said = _("{image} is no longer listed. Its file, readings and what you entered are kept.")
        self._messages.show_offer(
            Severity.INFO, said.format(image=image.title), _("Undo"), self._session.undo_stack.undo
        )
