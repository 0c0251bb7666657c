"""Child processes of the program's own that are spoken to over pipes: how one is started and how it is ended."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

Child = subprocess.Popen[bytes]


def start_child(command: Sequence[str], *, is_quiet: bool = False) -> Child:
    """Starts a child that reads requests on standard input and answers on standard output.

    Args:
        command: Its modules are found from the folder that holds the packages.
        is_quiet: Whether what it writes to standard error is dropped.

    Raises:
        OSError: it cannot be started.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if is_quiet else None,
        cwd=Path(__file__).parents[1],
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def end_child(child: Child) -> None:
    """Kills a child, waits until it is gone, and lets its pipes go."""
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # unsent bytes of a dead child
                continue
