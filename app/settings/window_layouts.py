"""Place of the window and sizes of its panes, for each layout of screens."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray

from app.settings.settings import Settings, decode_bytes, decode_widths


class WindowLayouts:
    """The entries of the settings file for each layout of screens, which has its name from `screens.screen_layout`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def geometry_on(self, layout: str) -> QByteArray:
        """The window's place and size on these screens, or on the last ones if it was never on these."""
        return self._settings.stored(f"layouts/{layout}/geometry", self._settings.geometry, decode_bytes)

    def pane_widths_on(self, layout: str) -> tuple[int, ...]:
        """The panes' widths on these screens, or on the last ones; empty until they are first kept."""
        return self._settings.stored(f"layouts/{layout}/pane_widths", self._settings.pane_widths, decode_widths)

    def portrait_sizes_on(self, layout: str) -> tuple[int, ...]:
        """The panes' sizes on these screens while they are below the image; empty until they are first kept."""
        return self._settings.stored(f"layouts/{layout}/portrait_sizes", (), decode_widths)

    def keep(self, layout: str, geometry: QByteArray, pane_sizes: tuple[int, ...], *, portrait: bool = False) -> None:
        """Keeps place and sizes, for these screens and for others without their own.

        Args:
            layout: Name of the layout of screens.
            geometry: From `saveGeometry`.
            pane_sizes: Sizes of the three panes in logical pixels.
            portrait: Whether they are below the image.
        """
        self._settings.geometry = geometry
        self._store(f"layouts/{layout}/geometry", geometry)
        if not portrait:
            self._settings.pane_widths = pane_sizes
        name = "portrait_sizes" if portrait else "pane_widths"
        self._store(f"layouts/{layout}/{name}", ",".join(map(str, pane_sizes)))

    def _store(self, key: str, value: Any) -> None:
        self._settings.store("layouts", key, value)
