"""The grey levels of one radiograph: the window in use, inverted or not, and the tables that show it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.canvas.modes import WindowDrag
from bsnet_core.display import WindowPreset, default_preset, display_table, modality_range, presets, window_of
from bsnet_core.gsdf import Screen
from bsnet_core.radiograph import Radiograph, VoiFunction, VoiWindow

WINDOW_PER_PX = 1 / 600
"""Share of the image's value range per pixel of a drag."""


class GreyLevels:
    """Maps stored values to grey levels of a screen."""

    def __init__(self, radiograph: Radiograph, screen: Screen | None = None) -> None:
        """Starts with the file's own window.

        Args:
            radiograph: The radiograph.
            screen: A screen of known luminance, for the Grayscale Standard Display Function; None for plain levels.
        """
        self._radiograph, self._screen = radiograph, screen
        low, high = modality_range(radiograph)
        self._value_range = max(high - low, 1e-6)
        self._presets: tuple[WindowPreset, ...] | None = None
        self._p_values: npt.NDArray[np.uint8] | None = None
        self.use(default_preset(radiograph), inverted=False)

    def use(self, preset: WindowPreset, *, inverted: bool) -> None:
        """Changes window or VOI LUT and its name, and whether the grey levels are inverted."""
        self._preset, self._inverted = preset, inverted
        self._make_tables()

    def show_on(self, screen: Screen | None) -> None:
        """Changes the screen."""
        self._screen = screen
        self._make_tables()

    @property
    def preset(self) -> WindowPreset:
        """The window or VOI LUT in use; without a name once it was changed by hand."""
        return self._preset

    @property
    def inverted(self) -> bool:
        """Whether the user inverted the grey levels."""
        return self._inverted

    @property
    def table(self) -> npt.NDArray[np.uint8]:
        """(65536,) uint8: the screen's grey level of every code."""
        return self._table

    @property
    def p_values(self) -> npt.NDArray[np.uint8]:
        """(65536,) uint8: the grey level of every code independent of any screen (DICOM PS3.14 P-Value, 0 to 255)."""
        # Seldom needed where the screen has a table of its own, and never while the window is dragged.
        if self._p_values is None:
            self._p_values = display_table(self._radiograph, self._preset.voi, inverted=self._inverted)
        return self._p_values

    @property
    def window(self) -> VoiWindow:
        """The window in use, in modality values; for a VOI LUT the range of its input."""
        return window_of(self._radiograph, self._preset.voi)

    @property
    def presets(self) -> tuple[WindowPreset, ...]:
        """The presets under the digit keys: 0 automatic, then the file's own, then useful ones for a chest."""
        if self._presets is None:
            self._presets = presets(self._radiograph)
        return self._presets

    def dragged(self, right_px: float, down_px: float, pace: float, way: WindowDrag) -> WindowPreset:
        """The window after a drag over the image.

        Args:
            right_px: Horizontal part of the drag, in view pixels; to the right widens the window.
            down_px: Vertical part of the drag, in view pixels; moves the centre.
            pace: Factor on the usual change.
            way: The direction in which down moves the centre.
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
