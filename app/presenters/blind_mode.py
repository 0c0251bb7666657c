"""Switching blind reading on and off: asks once before predictions are revealed, which cannot be undone."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.commands.actions import Actions
from app.look.messages import MessageBar, Severity
from app.session.session import Session
from app.settings.settings import Settings
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count

HIDDEN_OVERLAYS = ("lungs", "lung_fill", "scores", "explanation")
"""Overlays that show nothing but what the network found; the grid stays, in its usual place."""


class BlindMode(QObject):
    """Connects the session's blind mode with its action, its setting and the switches of the overlays."""

    def __init__(
        self, session: Session, settings: Settings, actions: Actions, messages: MessageBar, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._settings, self._actions = session, settings, actions
        self._messages, self._window = messages, window
        self._question: QMessageBox | None = None
        self._kept: bool | None = None
        session.blind = settings.blind
        actions.connect_switch("blind_mode", self._switch, checked=session.blind)
        session.blind_changed.connect(lambda on: self._show_state())
        settings.changed.connect(self._follow_setting)

    @property
    def question(self) -> QMessageBox | None:
        """The question on the screen."""
        return self._question

    def keep(self, on: bool) -> None:
        """Switches blind reading on or off as a reading list requests, and keeps it so until the window is closed."""
        self._kept = on  # before: the preference is not the list's to change
        self._switch(on)
        waits_for_answer = self._session.blind != on
        self._actions.allow("blind_mode", waits_for_answer, _("The reading list says whether you read blind"))

    def release(self) -> None:
        """Leaves blind reading to the preference again."""
        self._kept = None
        self._actions.allow("blind_mode", True, "")
        self._switch(self._settings.blind)
        self._show_state()

    def follow_image(self) -> None:
        """Disables the overlays of the current image that are hidden."""
        image = self._session.current
        may_show = image is None or self._session.prediction_is_visible(image.key)
        for name in HIDDEN_OVERLAYS:
            if self._actions[name].isEnabled() != may_show:
                self._actions.allow(name, may_show, _("Hidden until your own score is saved (blind reading)"))

    def _switch(self, on: bool) -> None:
        if on == self._session.blind:
            return
        if self._kept is not None and on != self._kept:
            self._show_state()
            self._messages.show_message(Severity.INFO, _("The reading list says whether you read blind."))
            return
        at_stake = 0 if on else self._count_at_stake()
        if at_stake:
            self._show_state()  # blind reading stays on until the question is answered
            self._ask(at_stake)
        else:
            self._session.blind = on

    def _count_at_stake(self) -> int:
        visibility = self._session.visibility
        return sum(visibility.ends_blindness_of(image) for image in self._session.images)

    def _follow_setting(self, name: str) -> None:
        if name == "blind":
            self._switch(self._settings.blind)

    def _show_state(self) -> None:
        self._actions["blind_mode"].setChecked(self._session.blind)
        if self._kept is None and self._settings.blind != self._session.blind:
            self._settings.blind = self._session.blind

    def _ask(self, count: int) -> None:
        if self._question is not None:
            return
        box = self._question = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(_("Blind reading"))
        box.setText(_("End blind reading and show the predictions?"))
        box.setInformativeText(
            translate_count(
                "You have not saved a reading of {count} open image. What you have entered stays, but your reading of "
                "it will not be recorded as blind, even if you hide the prediction again. This cannot be undone.",
                "You have not saved readings of {count} open images. What you have entered stays, but your readings "
                "of them will not be recorded as blind, even if you hide the predictions again. This cannot be undone.",
                count,
            ).format(count=count)
        )
        reveal = box.addButton(_("Show predictions"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(_("Keep reading blind"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        reveal.clicked.connect(self._reveal)
        box.finished.connect(self._close_question)
        box.open()

    def _reveal(self) -> None:
        self._session.blind = False
        text = _("Blind reading has ended. Readings of the images that were hidden are not recorded as blind.")
        self._messages.show_message(Severity.INFO, text)

    def _close_question(self) -> None:
        self._question = None
