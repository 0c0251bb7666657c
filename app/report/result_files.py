"""The result files of `bsnet-score`: for their owner only, and never in place of something else."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bsnet_core.errors import ReportError
from bsnet_core.language import translate as _


def is_to_screen(path: Path | None) -> bool:
    """Whether a path stands for standard output."""
    return path is not None and str(path) == "-"


@contextmanager
def result_file(path: Path | None, own_start: bytes, newline: str | None) -> Iterator[TextIO | None]:
    """A result file for its owner only; replaces only an earlier result, which begins with `own_start`.

    Args:
        path: The file; "-" for standard output, None for none.
        own_start: First bytes of every file of this kind.
        newline: As for `open`.

    Raises:
        ReportError: the file exists and is no result, or cannot be written.
    """
    if path is None:
        yield None
    elif is_to_screen(path):
        yield sys.stdout
    else:
        try:
            if path.is_file() and _starts_unlike(path, own_start):
                raise ReportError(
                    _("{path} is not a result file of this command and was not replaced. Choose another name.").format(
                        path=path
                    )
                )
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise ReportError(
                _("The result file {path} could not be written: {reason}.").format(path=path, reason=error.strerror)
            ) from error
        # An existing file would keep its mode otherwise; a device such as /dev/null must keep its own.
        if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline=newline) as file:
            yield file


def _starts_unlike(path: Path, own_start: bytes) -> bool:
    # "--json *.dcm" must not overwrite an image.
    with path.open("rb") as file:
        return file.read(len(own_start)) not in (b"", own_start)
