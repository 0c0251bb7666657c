"""Typed settings, kept between sessions in one ini file. What can name a patient is kept only if the user allows it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from app.canvas.modes import CornerTexts, CurrentSide, WindowDrag
from app.canvas.overlays.map_scale import MapColours
from app.library.order import ListOrder
from app.report.paper import Paper
from app.settings.paths import config_dir
from bsnet_core.explanation import Masking, Mode
from bsnet_core.gsdf import Screen
from bsnet_core.language import SOURCE_LANGUAGE
from bsnet_core.language import translate as _
from bsnet_core.private_files import create_private_file

OVERLAYS = ("lungs", "lung_fill", "zones", "scores", "explanation", "planes")
"""Lung contour and fill, zone grid, the scores in it, explanation map, and the overlays stored in a DICOM file."""
DEFAULT_OPACITY = {"lungs": 60, "lung_fill": 25, "zones": 90, "scores": 90, "explanation": 70, "planes": 100}
HIDDEN_AT_FIRST = frozenset({"lung_fill", "explanation"})
KEPT_RECENT = 10
LONGEST_NAME = 100
PANES = 3
SCREEN_MINIMUM, SCREEN_MAXIMUM, SCREEN_AMBIENT = (0.05, 10.0), (50.0, 3500.0), (0.0, 20.0)
"""Luminances that a screen may have, in cd/m²; the Grayscale Standard Display Function covers all of them."""
LINE_LENGTHS_MM = (20.0, 300.0)
"""Length of a line of 300 pixels on screens with the smallest and the largest pixels."""
KEY_SEPARATOR = " "
T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


class ThemeChoice(StrEnum):
    """The colours of the window."""

    DARK = "dark"
    LIGHT = "light"
    SYSTEM = "system"


class Device(StrEnum):
    """The device that the network runs on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Setting(Generic[T]):
    """One typed value of the ini file, used like an attribute of `Settings`.

    Args:
        key: Its name in the file.
        default: The value until the user chooses one, and wherever the file's value is invalid.
        decode: Turns the file's value into a `T`; raises ValueError or TypeError if it is invalid.
        encode: Turns a `T` into the file's value.
    """

    def __init__(self, key: str, default: T, decode: Callable[[Any], T], encode: Callable[[T], Any]) -> None:
        self.key = key
        self.default = default
        self._decode = decode
        self._encode = encode
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
        return settings.stored(self.key, self.default, self._decode)

    def __set__(self, settings: Settings, value: T) -> None:
        settings.store(self.name, self.key, self._encode(value))


def _decode_bool(value: Any) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in words:
        raise ValueError(value)
    return words[str(value).lower()]


