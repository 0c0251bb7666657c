"""`bsnet-viewer`: arguments, logging, the application and its window."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bsnet_core.intended_use import research_only

if TYPE_CHECKING:
    from types import TracebackType

    from PySide6.QtWidgets import QApplication

    from app.background.network import Network
    from app.main_window import MainWindow

NO_DISPLAY = (
    "BS-Net Viewer needs a screen, and this session has none (neither DISPLAY nor WAYLAND_DISPLAY is set).\n"
    "Score from the command line instead:\n\n"
    "    bsnet-score FILE_OR_FOLDER...          one line per image\n"
    "    bsnet-score FOLDER --json scores.jsonl\n"
)
EXIT_NO_DISPLAY = 2
EXIT_NO_SCREENSHOT = 3
SCREENSHOT_WITHIN_MS = 600_000
SCREENSHOT_SIZE = (1440, 900)
log = logging.getLogger("app")


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="bsnet-viewer", description=f"Viewer for chest radiographs with Brixia scores. {research_only()}"
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders to open")
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        help="where to compute; as set in the preferences by default",
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; the shipped model by default")
    parser.add_argument(
        "--attention",
        choices=("ha", "sa", "ens"),
        help="scoring head; by default the ensemble of both if the model has two",
    )
    parser.add_argument(
        "--reading-list", type=Path, metavar="FILE", help="reading list of a reader study, in TOML or CSV; no PATH then"
    )
    parser.add_argument(
        "--no-samples", action="store_true", help="start with no image, neither the samples nor the last session"
    )
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--explain", action="store_true", help=argparse.SUPPRESS)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Starts the viewer; the exit status is 2 if there is no screen."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.reading_list is not None and arguments.paths:
        parser.error("a reading list names its images itself: leave out PATH")
    if not has_display():
        sys.stderr.write(NO_DISPLAY)
        return EXIT_NO_DISPLAY

    from app.background.logs import set_up_logging
    from app.background.network import Network
    from app.settings.paths import log_dir

    set_up_logging(log_dir() / "viewer.log")
    application = _application()
    application.setApplicationName("BS-Net Viewer")
    with closing(Network()) as network:
        window = open_window(arguments, network)
        sys.excepthook = _show_in(window)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop would not let Python see Ctrl+C in the terminal
        if arguments.screenshot is not None:
            take_screenshot_when_done(window, arguments.screenshot, explain=arguments.explain)
        status = application.exec()
    if not window.all_work_ended:
        # A file is still being loaded on a thread that cannot be stopped; shutting the interpreter down beneath it
        # can crash. Settings are saved, so leave at once.
        logging.shutdown()
        os._exit(status)
    return status


def open_window(arguments: argparse.Namespace, network: Network) -> MainWindow:
    """Opens the main window with the files that the command line names, or with those that were open last.

    At the first start the bundled samples are opened.

    Args:
        arguments: Parsed by `build_parser`.
        network: Closed by the caller, once the window is closed.
    """
    from app.settings.settings import Settings
    from bsnet_core.language import use_language

    settings = Settings()
    use_language(settings.language)  # before any widget is made: texts are translated as they are made

    from app.background.garbage_collection import GarbageCollection
    from app.background.jobs import switch_threads_often
    from app.background.network import ModelChoice
    from app.look.qt_texts import translate_qt_texts
    from app.look.theme import Appearance
    from app.main_window import MainWindow
    from bsnet_core.model.network_config import Attention

    application = _application()
    translate_qt_texts(application, settings.language)
    attention = Attention(arguments.attention) if arguments.attention else None
    choice = ModelChoice(arguments.model, arguments.device or settings.device.value, attention)
    window = MainWindow(settings, choice, network, Appearance(application, settings))
    window.show()
    switch_threads_often()
    GarbageCollection(window)
    paths = list(arguments.paths)
    if arguments.reading_list is not None:
        window.reading_lists.open(arguments.reading_list)
    elif paths:
        window.open_paths(paths)
    elif not arguments.no_samples:
        window.last_session.open_again(window.open_samples)
    settings.has_started = True
    return window


def _application() -> QApplication:
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(application, QApplication):
        raise TypeError("A Qt application without windows is running already.")
    return application


def has_display() -> bool:
    """Whether Qt can open a window here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def take_screenshot_when_done(window: MainWindow, path: Path, *, explain: bool) -> None:
    """Waits for the first image's result (and its map), saves a screenshot of the window, quits."""
    from PySide6.QtCore import QCoreApplication, QTimer

    window.resize(*SCREENSHOT_SIZE)
    window.intended_use.hide()
    timer = QTimer(window)
    QTimer.singleShot(SCREENSHOT_WITHIN_MS, window, lambda: QCoreApplication.exit(EXIT_NO_SCREENSHOT))
    asked = False

    def look() -> None:
        nonlocal asked
        image = window.session.current
        if image is None or window.inference.serves_request or (image.prediction is None and not image.problem):
            return
        if explain and image.prediction is not None and image.explanation is None:
            if not asked:
                asked = True
                window.actions_by_name["explain"].trigger()
            return
        timer.stop()
        window.grab().save(str(path))
        window.close()

    timer.timeout.connect(look)
    timer.start(200)


def _show_in(
    window: MainWindow,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], Any]:
    from app.background.logs import trace_of
    from app.look.messages import Severity
    from bsnet_core.language import translate as _

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.error("Unforeseen error: %s", trace_of(error))
        window.messages.show_message(
            Severity.ERROR,
            _("An unexpected error occurred ({kind}). You can go on working.").format(kind=kind.__name__),
        )

    return hook


if __name__ == "__main__":
    sys.exit(main())
