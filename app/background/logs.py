"""The viewer's log: what happened and where in the program, never whose study it was."""

from __future__ import annotations

import logging
import os
import traceback
from pathlib import Path

from bsnet_core.errors import BSNetError, UnforeseenError
from bsnet_core.language import translate as _

log = logging.getLogger(__name__)
OWN_LOGGERS = ("app", "bsnet_core")
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def set_up_logging(path: Path) -> None:
    """Logs the program's own records to a file that only its owner may read.

    Libraries are not listened to: pydicom's warnings quote the values of a file, a patient's name among them.
    """
    logging.captureWarnings(True)
    logging.getLogger().addHandler(logging.NullHandler())
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    path.chmod(0o600)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    for name in OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)


def where_it_failed(error: BaseException) -> str:
    """Kind of the error and the lines it came through; its text is left out, since it may quote the file."""
    lines = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{lines}".rstrip()


def told_and_logged(error: Exception) -> BSNetError:
    """An error of background work as people are told it; what was not foreseen goes to the log with where it was."""
    if not isinstance(error, BSNetError):
        log.error("Background work failed: %s", where_it_failed(error))
        kind = type(error).__name__
        return UnforeseenError(_("The program met an error it did not foresee ({kind}).").format(kind=kind))
    if error.__cause__ is not None and isinstance(error, UnforeseenError):
        log.error("Background work failed: %s", where_it_failed(error.__cause__))
    # Frames hold a film's pixels for as long as anybody keeps the error.
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
