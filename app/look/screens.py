"""The window among the screens: where it comes back, the full screen, and another window beside it."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QByteArray, QProcess, QSize, Qt
from PySide6.QtWidgets import QWidget

from app.background.network import ModelChoice
from bsnet_core.errors import UnforeseenError
from bsnet_core.language import translate as _


def bring_back(window: QWidget, geometry: QByteArray, first_size: QSize) -> None:
    """Puts a window where `saveGeometry` saw it; on a screen that is there where the former one is gone.

    Args:
        window: Not shown yet.
        geometry: Of the last session; empty at the first start.
        first_size: What it gets then, or as much of it as the screen has room for.
    """
    if not window.restoreGeometry(geometry):
        window.resize(first_size.boundedTo(window.screen().availableGeometry().size()))


def show_full_screen(window: QWidget, full: bool) -> None:
    """Fills the screen that the window is on, without a frame, or gives it back as it was before, maximised too."""
    is_full = bool(window.windowState() & Qt.WindowState.WindowFullScreen)
    if is_full != full:
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)


def another_window(choice: ModelChoice) -> list[str]:
    """The command that starts the program again with the same model and without the samples."""
    # A built program is its own interpreter.
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    arguments = ["--no-samples", "--device", choice.device]
    if choice.model_dir is not None:
        arguments += ["--model", str(choice.model_dir.absolute())]
    if choice.attention is not None:
        arguments += ["--attention", choice.attention.value]
    return program + arguments


def open_another_window(choice: ModelChoice) -> int:
    """Starts the program again as a process of its own, which goes on when this one ends; both use one library.

    Returns:
        Its process id.

    Raises:
        UnforeseenError: it could not be started.
    """
    program, *arguments = another_window(choice)
    # From the folder that this very program came from: another "app" may lie where the user is.
    started, process_id = QProcess.startDetached(program, arguments, str(Path(__file__).parents[2]))
    if not started:
        raise UnforeseenError(_("Another window could not be opened. Start the program again instead."))
    return int(process_id)
