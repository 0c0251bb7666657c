"""How long the window's thread is held up while it works on a film of 3000 x 3000 pixels, and what memory it keeps.

The window is the real one, without a screen and with a home folder of its own. Seconds of a phase are the longest
time in which the thread did not get round to a timer of 2 ms; ratios are goals divided by what was measured, so that
over 1 is within the goal. It runs in a process of its own, which has not loaded the network's libraries yet: their
import is part of what is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.__main__ import build_parser, open_window
from app.main_window import MainWindow
from app.session import Study, StudyState
from benchmarks.pictures import BITS, large_film
from benchmarks.timing import Row
from bsnet_core.resources import default_model_dir
from tests.dicom_files import write_dicom

TICK_S = 0.002
STALL_GOAL_S, FIRST_PIXELS_GOAL_S, CANCEL_GOAL_S, CLOSE_GOAL_S = 0.05, 1.0, 2.0, 3.0
EXPLAINED_S = 20.0
"""Longer than any work on the window's thread needs to show; the rest of a map is more of the same."""
TIMEOUT_S = 300.0
STUDIES, STUDIES_ANALYSED, STUDY_SIDE_PX = 200, 12, 1024
HOME_VARIABLES = ("HOME", "LOCALAPPDATA", "APPDATA", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
SETTLED = (StudyState.ANALYSED, StudyState.NOT_SCORED, StudyState.UNREADABLE)


class StallMeter:
    """Runs the event loop until something holds, and notes how late a precise timer comes."""

    def __init__(self) -> None:
        self._loop = QEventLoop()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * TICK_S))
        self._timer.timeout.connect(self._tick)

    def run(self, done: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> float:
        """Seconds until `done` held or the time was over; the gaps are `gaps_s` afterwards."""
        self.gaps_s: list[float] = []
        self._done, self._start = done, time.perf_counter()
        self._deadline, self._last = self._start + timeout_s, self._start
        self._timer.start()
        self._loop.exec()
        self._timer.stop()
        return time.perf_counter() - self._start

    def row(self, what: str, note: str = "") -> Row:
        """The longest gap of the last run."""
        longest, usual = max(self.gaps_s), float(np.percentile(self.gaps_s, 99))
        return Row(what, longest, STALL_GOAL_S / longest, f"99 % under {1000 * usual:.0f} ms{note}")

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps_s.append(now - self._last)
        self._last = now
        if self._done() or now > self._deadline:
            self._loop.quit()


def responsiveness() -> list[Row]:
    """Loading, analysing and explaining one large film, and how soon work stops.

    Raises:
        WeightsError: no model is installed.
    """
    default_model_dir()
    command = [sys.executable, "-m", "benchmarks.responsiveness"]
    measured = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Row(*values) for values in json.loads(measured.splitlines()[-1])]


def of_this_process() -> list[Row]:
    """What `responsiveness` gives, measured in the process that calls it."""
    model = default_model_dir()
    with own_home() as folder:
        film = write_dicom(folder / "large.dcm", large_film() << (16 - BITS), 16)
        window = window_of("--no-samples", "--model", str(model))
        meter = StallMeter()
        meter.run(lambda: window.isVisible())
        window.open_paths([film])
        first_pixels = meter.run(lambda: window.view.radiograph is not None)
        rows = [meter.row("stall while loading the film")]
        stages: list[str] = []
        window.analysis.progressed.connect(lambda stage, fraction: stages.append(stage))
        meter.run(lambda: _is_settled(window.session.current) or len(set(stages)) > 1)
        rows.append(meter.row("stall while the network is imported and loaded"))
        meter.run(lambda: _is_settled(window.session.current))
        rows.append(meter.row("stall while analysing"))
        window.actions_by_name["analyse"].trigger()
        meter.run(lambda: not window.analysis.is_busy)
        rows.append(meter.row("stall while analysing again"))
        window.actions_by_name["explain"].trigger()
        meter.run(lambda: not window.analysis.is_busy, EXPLAINED_S)
        rows.append(meter.row("stall while explaining", f", first {EXPLAINED_S:.0f} s"))
        rows.append(Row("first pixels", first_pixels, FIRST_PIXELS_GOAL_S / first_pixels))
        rows.append(_cancel_row(window, meter))
        rows.append(_close_row(window, meter))
    return rows


