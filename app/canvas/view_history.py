"""The states of the view before each change, so that a key restores the previous one."""

from __future__ import annotations

from dataclasses import dataclass

from app.canvas.geometry import ViewGeometry
from bsnet_core.display import WindowPreset

KEPT_STATES = 100


@dataclass(frozen=True, slots=True)
class ViewState:
    """Window, zoom, pan and orientation at one moment.

    Attributes:
        preset: The window in use with its name.
        inverted: Whether the user had inverted the grey levels.
        geometry: The image's place.
        is_fitted: Whether the image was fitted, and is to be fitted again in a view of another size.
    """

    preset: WindowPreset
    inverted: bool
    geometry: ViewGeometry
    is_fitted: bool


class ViewHistory:
    """A stack of states; a change of many steps, such as turning the wheel, counts as one."""

    def __init__(self) -> None:
        self._states: list[ViewState] = []
        self._series = ""

    def remember(self, state: ViewState, series: str = "") -> None:
        """Keeps the state before a change.

        Args:
            state: The state to keep.
            series: Name of a change of many steps; only the state before its first step is kept.
        """
        if series and series == self._series:
            return
        self._series = series
        if not self._states or self._states[-1] != state:
            self._states.append(state)
            del self._states[:-KEPT_STATES]

    def pop(self, now: ViewState) -> ViewState | None:
        """Removes and returns the last state that differs from `now`; None where there is none."""
        self._series = ""
        while self._states:
            state = self._states.pop()
            if state != now:
                return state
        return None

    def end_series(self) -> None:
        """Makes the next change a new one."""
        self._series = ""