def _decode_decimal(value: Any, low: float, high: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return min(max(number, low), high)


def _decode_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def decode_bytes(value: Any) -> QByteArray:
    """Bytes from the file; raises TypeError for anything else."""
    if not isinstance(value, QByteArray):
        raise TypeError(value)
    return value


def decode_widths(value: Any) -> tuple[int, ...]:
    """Sizes of the three panes from the file; raises ValueError if they are none."""
    # Qt gives a text with commas as a list if somebody has removed its quotes.
    parts = value if isinstance(value, list) else str(value).split(",")
    widths = tuple(int(part) for part in parts)
    if len(widths) != PANES or any(width < 0 for width in widths) or sum(widths) == 0:
        raise ValueError(value)
    return widths


def _decode_paths(value: Any) -> tuple[Path, ...]:
    names = [value] if isinstance(value, str) else value
    return tuple(Path(_decode_text(name)) for name in names if name)


def _switch(key: str, default: bool) -> Setting[bool]:
    return Setting(key, default, _decode_bool, bool)


def _number(key: str, default: int, low: int, high: int) -> Setting[int]:
    return Setting(key, default, lambda value: min(max(int(value), low), high), int)


def _decimal(key: str, default: float, low: float, high: float) -> Setting[float]:
    return Setting(
        key, default, lambda value: _decode_decimal(value, low, high), lambda value: min(max(value, low), high)
    )


def _choice(key: str, default: Choice) -> Setting[Choice]:
    kind = type(default)
    return Setting(key, default, lambda value: kind(str(value)), lambda value: value.value)


def _text(key: str, default: str) -> Setting[str]:
    return Setting(key, default, lambda value: _decode_text(value)[:LONGEST_NAME], lambda value: value[:LONGEST_NAME])


class Settings(QObject):
    """The viewer's preferences, readable by their owner only.

    Attributes:
        reader: Name that goes with a saved reading.
        has_asked_for_reader: Whether the reader was asked for a name, which is done once.
        blind: Whether the prediction stays hidden until the reader's own score is saved.
        compares_four: Whether up to three prior images are shown beside the current one, not only the latest.
        gsdf: Whether grey levels on the screen follow the Grayscale Standard Display Function.
        screen_minimum, screen_maximum, screen_ambient: The screen's luminance of black and white, and the luminance
            that the light in the room adds, in cd/m².
        analyses_all: Whether all open images are analysed while nothing else is.
        explains: Whether the explanation of the image on the screen is computed automatically once it is scored.
        has_started: Whether the program was started before; the bundled samples are opened at the first start.
        keeps_names: Whether the library and the list of recent files may hold what names a patient.
        font_percent: Size of all texts, in percent of the system's.
        deidentifies: Whether reports are de-identified by default.
        geometry: The window's place and size as it was left last, on whatever screens; see `WindowLayouts`.
        pane_widths: Widths of the three panes in logical pixels; empty until they are first kept; see `WindowLayouts`.
        left_folded, right_folded: Whether the pane is folded.
        notes: Sentences about what was wrong with the file when it was loaded.
    """

    changed = Signal(str)
    """Name of the setting's attribute; `overlays` for switch and opacity of any overlay."""

    theme = _choice("appearance/theme", ThemeChoice.DARK)
    language = _text("appearance/language", SOURCE_LANGUAGE)
    font_percent = _number("appearance/font_percent", 100, 100, 200)
    reader = _text("reading/reader", "")
    has_asked_for_reader = _switch("reading/has_asked_for_reader", False)
    blind = _switch("reading/blind", False)
    window_drag = _choice("picture/window_drag", WindowDrag.DEFAULT)
    corner_texts = _choice("picture/corner_texts", CornerTexts.FULL)
    current_side = _choice("picture/current_side", CurrentSide.LEFT)
    compares_four = _switch("picture/compares_four", False)
    gsdf = _switch("picture/gsdf", False)
    screen_minimum = _decimal("picture/screen_minimum", 0.3, *SCREEN_MINIMUM)
    screen_maximum = _decimal("picture/screen_maximum", 300.0, *SCREEN_MAXIMUM)
    screen_ambient = _decimal("picture/screen_ambient", 0.2, *SCREEN_AMBIENT)
    has_started = _switch("window/has_started", False)
    keeps_names = _switch("library/keeps_names", True)
    library_order = _choice("library/order", ListOrder.LAST_OPENED)
    analyses_all = _switch("analysis/analyses_all", True)
    explains = _switch("analysis/explains", True)
    explanation_mode = _choice("analysis/explanation_mode", Mode.FAST)
    explanation_masking = _choice("analysis/explanation_masking", Masking.EVIDENCE)
    explanation_colours = _choice("analysis/explanation_colours", MapColours.SEVERITY)
    device = _choice("analysis/device", Device.AUTO)
    paper = _choice("report/paper", Paper.A4)
    deidentifies = _switch("report/deidentifies", True)
    left_folded = _switch("window/left_folded", False)
    right_folded = _switch("window/right_folded", False)
    has_seen_intended_use = _switch("window/has_seen_intended_use", False)
    geometry = Setting("window/geometry", QByteArray(), decode_bytes, QByteArray)
    pane_widths: Setting[tuple[int, ...]] = Setting(
        "window/pane_widths", (), decode_widths, lambda value: ",".join(map(str, value))
    )

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path if path is not None else config_dir() / "settings.ini"
        self._invalid_keys: list[str] = []
        self.notes: tuple[str, ...] = ()
        self._create_file()
        self._store = QSettings(str(self._path), QSettings.Format.IniFormat)
        if self._store.status() is QSettings.Status.FormatError or not self._is_text():
            self._replace_damaged_file()
        self._reset_invalid_values()

    @property
    def screen(self) -> Screen | None:
        """The screen that the Grayscale Standard Display Function is applied for; None without it."""
        return Screen(self.screen_minimum, self.screen_maximum, self.screen_ambient) if self.gsdf else None

    # Screens

    def line_mm(self, screen: str) -> float | None:
        """Measured length of the line on a screen; None if nobody has measured it."""
        if not self._store.contains(f"screens/{screen}/line_mm"):
            return None
        measured = self.stored(f"screens/{screen}/line_mm", 0.0, lambda value: _decode_decimal(value, *LINE_LENGTHS_MM))
        return measured or None

    def set_line_mm(self, screen: str, length_mm: float) -> None:
        """Keeps the length measured on a screen."""
        self.store("screens", f"screens/{screen}/line_mm", length_mm)

    # Overlays

    def overlay_shown(self, name: str) -> bool:
        """Whether an overlay is switched on."""
        return self.stored(f"overlays/{name}/shown", name not in HIDDEN_AT_FIRST, _decode_bool)

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
        """Keys that the user gave an action, in Qt's portable notation; None if it has its default keys."""
        if not self._store.contains(f"keys/{action}"):
            return None
        text = self.stored(f"keys/{action}", "", _decode_text)
        return tuple(text.split(KEY_SEPARATOR)) if text else ()

    def choose_keys(self, action: str, keys: Iterable[str] | None) -> None:
        """Keeps an action's keys; None returns to the default."""
        if keys is None:
            self._store.remove(f"keys/{action}")
            self.changed.emit("keys")
        else:
            self.store("keys", f"keys/{action}", KEY_SEPARATOR.join(keys))

    # Recent files

    @property
    def recent_files(self) -> tuple[Path, ...]:
        """Files and folders opened recently, the last one first; none unless names are kept."""
        return self.stored("recent/files", (), _decode_paths) if self.keeps_names else ()

    def remember_files(self, paths: Iterable[Path]) -> None:
        """Puts paths at the top of the list; a path can name a patient, so nothing is kept unless names are."""
        if not self.keeps_names:
            return
        newest = [path.absolute() for path in paths]
        kept = [*newest, *(path for path in self.recent_files if path not in newest)][:KEPT_RECENT]
        self.store("recent_files", "recent/files", [str(path) for path in kept])

    def forget_files(self) -> None:
        """Empties the list of recent files."""
        self._store.remove("recent/files")
        self.changed.emit("recent_files")

    # The last session

    @property
    def session_files(self) -> tuple[Path, ...]:
        """Files that were open last; none unless names are kept."""
        return self.stored("session/files", (), _decode_paths) if self.keeps_names else ()

    @property
    def session_shown(self) -> Path | None:
        """The file that was shown last."""
        name = self.stored("session/shown", "", _decode_text) if self.keeps_names else ""
        return Path(name) if name else None

    def keep_session(self, files: Iterable[Path], shown: Path | None) -> None:
        """Keeps what is open; a path can name a patient, so nothing is kept unless names are."""
        if self.keeps_names:
            self.store("session", "session/files", [str(path.absolute()) for path in files])
            self.store("session", "session/shown", "" if shown is None else str(shown.absolute()))

    # The file

    def stored(self, key: str, default: T, decode: Callable[[Any], T]) -> T:
        """The file's value of a key, or the default if there is none or it is invalid."""
        value = self._store.value(key)
        if value is None:
            return default
        try:
            return decode(value)
        except (ValueError, TypeError):
            self._invalid_keys.append(key)
            return default

    def store(self, name: str, key: str, value: Any) -> None:
        """Puts a value into the file and sends `changed` for the setting `name`."""
        if self._store.value(key) == value:
            return
        self._store.setValue(key, value)
        if name == "keeps_names" and not value:
            self.forget_files()
            self._store.remove("session")
        self.changed.emit(name)

    def save(self) -> None:
        """Writes the file now."""
        self._store.sync()

    def _create_file(self) -> None:
        # Made before Qt writes it, so that others can never open it.
        try:
            create_private_file(self._path)
        except OSError as error:
            self.notes += (
                _(
                    "Settings could not be saved: {reason}. Your changes will last only until you close the program."
                ).format(reason=error.strerror),
            )

    def _is_text(self) -> bool:
        # Qt takes many other files for an ini file without values, and would overwrite them.
        try:
            return "\0" not in self._path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return False
        except OSError:
            return True  # noted already; there is nothing to lose

    def _replace_damaged_file(self) -> None:
        quarantined = self._path.with_suffix(".damaged")
        self._path.replace(quarantined)
        self._create_file()
        self._store = QSettings(str(self._path), QSettings.Format.IniFormat)
        self.notes += (
            _("The settings file was damaged, so all settings were reset. The damaged file was kept as {file}.").format(
                file=quarantined.name
            ),
        )

    def _reset_invalid_values(self) -> None:
        """Decodes every value once, and removes the invalid ones."""
        for setting in vars(type(self)).values():
            if isinstance(setting, Setting):
                setting.__get__(self, type(self))
        for name in OVERLAYS:
            self.overlay_shown(name)
            self.overlay_opacity(name)
        if self._invalid_keys:
            for key in self._invalid_keys:
                self._store.remove(key)
            names = ", ".join(self._invalid_keys)
            self.notes += (_("These settings were invalid and have been reset: {names}.").format(names=names),)
