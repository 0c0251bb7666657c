"""Background work: the only threads of the viewer.

A `Job` is made on the GUI thread. Its work gets a `Report` and returns frozen data; results, progress and errors
arrive as signals on the GUI thread.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance

from app.background.logs import logged_error
from bsnet_core.errors import BSNetError, Cancelled
from bsnet_core.language import translate as _
from bsnet_core.progress import Report

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[Report], Any]
SWITCH_INTERVAL_S = 0.0002
"""Time that one thread may compute in Python before another gets its turn; Python's default is 5 ms."""
PROGRESS_EVERY_S = 0.02
"""Nobody sees faster changes, and each signal to the window's thread makes the worker wait for its turn."""


def switch_threads_often() -> None:
    """Gives the window's thread more turns while others compute."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def run_in_parallel(work: Callable[[T], object], items: Sequence[T], threads: int = 2) -> None:
    """Calls `work` with each item, several at the same time; faster only where `work` releases Python's lock."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, items))


class Job(QObject):
    """One piece of work with progress, cancel and exactly one ending."""

    progressed = Signal(str, float)
    part_arrived = Signal(object)
    """A part that is ready before the result, such as a map as far as it is computed."""
    succeeded = Signal(object)
    failed = Signal(object)
    ended = Signal()

    # Emitted on the worker thread, delivered on the GUI thread, which drops what a cancelled job still sends.
    _progress_made = Signal(str, float)
    _part_made = Signal(object)
    _finished = Signal(object, object)

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._cancelled = threading.Event()
        self._reported_stage, self._reported_at = "", 0.0
        self._progress_made.connect(self._pass_progress_on, Qt.ConnectionType.QueuedConnection)
        self._part_made.connect(self._pass_part_on, Qt.ConnectionType.QueuedConnection)
        self._finished.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    def cancel(self) -> None:
        """Stops the work at its next report; neither result nor error arrives after this."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def run(self) -> None:
        """Does the work; called on the worker thread."""
        result: Any = None
        error: BSNetError | None = None
        try:
            if not self.is_cancelled:
                result = self._work(self._report)
        except Exception as caught:  # noqa: BLE001 - any error must reach the window
            error = logged_error(caught)
        _emit(self._finished, result, error)

    def send_part(self, part: Any) -> None:
        """Sends a part that is ready before the result; called on the worker thread, with frozen data."""
        _emit(self._part_made, part)

    def _report(self, stage: str, fraction: float) -> None:
        if self.is_cancelled:
            raise Cancelled(_("Stopped."))
        now = time.monotonic()
        if stage != self._reported_stage or now - self._reported_at >= PROGRESS_EVERY_S:
            self._reported_stage, self._reported_at = stage, now
            _emit(self._progress_made, stage, fraction)

    def _pass_progress_on(self, stage: str, fraction: float) -> None:
        if not self.is_cancelled:
            self.progressed.emit(stage, fraction)

    def _pass_part_on(self, part: Any) -> None:
        if not self.is_cancelled:
            self.part_arrived.emit(part)

    def _finish(self, result: Any, error: BSNetError | None) -> None:
        if not self.is_cancelled and not isinstance(error, Cancelled):
            if error is not None:
                self.failed.emit(error)
            else:
                self.succeeded.emit(result)
        self.ended.emit()


def _emit(signal: SignalInstance, *values: Any) -> None:
    try:
        signal.emit(*values)
    except RuntimeError:  # the window was deleted while the work was ending
        log.info("A result arrived after its window was closed")


class JobQueue:
    """One worker thread that runs one job after the other, urgent ones first."""

    def __init__(self, name: str) -> None:
        self._waiting: deque[Job] = deque()
        self._pending: set[Job] = set()
        self._done: deque[Job] = deque()
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run_jobs, name=name, daemon=True)
        self._thread.start()

    def submit(self, *jobs: Job, urgent: bool = False) -> None:
        """Queues jobs in their order, after the others or, if urgent, before them; a closed queue drops them."""
        self._release_done()
        with self._changed:
            if self._closed:
                return
            for job in jobs:
                self._pending.add(job)
                job.ended.connect(partial(self._pending.discard, job))
            if urgent:
                self._waiting.extendleft(reversed(jobs))
            else:
                self._waiting.extend(jobs)
            self._changed.notify()

    def move_to_front(self, job: Job) -> None:
        """Puts a waiting job before the others."""
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)
                self._waiting.appendleft(job)

    def close(self) -> None:
        """Cancels the running job and drops those that wait; `wait` tells when the thread has ended."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
        for job in list(self._pending):
            job.cancel()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the thread of a closed queue; whether it ended in time."""
        self._thread.join(max(timeout_s, 0.0))
        return not self._thread.is_alive()

    def _run_jobs(self) -> None:
        while (job := self._next()) is not None:
            job.run()
            self._done.append(job)

    def _next(self) -> Job | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            return None if self._closed else self._waiting.popleft()

    def _release_done(self) -> None:
        # Only jobs that the worker is done with, since deleting one while it emits would be unsafe, and whose end has
        # arrived here: signals of a deleted job that are still to be delivered are lost.
        for _number in range(len(self._done)):
            job = self._done.popleft()
            if job in self._pending:
                self._done.append(job)
            else:
                job.deleteLater()
