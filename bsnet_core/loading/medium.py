"""Images on a medium, such as a CD: read from it once, and from a copy from then on.

Drives are slow, and media are taken out again. Every file is copied just before it is read for the first time, so that
nobody waits for the whole medium.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

MAX_COPIED_BYTES = 8 * 1024**3
"""As much as an archive may unpack to; files beyond it are read from the medium each time."""


class MediumCopies:
    """Owns the copies, in a temporary folder readable by its owner only; `close` removes them. Safe for any thread."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._on_medium: set[Path] = set()
        self._copies: dict[Path, Path] = {}
        self._copied_bytes = 0
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def claim(self, paths: Iterable[Path]) -> None:
        """Marks files as lying on a medium."""
        with self._lock:
            self._on_medium.update(paths)

    def place_of(self, path: Path) -> Path:
        """The path to read a file from: its copy if it lies on a medium, else the file itself.

        A file that cannot be copied, because the disk is full or the file is gone, is returned as it is: loading it
        gives the error.
        """
        with self._lock:
            if path not in self._on_medium:
                return path
            if path in self._copies:
                return self._copies[path]
        try:
            copy = self._copy(path)
        except OSError:
            return path
        with self._lock:
            if copy is None or path not in self._on_medium:
                return path
            return self._copies.setdefault(path, copy)

    def close(self) -> None:
        """Removes all copies; files are read from the medium again."""
        with self._lock:
            self._on_medium.clear()
            self._copies.clear()
            folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def _copy(self, path: Path) -> Path | None:
        """A copy, made without holding the lock; None once the copies take up too many bytes."""
        size = path.stat().st_size
        with self._lock:
            if self._copied_bytes + size > MAX_COPIED_BYTES:
                return None
            self._copied_bytes += size
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="bsnet-", ignore_cleanup_errors=True)  # mode 0700
            copy = Path(self._folder.name, f"{next(self._numbers):06d}{path.suffix}")
        shutil.copyfile(path, copy)
        return copy
