"""The states of the view before each change, so that a key brings the previous one back."""

from __future__ import annotations

from dataclasses import dataclass

from app.canvas.geometry import ViewGeometry
from bsnet_core.display import WindowPreset

KEPT_STATES = 100


@dataclass(frozen=True, slots=True)
class ViewState:
    """Window, zoom, pan and turning at one moment.

    Attributes:
        preset: The window in use with its name.
        inverted: Whether the user turned the greys around.
        geometry: Where the picture lay.
        fits: Whether it was fitted, and is to be fitted again in a view of another size.
    """

    preset: WindowPreset
    inverted: bool
    geometry: ViewGeometry
    fits: bool


class ViewHistory:
    """A stack; changes that go on, as turns of the wheel do, count as one."""

    def __init__(self) -> None:
        self._states: list[ViewState] = []
        self._going_on = ""

    def remember(self, state: ViewState, going_on: str = "") -> None:
        """Keeps the state before a change.

        Args:
            state: As it still is.
            going_on: Names a change that is made of many steps; its further steps are not kept.
        """
        if going_on and going_on == self._going_on:
            return
        self._going_on = going_on
        if not self._states or self._states[-1] != state:
            self._states.append(state)
            del self._states[:-KEPT_STATES]

    def take_back(self, now: ViewState) -> ViewState | None:
        """The last state that differs from `now`; None where there is none."""
        self._going_on = ""
        while self._states:
            state = self._states.pop()
            if state != now:
                return state
        return None

    def end_step(self) -> None:
        """The next change is a new one."""
        self._going_on = ""

    def clear(self) -> None:
        """Another picture: nothing to go back to."""
        self._states.clear()
        self._going_on = ""
