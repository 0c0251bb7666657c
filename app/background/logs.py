"""The viewer's log: what happened and where in the program, never anything about a patient."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

from bsnet_core.errors import BSNetError, UnforeseenError
from bsnet_core.language import translate as _
from bsnet_core.private_files import create_private_file

log = logging.getLogger(__name__)
OWN_LOGGERS = ("app", "bsnet_core")
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def set_up_logging(path: Path) -> None:
    """Logs the program's own records to a file that only its owner may read.

    Records of libraries are left out: pydicom's warnings quote values of a file, such as the patient's name.
    """
    logging.captureWarnings(True)
    logging.getLogger().addHandler(logging.NullHandler())
    create_private_file(path)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    for name in OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)


def trace_of(error: BaseException) -> str:
    """The kind of an error and the lines of its traceback; without its text, which may quote the file."""
    lines = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{lines}".rstrip()


def logged_error(error: Exception) -> BSNetError:
    """The error of background work that people are shown; an unforeseen one is logged with its trace."""
    if not isinstance(error, BSNetError):
        log.error("Background work failed: %s", trace_of(error))
        kind = type(error).__name__
        return UnforeseenError(_("An unexpected error occurred ({kind}).").format(kind=kind))
    if error.__cause__ is not None and isinstance(error, UnforeseenError):
        log.error("Background work failed: %s", trace_of(error.__cause__))
    # The frames of the traceback hold an image's pixels for as long as anybody keeps the error.
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
