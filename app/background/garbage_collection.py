"""Python's search for unreachable objects, kept short and on the window's thread.

Left to itself Python searches whenever and on whatever thread it likes, every few minutes through all objects of the
program: a tenth of a second in which nothing moves, and on a worker's thread widgets would be deleted that only the
window's may touch.
"""

from __future__ import annotations

import gc
import sys

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 1000
WHOLE_EVERY = 10
"""Of so many searches one goes through everything that was made since the program's libraries were loaded."""
WORTH_IT = 200
"""New objects below which there is nothing to search for."""


class GarbageCollection(QObject):
    """Searches while its parent lives; what imported libraries are made of is set aside, since it never goes."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._searches = 0
        self._modules = 0
        timer = QTimer(self)
        timer.setInterval(EVERY_MS)
        timer.timeout.connect(self.tidy)
        timer.start()
        gc.disable()
        self.destroyed.connect(gc.enable)
        self.tidy()

    def tidy(self) -> None:
        """One short turn."""
        modules = len(sys.modules)
        if modules > self._modules:
            gc.freeze()
            self._modules = modules
        elif gc.get_count()[0] >= WORTH_IT:
            self._searches += 1
            gc.collect(2 if self._searches % WHOLE_EVERY == 0 else 1)
