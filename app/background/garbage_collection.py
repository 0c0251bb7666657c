"""Garbage collection in short runs on the window's thread.

Python alone would collect at any time on any thread, and every few minutes go through all objects of the program. That
holds up the window for a tenth of a second; on a worker's thread it would delete widgets, which only the window's
thread may touch.
"""

from __future__ import annotations

import gc
import sys

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 1000
FULL_EVERY = 10
"""One of this many runs goes through all objects made since the program's libraries were imported."""
WORTH_IT = 200
"""Number of new objects below which a run is skipped."""


class GarbageCollection(QObject):
    """Collects garbage while its parent lives; objects of imported libraries are exempt, since they stay for good."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._runs = 0
        self._modules = 0
        timer = QTimer(self)
        timer.setInterval(EVERY_MS)
        timer.timeout.connect(self.collect)
        timer.start()
        gc.disable()
        self.destroyed.connect(gc.enable)
        self.collect()

    def collect(self) -> None:
        """Does one short run."""
        modules = len(sys.modules)
        if modules > self._modules:
            gc.freeze()
            self._modules = modules
        elif gc.get_count()[0] >= WORTH_IT:
            self._runs += 1
            gc.collect(2 if self._runs % FULL_EVERY == 0 else 1)
