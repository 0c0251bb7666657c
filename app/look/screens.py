"""Windows and screens: restoring a window's place, full screen, and opening another window."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QByteArray, QProcess, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.background.network import ModelChoice
from bsnet_core.errors import UnforeseenError
from bsnet_core.language import translate as _

TITLE_BAR_PX = 40
"""Room for the frame that the window manager adds, whose height is not known before the window is shown."""


def bring_back(window: QWidget, geometry: QByteArray, first_size: QSize) -> None:
    """Puts a window where it was when `saveGeometry` was called, or on another screen if that one is gone.

    Args:
        window: The window, not shown yet.
        geometry: Its geometry at the end of the last session; empty at the first start.
        first_size: Its size at the first start, limited to the screen; on a portrait screen it is as high as that.
    """
    if not window.restoreGeometry(geometry):
        window.resize(size_on(window.screen().availableGeometry().size(), first_size))


def size_on(screen: QSize, usual: QSize) -> QSize:
    """The size at the first start: the usual one as far as there is room, and all the height of a portrait screen."""
    height = screen.height() - TITLE_BAR_PX
    is_portrait = screen.height() > screen.width()
    return QSize(min(usual.width(), screen.width()), height if is_portrait else min(usual.height(), height))


def screen_layout() -> str:
    """A name for the screens that are connected, sizes and places, as in `1920x1080_0_0-1080x1920_1920_0`."""
    areas = sorted((screen.geometry() for screen in QGuiApplication.screens()), key=lambda area: (area.x(), area.y()))
    return "-".join(f"{area.width()}x{area.height()}_{area.x()}_{area.y()}" for area in areas)


def show_full_screen(window: QWidget, full: bool) -> None:
    """Lets a window fill its screen, or returns to what it was before, normal or maximised."""
    is_full = bool(window.windowState() & Qt.WindowState.WindowFullScreen)
    if is_full != full:
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)


def bring_to_front(window: QWidget) -> None:
    """Shows a window before all others and gives it the keys."""
    window.show()
    window.raise_()
    window.activateWindow()


def another_window(choice: ModelChoice) -> list[str]:
    """The command that starts the program again, with the same model and without the samples."""
    # A built program is its own interpreter.
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    arguments = ["--no-samples", "--device", choice.device]
    if choice.model_dir is not None:
        arguments += ["--model", str(choice.model_dir.absolute())]
    if choice.attention is not None:
        arguments += ["--attention", choice.attention.value]
    return program + arguments


def open_another_window(choice: ModelChoice) -> int:
    """Starts the program again as another process, which outlives this one; both use one library.

    Returns:
        Its process id.

    Raises:
        UnforeseenError: it could not be started.
    """
    program, *arguments = another_window(choice)
    # Run from this program's own folder: the current folder may hold another package named "app".
    started, process_id = QProcess.startDetached(program, arguments, str(Path(__file__).parents[2]))
    if not started:
        raise UnforeseenError(_("Another window could not be opened. Start the program a second time instead."))
    return int(process_id)
