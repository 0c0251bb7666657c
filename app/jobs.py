"""Background work: the only threads of the viewer.

A `Job` is born on the GUI thread; what runs elsewhere gets a `Report` and returns frozen data. Results, progress and
errors arrive as signals on the GUI thread.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance

from bsnet_core.errors import BSNetError, Cancelled, UnforeseenError
from bsnet_core.progress import Report

log = logging.getLogger(__name__)
Work = Callable[[Report], Any]


class Job(QObject):
    """One piece of work with progress, cancel and exactly one ending."""

    progressed = Signal(str, float)
    succeeded = Signal(object)
    failed = Signal(object)
    ended = Signal()

    # Emitted on the worker thread, delivered on the GUI thread, where a cancelled job's late answer is dropped.
    _progress_made = Signal(str, float)
    _finished = Signal(object, object)

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._cancelled = threading.Event()
        self._progress_made.connect(self._pass_progress_on, Qt.ConnectionType.QueuedConnection)
        self._finished.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    def cancel(self) -> None:
        """Stops the work at its next report; neither result nor error will arrive any more."""
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
        except BSNetError as known:
            error = known
        except Exception as unknown:
            log.exception("Background work failed")
            error = UnforeseenError(f"The program met an error it did not foresee ({type(unknown).__name__}).")
        _emit(self._finished, result, error)

    def _report(self, stage: str, fraction: float) -> None:
        if self.is_cancelled:
            raise Cancelled("Stopped.")
        _emit(self._progress_made, stage, fraction)

    def _pass_progress_on(self, stage: str, fraction: float) -> None:
        if not self.is_cancelled:
            self.progressed.emit(stage, fraction)

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
    except RuntimeError:  # the window went while the work was ending
        log.info("A result arrived after its window was closed")


class JobQueue:
    """One worker thread that does jobs in the order they came."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._pending: set[Job] = set()
        self._closed = False
        self._thread = threading.Thread(target=self._work_off, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> Job:
        """Queues a job; a closed queue drops it."""
        if not self._closed:
            self._pending.add(job)
            job.ended.connect(lambda: self._pending.discard(job))
            self._jobs.put(job)
        return job

    def cancel_all(self) -> None:
        """Cancels what runs and what waits."""
        for job in list(self._pending):
            job.cancel()

    def close(self, timeout_s: float = 3.0) -> bool:
        """Cancels everything and waits for the thread; whether it ended in time."""
        self._closed = True
        self.cancel_all()
        self._jobs.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work_off(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()
