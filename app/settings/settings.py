"""Typed settings kept between sessions in one ini file. What can name a patient is kept only where names are kept."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from app.canvas.modes import CornerTexts, CurrentSide, WindowDrag
from app.library.order import ListOrder
from app.report.paper import Paper
from app.settings.paths import config_dir
from bsnet_core.explanation import Mode
from bsnet_core.gsdf import Screen
from bsnet_core.language import SOURCE_LANGUAGE
from bsnet_core.language import translate as _

OVERLAYS = ("lungs", "lung_fill", "zones", "scores", "explanation", "planes")
"""Lung contour and fill, zone grid, the scores in it, explanation map, and what the file itself draws."""
DEFAULT_OPACITY = {"lungs": 60, "lung_fill": 25, "zones": 90, "scores": 90, "explanation": 70, "planes": 100}
HIDDEN_AT_FIRST = frozenset({"lung_fill", "explanation"})
KEPT_RECENT = 10
LONGEST_NAME = 100
PANES = 3
SCREEN_MINIMUM, SCREEN_MAXIMUM, SCREEN_AMBIENT = (0.05, 10.0), (50.0, 3500.0), (0.0, 20.0)
"""What can be stated of a screen in cd/m²; the Grayscale Standard Display Function has greys for all of it."""
LINE_LENGTHS_MM = (20.0, 300.0)
"""What a line of 300 pixels measures on the smallest and the largest pixels there are."""
KEY_SEPARATOR = " "
T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


class ThemeChoice(StrEnum):
    """Which colours the window wears."""

    DARK = "dark"
    LIGHT = "light"
    SYSTEM = "system"


class Device(StrEnum):
    """Where the network runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Setting(Generic[T]):
    """One typed value of the ini file, read and written like an attribute of `Settings`.

    Args:
        key: Its name in the file.
        default: What holds until something is chosen, and where the file's value makes no sense.
        read: Turns the file's value into a `T`; raises ValueError or TypeError where it cannot.
        write: Turns a `T` into what the file holds.
    """

    def __init__(self, key: str, default: T, read: Callable[[Any], T], write: Callable[[T], Any]) -> None:
        self.key = key
        self.default = default
        self._read = read
        self._write = write
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, settings: None, owner: type) -> Setting[T]: ...
    @overload
    def __get__(self, settings: Settings, owner: type) -> T: ...
    def __get__(self, settings: Settings | None, owner: type) -> Setting[T] | T:
        if settings is None:
            return self
        return settings.stored(self.key, self.default, self._read)

    def __set__(self, settings: Settings, value: T) -> None:
        settings.store(self.name, self.key, self._write(value))


def _read_bool(value: Any) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in words:
        raise ValueError(value)
    return words[str(value).lower()]


