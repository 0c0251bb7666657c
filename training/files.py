"""Files that a run writes: whole or not at all, readable by their owner only (they name patients)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, BinaryIO


def make_private_folder(folder: Path) -> None:
    """Makes a folder that only its owner may enter; one that exists stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Replaces `path` in one step; a kill at any moment leaves the old file or the new one."""
    temporary = temporary_beside(path)
    with open_private(temporary) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def temporary_beside(path: Path) -> Path:
    """Where a file is written before it takes its place: two runs on one cache write each its own."""
    return path.with_name(f"{path.name}.{os.getpid()}.tmp")


def write_json(path: Path, values: Any) -> None:
    """`write_whole` of plain values; what is no JSON is written as text."""
    write_whole(path, (json.dumps(values, indent=1, ensure_ascii=False, default=str) + "\n").encode("utf-8"))


def open_private(path: Path) -> BinaryIO:
    """Opens a file to write that only its owner may read."""
    return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))
