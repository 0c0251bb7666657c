"""Files written whole or not at all, readable by their owner only: they may contain patients' names."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def make_private_folder(folder: Path) -> None:
    """Makes a folder that only its owner may enter; an existing folder is left unchanged."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def create_private_file(path: Path) -> None:
    """Makes an empty file that only its owner may use, for other code to write; one that exists keeps its content.

    Raises:
        OSError: the folder is missing or may not be written to, or the disk is full.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)


@contextmanager
def private_file(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Gives an empty file beside `path` to write to, and replaces `path` by it when the block ends.

    A kill or a power cut at any moment leaves the old file or the new one; two processes that write the same file
    never write into each other's. If the block raises, `path` stays unchanged and the file beside it is removed.

    Args:
        path: The file to write; its folder must exist.
        overwrite: Whether a file of that name may be replaced.

    Yields:
        The file beside it, of mode 0600.

    Raises:
        FileExistsError: `overwrite` is False and a file with that name exists.
        OSError: the folder is missing or may not be written to, or the disk is full.
    """
    descriptor, name = tempfile.mkstemp(suffix=".tmp", prefix=".bsnet-", dir=path.parent)  # mode 0600
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        _put_in_place(temporary, path, overwrite=overwrite)
    finally:
        temporary.unlink(missing_ok=True)


def write_private(path: Path, content: bytes, *, overwrite: bool = True) -> None:
    """Writes a whole file by `private_file`, with the same arguments and errors."""
    with private_file(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(content)


def write_private_json(path: Path, values: Any) -> None:
    """Writes plain values as JSON in UTF-8; a value that JSON does not know is written as text."""
    write_private(path, (json.dumps(values, indent=1, ensure_ascii=False, default=str) + "\n").encode("utf-8"))


def _put_in_place(temporary: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)  # fails if the name was taken meanwhile; replacing would not
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError from None
        os.replace(temporary, path)