def _read_decimal(value: Any, low: float, high: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return min(max(number, low), high)


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _read_bytes(value: Any) -> QByteArray:
    if not isinstance(value, QByteArray):
        raise TypeError(value)
    return value


def _read_widths(value: Any) -> tuple[int, ...]:
    # Text with commas comes back from Qt as a list where somebody took its quotes away.
    parts = value if isinstance(value, list) else str(value).split(",")
    widths = tuple(int(part) for part in parts)
    if len(widths) != PANES or any(width < 0 for width in widths) or sum(widths) == 0:
        raise ValueError(value)
    return widths


def _read_paths(value: Any) -> tuple[Path, ...]:
    names = [value] if isinstance(value, str) else value
    return tuple(Path(_read_text(name)) for name in names if name)


def _switch(key: str, default: bool) -> Setting[bool]:
    return Setting(key, default, _read_bool, bool)


def _number(key: str, default: int, low: int, high: int) -> Setting[int]:
    return Setting(key, default, lambda value: min(max(int(value), low), high), int)


def _decimal(key: str, default: float, low: float, high: float) -> Setting[float]:
    return Setting(
        key, default, lambda value: _read_decimal(value, low, high), lambda value: min(max(value, low), high)
    )


def _choice(key: str, default: Choice) -> Setting[Choice]:
    kind = type(default)
    return Setting(key, default, lambda value: kind(str(value)), lambda value: value.value)


def _text(key: str, default: str) -> Setting[str]:
    return Setting(key, default, lambda value: _read_text(value)[:LONGEST_NAME], lambda value: value[:LONGEST_NAME])


class Settings(QObject):
    """The viewer's preferences, readable by their owner only.

    Attributes:
        reader: Name that a saved reading carries.
        blind: Whether the prediction stays hidden until the reader's own score is saved.
        compares_four: Whether up to three prior films stand beside the current one, and not only the last of them.
        gsdf: Whether greys on the screen follow the Grayscale Standard Display Function.
        screen_minimum, screen_maximum, screen_ambient: The screen's luminance of black and white, and what the light in
            the room adds, in cd/m².
        explains: Whether the explanation of the film on the screen is computed by itself once it is scored.
        keeps_names: Whether library and recent files may hold what names a patient.
        font_percent: Size of all texts against the system's.
        deidentifies: Whether a report leaves the patient out unless told otherwise.
        pane_widths: Widths of the three panes in logical pixels; empty at first.
        notes: What was wrong with the file when it was read, in sentences.
    """

    changed = Signal(str)
    """Name of the setting, as the attribute is called; `overlays` for all overlays' switches and opacities."""

    theme = _choice("appearance/theme", ThemeChoice.DARK)
    language = _text("appearance/language", SOURCE_LANGUAGE)
    font_percent = _number("appearance/font_percent", 100, 100, 200)
    reader = _text("reading/reader", "")
    blind = _switch("reading/blind", False)
    window_drag = _choice("picture/window_drag", WindowDrag.DEFAULT)
    corner_texts = _choice("picture/corner_texts", CornerTexts.FULL)
    current_side = _choice("picture/current_side", CurrentSide.LEFT)
    compares_four = _switch("picture/compares_four", False)
    gsdf = _switch("picture/gsdf", False)
    screen_minimum = _decimal("picture/screen_minimum", 0.3, *SCREEN_MINIMUM)
    screen_maximum = _decimal("picture/screen_maximum", 300.0, *SCREEN_MAXIMUM)
    screen_ambient = _decimal("picture/screen_ambient", 0.2, *SCREEN_AMBIENT)
    keeps_names = _switch("library/keeps_names", True)
    library_order = _choice("library/order", ListOrder.LAST_OPENED)
    explains = _switch("analysis/explains", True)
    explanation_mode = _choice("analysis/explanation_mode", Mode.FAST)
    device = _choice("analysis/device", Device.AUTO)
    paper = _choice("report/paper", Paper.A4)
    deidentifies = _switch("report/deidentifies", True)
    has_seen_intended_use = _switch("window/has_seen_intended_use", False)
    geometry = Setting("window/geometry", QByteArray(), _read_bytes, QByteArray)
    pane_widths: Setting[tuple[int, ...]] = Setting(
        "window/pane_widths", (), _read_widths, lambda value: ",".join(map(str, value))
    )

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path if path is not None else config_dir() / "settings.ini"
        self._odd: list[str] = []
        self.notes: tuple[str, ...] = ()
        self._make_private()
        self._store = QSettings(str(self._path), QSettings.Format.IniFormat)
        if self._store.status() is QSettings.Status.FormatError or not self._is_text():
            self._start_anew()
        self._check()

    @property
    def screen(self) -> Screen | None:
        """The screen whose greys follow the Grayscale Standard Display Function; None where they are plain."""
        return Screen(self.screen_minimum, self.screen_maximum, self.screen_ambient) if self.gsdf else None

    # Screens

    def line_mm(self, screen: str) -> float | None:
        """What somebody has measured of the line on a screen; None where nobody has."""
        if not self._store.contains(f"screens/{screen}/line_mm"):
            return None
        measured = self.stored(f"screens/{screen}/line_mm", 0.0, lambda value: _read_decimal(value, *LINE_LENGTHS_MM))
        return measured or None

    def set_line_mm(self, screen: str, length_mm: float) -> None:
        """Keeps what was measured on a screen."""
        self.store("screens", f"screens/{screen}/line_mm", length_mm)

    # Overlays

    def overlay_shown(self, name: str) -> bool:
        """Whether an overlay is switched on."""
        return self.stored(f"overlays/{name}/shown", name not in HIDDEN_AT_FIRST, _read_bool)

    def set_overlay_shown(self, name: str, shown: bool) -> None:
        """Keeps an overlay's switch."""
        self.store("overlays", f"overlays/{name}/shown", shown)

    def overlay_opacity(self, name: str) -> int:
        """An overlay's opacity in percent."""
        return self.stored(
            f"overlays/{name}/opacity", DEFAULT_OPACITY[name], lambda value: min(max(int(value), 0), 100)
        )

    def set_overlay_opacity(self, name: str, percent: int) -> None:
        """Keeps an overlay's opacity."""
        self.store("overlays", f"overlays/{name}/opacity", percent)

    # Keys

    def chosen_keys(self, action: str) -> tuple[str, ...] | None:
        """Keys that the user gave an action, in Qt's portable words; None where it has its default ones."""
        if not self._store.contains(f"keys/{action}"):
            return None
        text = self.stored(f"keys/{action}", "", _read_text)
        return tuple(text.split(KEY_SEPARATOR)) if text else ()

    def choose_keys(self, action: str, keys: Iterable[str] | None) -> None:
        """Keeps an action's keys; None takes the choice back."""
        if keys is None:
            self._store.remove(f"keys/{action}")
            self.changed.emit("keys")
        else:
            self.store("keys", f"keys/{action}", KEY_SEPARATOR.join(keys))

    # Recent files

    @property
    def recent_files(self) -> tuple[Path, ...]:
        """Files and folders opened lately, the last one first; none where names are not kept."""
        return self.stored("recent/files", (), _read_paths) if self.keeps_names else ()

    def remember_files(self, paths: Iterable[Path]) -> None:
        """Puts paths before the others; a path can name a patient, so nothing is kept where names are not."""
        if not self.keeps_names:
            return
        newest = [path.absolute() for path in paths]
        kept = [*newest, *(path for path in self.recent_files if path not in newest)][:KEPT_RECENT]
        self.store("recent_files", "recent/files", [str(path) for path in kept])

    def forget_files(self) -> None:
        """Empties the list of recent files."""
        self._store.remove("recent/files")
        self.changed.emit("recent_files")

    # The file

    def stored(self, key: str, default: T, read: Callable[[Any], T]) -> T:
        """The file's value of a key, or the default where there is none or it makes no sense."""
        value = self._store.value(key)
        if value is None:
            return default
        try:
            return read(value)
        except (ValueError, TypeError):
            self._odd.append(key)
            return default

    def store(self, name: str, key: str, value: Any) -> None:
        """Puts a value into the file and tells who follows the setting `name`."""
        if self._store.value(key) == value:
            return
        self._store.setValue(key, value)
        if name == "keeps_names" and not value:
            self.forget_files()
        self.changed.emit(name)

    def save(self) -> None:
        """Writes the file now."""
        self._store.sync()

    def _make_private(self) -> None:
        # Made before Qt writes it, so that there is no moment in which others may read it.
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDONLY, 0o600))
            self._path.chmod(0o600)
        except OSError as error:
            self.notes += (_("Settings cannot be kept: {reason}.").format(reason=error.strerror),)

    def _is_text(self) -> bool:
        # Qt takes much that is no ini file for one without values, and would write over it.
        try:
            return "\0" not in self._path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return False
        except OSError:
            return True  # said already; there is nothing to lose

    def _start_anew(self) -> None:
        aside = self._path.with_suffix(".damaged")
        self._path.replace(aside)
        self._make_private()
        self._store = QSettings(str(self._path), QSettings.Format.IniFormat)
        self.notes += (
            _("The settings file was damaged, so all settings are as at first. The old file is kept as {file}.").format(
                file=aside.name
            ),
        )

    def _check(self) -> None:
        """Reads every value once, and puts back to its default what makes no sense."""
        for setting in vars(type(self)).values():
            if isinstance(setting, Setting):
                setting.__get__(self, type(self))
        for name in OVERLAYS:
            self.overlay_shown(name)
            self.overlay_opacity(name)
        if self._odd:
            for key in self._odd:
                self._store.remove(key)
            self.notes += (
                _("These settings made no sense and are as at first: {names}.").format(names=", ".join(self._odd)),
            )
