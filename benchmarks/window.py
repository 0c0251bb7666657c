"""The real window for measurements: without a screen, with its own home folder, and a meter of its thread's stalls."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.__main__ import build_parser, open_window
from app.background.network import Network
from app.main_window import MainWindow
from app.session.open_image import ImageState, OpenImage
from benchmarks.timing import Row

TICK_S = 0.002
STALL_GOAL_S = 0.05
TIMEOUT_S = 300.0
HOME_VARIABLES = ("HOME", "LOCALAPPDATA", "APPDATA", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
SETTLED = (ImageState.ANALYSED, ImageState.NOT_SCORED, ImageState.UNREADABLE)


class StallMeter:
    """Runs the event loop until a condition holds, and notes how late a precise timer fires."""

    def __init__(self) -> None:
        self._loop = QEventLoop()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * TICK_S))
        self._timer.timeout.connect(self._tick)

    def run(
        self, done: Callable[[], bool], timeout_s: float = TIMEOUT_S, *, act: Callable[[], object] | None = None
    ) -> float:
        """Runs the event loop until `done` holds; the gaps between ticks are in `gaps_s` afterwards.

        Args:
            done: The condition, asked at every tick once `act` was called.
            timeout_s: Longest time to wait.
            act: Called first, within the loop, so that it is measured too.

        Returns:
            Seconds until `done` held or the time was over.
        """
        self.gaps_s: list[float] = []
        self._has_acted = act is None
        self._done, self._start = done, time.perf_counter()
        self._deadline, self._last = self._start + timeout_s, self._start
        if act is not None:
            QTimer.singleShot(0, partial(self._act, act))
        self._timer.start()
        self._loop.exec()
        self._timer.stop()
        return time.perf_counter() - self._start

    def _act(self, act: Callable[[], object]) -> None:
        act()
        self._has_acted = True

    def row(self, what: str, note: str = "") -> Row:
        """A row with the longest gap of the last run."""
        longest, percentile = max(self.gaps_s), float(np.percentile(self.gaps_s, 99))
        return Row(what, longest, STALL_GOAL_S / longest, f"99% under {1000 * percentile:.0f} ms{note}")

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps_s.append(now - self._last)
        self._last = now
        if (self._has_acted and self._done()) or now > self._deadline:
            self._loop.quit()


@contextmanager
def open_viewer(model: Path) -> Iterator[tuple[MainWindow, StallMeter]]:
    """The window as the command line opens it, without samples, and a meter; closed and deleted afterwards."""
    if not isinstance(QApplication.instance(), QApplication):
        QApplication([])
    network = Network()
    window = open_window(build_parser().parse_args(["--no-samples", "--model", str(model)]), network)
    window.destroyed.connect(network.close)
    window.resize(1440, 900)
    yield window, StallMeter()
    window.close()
    while not window.end_work():
        pass
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def is_shown(window: MainWindow, path: Path) -> bool:
    """Whether the image of a file is the one on the screen."""
    image = window.session.current
    return image is not None and image.path == path


def is_settled(image: OpenImage | None) -> bool:
    """Whether an image has a score, or a reason for having none."""
    return image is not None and image.state in SETTLED


@contextmanager
def own_home() -> Iterator[Path]:
    """A folder for files, with a home folder below it, so that the user's settings and library stay untouched."""
    before = {name: os.environ.get(name) for name in HOME_VARIABLES}
    with tempfile.TemporaryDirectory(prefix="bsnet-bench-") as name:
        home = Path(name, "home")
        home.mkdir()
        os.environ.update(dict.fromkeys(HOME_VARIABLES, str(home)))
        try:
            yield Path(name)
        finally:
            for variable, value in before.items():
                if value is None:
                    os.environ.pop(variable, None)
                else:
                    os.environ[variable] = value
