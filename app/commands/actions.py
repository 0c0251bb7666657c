"""The Qt actions of a window, made from the table of actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app.commands.action_table import MODES, ActionSpec
from app.commands.keys import Keys
from app.look.icons import action_icon
from app.look.theme import Colours
from bsnet_core.language import translate as _


class Actions:
    """The window's actions by name; their keys follow `Keys`, their icons the theme.

    An action that nobody has connected yet is in no menu and takes no key.

    Args:
        specs: What to make, in the order of the menus.
        keys: The keys of each of them.
        colours: Colours of the icons.
        window: Where the keys work.
    """

    def __init__(self, specs: tuple[ActionSpec, ...], keys: Keys, colours: Colours, window: QWidget) -> None:
        self.specs = specs
        self._keys = keys
        self._of_name = {spec.name: QAction(spec.text, window) for spec in specs}
        self._spec_of_name = {spec.name: spec for spec in specs}
        self._tips = {spec.name: spec.tip for spec in specs}
        self._modes = QActionGroup(window)
        for name, action in self._of_name.items():
            spec = self._spec_of_name[name]
            action.setObjectName(name)
            action.setCheckable(spec.checkable)
            action.setVisible(False)
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            if spec.group == MODES:
                self._modes.addAction(action)
            window.addAction(action)
            self._show_keys(name)
        self.paint_icons(colours)
        keys.changed.connect(self._show_keys)

    def __getitem__(self, name: str) -> QAction:
        return self._of_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of_name)

    def connect(self, name: str, slot: Callable[[], object]) -> None:
        """Gives an action something to do, which puts it into its menu."""
        self._of_name[name].triggered.connect(lambda checked: slot())
        self._of_name[name].setVisible(True)

    def connect_switch(self, name: str, slot: Callable[[bool], object], *, checked: bool) -> None:
        """Gives a checkable action its state, and something to do whenever that changes."""
        action = self._of_name[name]
        action.setChecked(checked)
        action.toggled.connect(slot)
        action.setVisible(True)

    def stand_for(self, name: str, other: QAction) -> None:
        """Lets an action trigger another that was made elsewhere, such as those of an undo stack.

        Menu, icon and keys are those of the table; enabled and checked follow the other action. The other action loses
        its own keys: Qt triggers neither of two actions with one key.
        """
        action = self._of_name[name]
        other.setShortcuts([])
        action.setEnabled(other.isEnabled())
        other.enabledChanged.connect(action.setEnabled)
        if action.isCheckable():
            action.setChecked(other.isChecked())
            other.toggled.connect(action.setChecked)
            action.toggled.connect(other.setChecked)
        else:
            action.triggered.connect(lambda checked: other.trigger())
        action.setVisible(True)

    @property
    def connected(self) -> dict[str, QAction]:
        """The actions that do something."""
        return {name: action for name, action in self._of_name.items() if action.isVisible()}

    def set_text(self, name: str, text: str, tip: str) -> None:
        """Changes an action's text and tip, for instance a preset's to the window it sets on this image."""
        self._of_name[name].setText(text)
        self._tips[name] = tip
        self._show_keys(name)

    def allow(self, name: str, allowed: bool, why_not: str) -> None:
        """Enables or disables an action; while it is disabled its tip says why."""
        self._of_name[name].setEnabled(allowed)
        self._tips[name] = self._spec_of_name[name].tip if allowed else why_not
        self._show_keys(name)

    def allow_group(self, group: str, allowed: bool) -> None:
        """Enables or disables a whole group, such as the presets while the digits enter scores."""
        for name, spec in self._spec_of_name.items():
            if spec.group == group:
                self._of_name[name].setEnabled(allowed)

    def paint_icons(self, colours: Colours) -> None:
        """Draws all icons in the colours of a theme."""
        for name, spec in self._spec_of_name.items():
            if spec.icon:
                self._of_name[name].setIcon(action_icon(spec.icon, colours))

    def _show_keys(self, name: str) -> None:
        action, tip = self._of_name[name], self._tips[name]
        sequences = [QKeySequence(key, QKeySequence.SequenceFormat.PortableText) for key in self._keys.of(name)]
        action.setShortcuts(sequences)
        action.setStatusTip(tip)
        if sequences:
            shown = sequences[0].toString(QKeySequence.SequenceFormat.NativeText)
            tip = _("{tip} ({key})").format(tip=tip, key=shown)
        action.setToolTip(tip)