def memory() -> list[Row]:
    """Resident memory while studies are opened one after the other, without and with analysis.

    Raises:
        WeightsError: no model is installed.
    """
    if not Path("/proc/self/statm").exists():
        return [Row("resident memory", 0.0, 1.0, "measured on Linux only")]
    with own_home() as folder:
        (folder / "no-model").mkdir()
        rows = _open_in_turn(folder, STUDIES, (20, STUDIES), str(folder / "no-model"), "")
        rows += _open_in_turn(folder, STUDIES_ANALYSED, (2, STUDIES_ANALYSED), str(default_model_dir()), ", analysed")
    return rows


def _cancel_row(window: MainWindow, meter: StallMeter) -> Row:
    """From asking to the worker's really having let go."""
    if not window.analysis.is_busy:
        window.actions_by_name["analyse"].trigger()
        meter.run(lambda: False, 0.3)
    ended: list[bool] = []
    job = window.analysis._job
    if job is None:
        return Row("cancel", 0.0, 1.0, "the work had ended before")
    job.ended.connect(lambda: ended.append(True))
    window.analysis.cancel()
    seconds = meter.run(lambda: bool(ended))
    return Row("cancel, until the worker has stopped", seconds, CANCEL_GOAL_S / seconds)


def _close_row(window: MainWindow, meter: StallMeter) -> Row:
    window.actions_by_name["analyse"].trigger()
    meter.run(lambda: False, 0.3)
    start = time.perf_counter()
    window.close()
    seconds = time.perf_counter() - start
    note = "" if window.all_work_ended else "the worker was left behind"
    let_go(window)
    return Row("close during analysis", seconds, CLOSE_GOAL_S / seconds, note)


def _open_in_turn(folder: Path, count: int, told: tuple[int, ...], model: str, what: str) -> list[Row]:
    window = window_of("--no-samples", "--model", model)
    meter = StallMeter()
    meter.run(lambda: window.isVisible())
    start, at_first = time.perf_counter(), _resident_mib()
    rows = [Row(f"at start{what}", 0.0, 1.0, f"{at_first:.0f} MiB")]
    film = large_film()[:STUDY_SIDE_PX, :STUDY_SIDE_PX]
    for number in range(1, count + 1):
        path = write_dicom(folder / f"{number}{what.strip(', ')}.dcm", film, BITS)
        window.open_paths([path])
        meter.run(lambda path=path: _is_shown(window, path) and _is_settled(window.session.current))  # type: ignore[misc]
        if number in told:
            resident = _resident_mib()
            seconds = time.perf_counter() - start
            rows.append(Row(f"after {number} studies{what}", seconds, at_first / resident, f"{resident:.0f} MiB"))
    window.close()
    let_go(window)
    return rows


def window_of(*arguments: str) -> MainWindow:
    if not isinstance(QApplication.instance(), QApplication):
        QApplication([])
    window = open_window(build_parser().parse_args(arguments))
    window.resize(1440, 900)
    return window


def let_go(window: MainWindow) -> None:
    while not window.analysis.close():
        pass
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _is_shown(window: MainWindow, path: Path) -> bool:
    study = window.session.current
    return study is not None and study.path == path


def _is_settled(study: Study | None) -> bool:
    return study is not None and study.state in SETTLED


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


@contextmanager
def own_home() -> Iterator[Path]:
    """A folder for files, below it a home, so that neither settings nor library of the user are touched."""
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


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.stdout.write(json.dumps([astuple(row) for row in of_this_process()]) + "\n")
