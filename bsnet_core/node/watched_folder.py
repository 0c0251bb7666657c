"""A folder in which images arrive: those that nobody is writing any more and that were not dealt with yet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from bsnet_core.private_files import make_private_folder, write_private

AT_REST_AFTER_S = 5.0
"""A file whose size and time have not changed for so long is not being written any more."""
IGNORED_ENDINGS = (".tmp", ".part", ".partial", ".crdownload", ".filepart")

Key = str
"""Hash of a file's place below the folder, its size and its time: a name can be a patient's."""


class WatchedFolder:
    """A folder with all folders below it, looked into again and again: a network drive does not tell of changes.

    What was dealt with is noted in a folder of its own, so that a node that is started again goes on where it was. A
    file that is written again under the same name counts as another.
    """

    def __init__(self, folder: Path, notes: Path, at_rest_after_s: float = AT_REST_AFTER_S) -> None:
        """Args: notes: folder of the notes, made if missing, for its owner only."""
        self._folder, self._notes, self._at_rest_after_s = folder, notes, at_rest_after_s
        self._seen: dict[Path, tuple[Key, float]] = {}

    def at_rest(self, now_s: float) -> list[tuple[Path, Key]]:
        """The files to deal with, in the order of their names; a folder that is away has none.

        Args:
            now_s: A clock that only goes forward, such as `time.monotonic`.
        """
        seen: dict[Path, tuple[Key, float]] = {}
        for path in self._files():
            key = self._key_of(path)
            if key is None or (self._notes / key).exists():
                continue
            known = self._seen.get(path)
            seen[path] = known if known is not None and known[0] == key else (key, now_s)
        self._seen = seen
        return [(path, key) for path, (key, since) in sorted(seen.items()) if now_s - since >= self._at_rest_after_s]

    @property
    def has_new(self) -> bool:
        """Whether the last look found files that are not dealt with, at rest or not."""
        return bool(self._seen)

    def note_done(self, key: Key) -> None:
        """Notes that a file was dealt with.

        Raises:
            OSError: the notes cannot be written.
        """
        make_private_folder(self._notes)
        write_private(self._notes / key, b"")

    def _files(self) -> Iterator[Path]:
        for folder, below, names in os.walk(self._folder):
            below[:] = [name for name in below if not name.startswith(".")]
            for name in names:
                if not name.startswith(".") and not name.lower().endswith(IGNORED_ENDINGS):
                    yield Path(folder, name)

    def _key_of(self, path: Path) -> Key | None:
        try:
            status = path.stat()
        except OSError:  # gone meanwhile
            return None
        place = f"{path.relative_to(self._folder)}\n{status.st_size}\n{status.st_mtime_ns}"
        return hashlib.sha256(os.fsencode(place)).hexdigest()[:32]
