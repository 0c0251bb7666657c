"""The action that takes images off the list of open images."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.commands.actions import Actions
from app.look.messages import MessageBar, Severity
from app.panels.images import ImagesPanel
from app.session.session import Session
from bsnet_core.language import translate as _


class ImageList(QObject):
    """Connects the action with the session and its list."""

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
        actions.connect("remove_image", self._remove_current)
        panel.offer_in_menu(actions["remove_image"])
        for changed in (session.current_changed, session.emptied):
            changed.connect(self._follow)
        self._follow()

    def _follow(self, *_unused: object) -> None:
        self._actions["remove_image"].setEnabled(self._session.current is not None)

    def _remove_current(self) -> None:
        image = self._session.current
        if image is None:
            return
        self._session.remove(image.key)
        said = _("{image} is no longer listed. Its file, readings and what you entered are kept.")
        self._messages.show_offer(
            Severity.INFO, said.format(image=image.title), _("Undo"), self._session.undo_stack.undo
        )
