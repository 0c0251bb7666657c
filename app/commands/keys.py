"""The keys of the actions: the defaults, the user's choices, and conflicts between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from app.settings.settings import Settings
from bsnet_core.language import translate as _

SCORE_KEYS = ("0", "1", "2", "3", "9")
"""Keys that score a zone, or call it not assessable, in the scoring mode; else only window presets may have them."""
NAVIGATION_KEYS = ("Tab", "Shift+Tab", "Backtab", "Shift+Backtab", "Return", "Enter", "Space", "Alt+F4")
"""Keys that move between controls and operate them; no action may have them."""
PRESET_PREFIX = "preset_"


class Keys(QObject):
    """Keys by action name, in Qt's portable notation; no key ever belongs to two actions.

    Args:
        defaults: Default keys by action name.
        texts: Names of the actions as people see them, by action name.
        settings: Where the user's choices are kept.
        parent: Qt's parent.
    """

    changed = Signal(str)
    """Name of an action that has other keys now."""

    def __init__(
        self,
        defaults: Mapping[str, tuple[str, ...]],
        texts: Mapping[str, str],
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._defaults = {name: tuple(map(normal, keys)) for name, keys in defaults.items()}
        self._texts = dict(texts)
        self._settings = settings
        self._keys: dict[str, tuple[str, ...]] = {}
        self._take_from_settings()

    @property
    def names(self) -> tuple[str, ...]:
        """All actions, in their order."""
        return tuple(self._defaults)

    def of(self, name: str) -> tuple[str, ...]:
        """An action's current keys, the one shown in menus first."""
        return self._keys[name]

    def default_of(self, name: str) -> tuple[str, ...]:
        """An action's default keys."""
        return self._defaults[name]

    def text_of(self, name: str) -> str:
        """An action's name as people see it."""
        return self._texts[name]

    def is_changed(self, name: str) -> bool:
        """Whether the user gave the action other keys."""
        return self._keys[name] != self._defaults[name]

    def owner_of(self, key: str) -> str | None:
        """The action that has a key."""
        return next((name for name, keys in self._keys.items() if normal(key) in keys), None)

    def objection(self, name: str, key: str) -> str:
        """The reason why an action cannot have a key, as a sentence; empty if it can."""
        reserved = _reservation(name, normal(key))
        owner = self.owner_of(key)
        if reserved or owner is None or owner == name:
            return reserved
        shown = native(normal(key))
        return _("{key} is already the key of “{action}”.").format(key=shown, action=self._texts[owner])

    def can_take_over(self, name: str, key: str) -> bool:
        """Whether only another action's use prevents an action from having a key."""
        return self.owner_of(key) not in (None, name) and not _reservation(name, normal(key))

    def choose(self, name: str, keys: Iterable[str]) -> None:
        """Gives an action other keys and keeps them.

        Raises:
            ValueError: `objection` names a reason against one of them.
        """
        requested = tuple(dict.fromkeys(map(normal, keys)))
        for key in requested:
            objection = self.objection(name, key)
            if objection:
                raise ValueError(objection)
        self._set(name, requested)

    def take_over(self, name: str, key: str, place: int = 0) -> None:
        """Gives an action a key, and takes it from the action that has it now.

        Args:
            name: The action.
            key: The key.
            place: Which of the action's keys it replaces: 0 the first, 1 the second; its other keys stay.

        Raises:
            ValueError: there is another reason against it.
        """
        owner = self.owner_of(key)
        if owner is not None and self.can_take_over(name, key):
            self._set(owner, tuple(kept for kept in self._keys[owner] if kept != normal(key)))
        kept = self._keys[name]
        self.choose(name, (*kept[:place], key, *kept[place + 1 :]))

    def reset(self, name: str) -> None:
        """Gives an action its default keys back; other actions lose them."""
        for key in self._defaults[name]:
            owner = self.owner_of(key)
            if owner is not None and owner != name:
                self._set(owner, tuple(kept for kept in self._keys[owner] if kept != key))
        self._set(name, self._defaults[name])

    def reset_all(self) -> None:
        """Gives every action its default keys back."""
        for name in self._defaults:
            self._settings.choose_keys(name, None)
        self._keys = dict(self._defaults)
        for name in self._defaults:
            self.changed.emit(name)

    def _set(self, name: str, keys: tuple[str, ...]) -> None:
        self._keys[name] = keys
        self._settings.choose_keys(name, None if keys == self._defaults[name] else keys)
        self.changed.emit(name)

    def _take_from_settings(self) -> None:
        """Takes the user's keys first, so that default keys of a newer version give way to them."""
        chosen = {name: self._settings.chosen_keys(name) for name in self._defaults}
        taken: set[str] = set()
        for name, keys in chosen.items():
            if keys is not None:
                self._keys[name] = self._free(name, keys, taken)
        for name in self._defaults:
            if chosen[name] is None:
                self._keys[name] = self._free(name, self._defaults[name], taken)
        self._keys = {name: self._keys[name] for name in self._defaults}

    def _free(self, name: str, keys: Iterable[str], taken: set[str]) -> tuple[str, ...]:
        free = tuple(
            key for key in dict.fromkeys(map(normal, keys)) if key not in taken and not _reservation(name, key)
        )
        taken.update(free)
        return free


def normal(key: str) -> str:
    """A key in Qt's portable spelling; empty if the text is not a single key."""
    portable = QKeySequence.SequenceFormat.PortableText
    sequence = QKeySequence.fromString(key, portable)
    return sequence.toString(portable) if sequence.count() == 1 else ""


def native(key: str) -> str:
    """A key in this system's spelling."""
    portable, shown = QKeySequence.SequenceFormat.PortableText, QKeySequence.SequenceFormat.NativeText
    return QKeySequence.fromString(key, portable).toString(shown)


def _reservation(name: str, key: str) -> str:
    """The reason why an action can never have a key (as given by `normal`); empty if it can."""
    if not key:
        return _("This is not a single key.")
    if key in NAVIGATION_KEYS:
        return _("{key} moves between controls or operates them, so no action can have it.").format(key=native(key))
    if key in SCORE_KEYS and not name.startswith(PRESET_PREFIX):
        return _("{key} enters a score in the scoring mode, so only a window preset can have it.").format(
            key=native(key)
        )
    return ""
