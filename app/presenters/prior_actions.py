"""The actions around prior images of the same patient beside the current one."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.canvas.group import MOST_PRIORS, ViewGroup
from app.commands.actions import Actions
from app.look.messages import MessageBar, Severity
from app.presenters.prior_image import PriorImage
from app.settings.settings import Settings


class PriorActions(QObject):
    """Connects the actions with the prior images and the group of views, and allows what is possible."""

    def __init__(
        self,
        actions: Actions,
        prior: PriorImage,
        group: ViewGroup,
        settings: Settings,
        messages: MessageBar,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._prior, self._group, self._settings = actions, prior, group, settings
        group.set_current_side(settings.current_side)
        prior.show_at_most(MOST_PRIORS if settings.compares_four else 1)
        actions.connect_switch("compare_prior", prior.switch, checked=False)
        actions.connect_switch("compare_four", self._compare_four, checked=settings.compares_four)
        actions.connect("earlier_prior", lambda: prior.step(1))
        actions.connect("later_prior", lambda: prior.step(-1))
        actions.connect("other_picture", group.focus_other)
        actions.connect_switch("link_views", group.set_linked, checked=group.is_linked)
        group.linked_changed.connect(actions["link_views"].setChecked)
        group.prior_shown_changed.connect(self._follow_group)
        prior.none_found.connect(lambda text: messages.show_message(Severity.INFO, text))
        prior.choice_changed.connect(self._allow_steps)
        settings.changed.connect(self._follow_setting)
        self._follow_group(False)
        self._allow_steps()

    def _compare_four(self, on: bool) -> None:
        self._settings.compares_four = on
        self._prior.show_at_most(MOST_PRIORS if on else 1)
        if on:
            self._actions["compare_prior"].setChecked(True)

    def _follow_group(self, shown: bool) -> None:
        if not shown and not self._prior.is_on:
            self._actions["compare_prior"].setChecked(False)
        for name in ("link_views", "other_picture"):
            self._actions[name].setEnabled(shown)

    def _allow_steps(self) -> None:
        self._actions["earlier_prior"].setEnabled(self._prior.can_go_earlier)
        self._actions["later_prior"].setEnabled(self._prior.can_go_later)

    def _follow_setting(self, name: str) -> None:
        if name == "current_side":
            self._group.set_current_side(self._settings.current_side)
