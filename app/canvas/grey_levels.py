"""The greys of one radiograph: the window in use, which way round, and the tables that show it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.canvas.modes import WindowDrag
from bsnet_core.display import WindowPreset, default_preset, display_table, modality_range, presets, window_of
from bsnet_core.gsdf import Screen
from bsnet_core.radiograph import Radiograph, VoiFunction, VoiWindow

WINDOW_PER_PX = 1 / 600
"""Share of the picture's value range per pixel of a drag."""


class GreyLevels:
    """From stored values to what is seen on a screen."""

    def __init__(self, radiograph: Radiograph, screen: Screen | None = None) -> None:
        """Begins with the file's own window.

        Args:
            radiograph: Whose greys they are.
            screen: Of known luminance, for greys by the Grayscale Standard Display Function; None for plain ones.
        """
        self._radiograph, self._screen = radiograph, screen
        low, high = modality_range(radiograph)
        self._value_range = max(high - low, 1e-6)
        self._presets: tuple[WindowPreset, ...] | None = None
        self._p_values: npt.NDArray[np.uint8] | None = None
        self.use(default_preset(radiograph), inverted=False)

    def use(self, preset: WindowPreset, *, inverted: bool) -> None:
        """Another window or VOI LUT, with its name, and whether the user turned the greys around."""
        self._preset, self._inverted = preset, inverted
        self._make_tables()

    def show_on(self, screen: Screen | None) -> None:
        """The same greys on another screen."""
        self._screen = screen
        self._make_tables()

    @property
    def preset(self) -> WindowPreset:
        """The window or VOI LUT in use; without a name once it was changed by hand."""
        return self._preset

    @property
    def inverted(self) -> bool:
        """Whether the user turned the greys around."""
        return self._inverted

    @property
    def table(self) -> npt.NDArray[np.uint8]:
        """A grey of the screen for every stored value."""
        return self._table

    @property
    def p_values(self) -> npt.NDArray[np.uint8]:
        """A grey that belongs to no one screen (DICOM PS3.14 P-Value, of 0 to 255) for every stored value."""
        # Wanted seldom where a screen has greys of its own, and never while its window is dragged.
        if self._p_values is None:
            self._p_values = display_table(self._radiograph, self._preset.voi, inverted=self._inverted)
        return self._p_values

    @property
    def window(self) -> VoiWindow:
        """The window in use, in modality values; of a VOI LUT the one over its input."""
        return window_of(self._radiograph, self._preset.voi)

    @property
    def presets(self) -> tuple[WindowPreset, ...]:
        """Under the digits: 0 automatic, then the file's own, then useful ones for a chest."""
        if self._presets is None:
            self._presets = presets(self._radiograph)
        return self._presets

    def dragged(self, right_px: float, down_px: float, pace: float, way: WindowDrag) -> WindowPreset:
        """The window after a drag over the picture.

        Args:
            right_px: Of the drag, in view pixels; to the right the window gets wider.
            down_px: Of the drag, in view pixels; moves the centre.
            pace: How many times as far as usual.
            way: Which way down moves the centre.
        """
        window = self.window
        step = self._value_range * WINDOW_PER_PX * pace
        # Where high values are bright, a lower centre is brighter.
        upwards = -1.0
        if way is not WindowDrag.IHE_BIR and self._radiograph.shown_inverted != self._inverted:
            upwards = 1.0
        if way is WindowDrag.UP_IS_DARKER:
            upwards = -upwards
        function = VoiFunction.LINEAR_EXACT if window.function is VoiFunction.LINEAR else window.function
        centre = window.centre + upwards * -down_px * step
        return WindowPreset("", VoiWindow(centre, max(window.width + right_px * step, step), function))

    def _make_tables(self) -> None:
        voi, screen = self._preset.voi, self._screen
        self._table = display_table(self._radiograph, voi, inverted=self._inverted, screen=screen)
        self._p_values = self._table if screen is None else None
