"""Start and end of the program's own child processes, which it talks to over pipes."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

Child = subprocess.Popen[bytes]


def start_child(command: Sequence[str], *, is_quiet: bool = False) -> Child:
    """Starts a child that reads requests on standard input and answers on standard output.

    Args:
        command: Program and arguments; runs in the folder that holds the packages, so that modules are found.
        is_quiet: Whether to drop its standard error.

    Raises:
        OSError: the child cannot be started.
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
    """Kills a child, waits until it is gone, and closes its pipes."""
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # bytes that the dead child never read
                continue
