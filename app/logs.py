"""The viewer's log: what happened and where in the program, never whose study it was."""

from __future__ import annotations

import logging
import os
import traceback
from pathlib import Path

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
