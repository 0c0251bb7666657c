"""Films of a medium, such as a CD: read from it once, and from a copy from then on.

A drive is slow, and whoever has put a medium in takes it out again. Every file is copied just before it is read for
the first time, so that nobody waits for the whole medium.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path

MAX_COPIED_BYTES = 8 * 1024**3
"""As much as an archive may unpack to; what is beyond is read from the medium each time."""


class MediumCopies:
    """Owns the copies, in a temporary folder readable by its owner only: `close` removes them. Any thread may ask."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._on_medium: set[Path] = set()
        self._copies: dict[Path, Path] = {}
        self._copied_bytes = 0
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def claim(self, paths: Iterable[Path]) -> None:
        """Says that these files lie on a medium."""
        with self._lock:
            self._on_medium.update(paths)

    def place_of(self, path: Path) -> Path:
        """Where to read a file: its copy if it is of a medium, else the file itself.

        A file that cannot be copied, for want of room or because it is gone, is given back as it is: reading it says
        what is wrong.
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
        """A copy, made without holding anybody up; None where there are too many bytes of them already."""
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
