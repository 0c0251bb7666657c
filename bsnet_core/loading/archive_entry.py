"""A file in an archive, whatever the kind of the archive."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import PurePosixPath

import pyzipper

from bsnet_core.loading.compression import DECOMPRESSION_ERRORS, Readable

UNPACKING_ERRORS = (
    *DECOMPRESSION_ERRORS,
    pyzipper.BadZipFile,
    zipfile.BadZipFile,
    tarfile.TarError,
    LookupError,
    OverflowError,
    RecursionError,
)
"""Errors of damaged archives, wrong checksums included. An `OSError` without a number is one as well."""


class EntryKind(Enum):
    """Kinds of entries in an archive."""

    FILE = auto()
    LINK = auto()
    OTHER = auto()
    """A folder, a device, a pipe."""


class PasswordRejectedError(Exception):
    """An encrypted entry, and the password is missing or wrong."""


@dataclass(frozen=True)
class ArchiveEntry:
    """A file, link or other thing in an archive.

    Attributes:
        name: Its path in the archive; empty of the only file in a compressed file.
        parts: The parts of its path.
        kind: Only of a file is the content opened.
        is_encrypted: Whether its content needs the password.
        proves_password: Whether a password that opens it is the right one; else its checksum has to tell.
        open: The content as a stream, to be read once, before the next entry. Takes the password. Raises
            `PasswordRejectedError`, `UnsupportedObjectError`, or one of `UNPACKING_ERRORS`, as reading it does.
    """

    name: str
    parts: tuple[str, ...]
    kind: EntryKind
    open: Callable[[bytes | None], AbstractContextManager[Readable]]
    is_encrypted: bool = False
    proves_password: bool = False


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a path in an archive, which may have been made on Windows."""
    return PurePosixPath(name.replace("\\", "/")).parts or ("",)
