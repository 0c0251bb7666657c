"""Typed settings kept between sessions. No patient data is ever kept here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from app.paths import config_dir

OVERLAYS = ("lungs", "zones", "explanation")
DEFAULT_OPACITY = {"lungs": 60, "zones": 90, "explanation": 70}


class Settings:
    """The viewer's preferences in one ini file, readable by its owner only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path if path is not None else config_dir() / "settings.ini"
        self._store = QSettings(str(self._path), QSettings.Format.IniFormat)

    def overlay_shown(self, name: str) -> bool:
        """Whether an overlay is switched on."""
        return bool(self._store.value(f"overlays/{name}/shown", True, type=bool))

    def set_overlay_shown(self, name: str, shown: bool) -> None:
        """Keeps an overlay's switch."""
        self._store.setValue(f"overlays/{name}/shown", shown)

    def overlay_opacity(self, name: str) -> int:
        """An overlay's opacity in percent."""
        value = int(self._store.value(f"overlays/{name}/opacity", DEFAULT_OPACITY[name], type=int))  # type: ignore[call-overload]
        return min(max(value, 0), 100)

    def set_overlay_opacity(self, name: str, percent: int) -> None:
        """Keeps an overlay's opacity."""
        self._store.setValue(f"overlays/{name}/opacity", percent)

    @property
    def geometry(self) -> QByteArray:
        """Where the window stood; empty at first."""
        value = self._store.value("window/geometry", QByteArray())
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("window/geometry", value)

    def save(self) -> None:
        """Writes the file now and takes others' access away."""
        self._store.sync()
        if self._path.exists():
            self._path.chmod(0o600)
