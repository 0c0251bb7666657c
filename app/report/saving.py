"""Files for people: written whole or not at all, for their owner only, and never over another file without asking."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from bsnet_core.errors import ReportError
from bsnet_core.language import translate as _
from bsnet_core.private_files import private_file

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) if hasattr(errno, "EDQUOT") else (errno.ENOSPC, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
MISSING = (errno.ENOENT, errno.ENOTDIR)


class NameTakenError(ReportError):
    """A file of that name exists; nothing was changed."""


def save(data: bytes, path: Path, *, overwrite: bool, check: Callable[[bytes], None] | None = None) -> Path:
    """Writes a file beside its destination, reads it back, and only then moves it there.

    Args:
        data: The whole file.
        path: The destination; its folder must exist.
        overwrite: Whether an existing file of that name may be replaced.
        check: Raises `ReportError` if the data read back is not as it should be.

    Returns:
        `path`.

    Raises:
        NameTakenError: a file of that name exists and `overwrite` is False.
        ReportError: the folder is read-only, missing or full, or the data read back differs from the data written.
            The message names no file: file names may contain patients' names.
    """
    try:
        if path.is_dir():
            raise ReportError(_("There is a folder with that name. Choose another name."))
        if not overwrite and path.exists():
            raise FileExistsError
        with private_file(path, overwrite=overwrite) as temporary:
            temporary.write_bytes(data)
            written = temporary.read_bytes()
            if written != data:
                raise ReportError(_("The saved file does not match what was written. Save it to another disk."))
            if check is not None:
                check(written)
    except FileExistsError as error:
        raise NameTakenError(_("A file with that name already exists. Choose another name, or replace it.")) from error
    except (OSError, ValueError) as error:
        raise ReportError(_reason(error)) from error
    return path


def _reason(error: OSError | ValueError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number in FULL:
        return _("The disk is full and nothing was saved. Free some space, or choose another disk.")
    if number in FORBIDDEN:
        return _(
            "You do not have permission to write to this folder, or the file is open in another program. Nothing was "
            "saved. Close the file, or choose another folder."
        )
    if number in MISSING:
        return _("The folder no longer exists and nothing was saved. Choose another folder.")
    if number is None or number in (errno.ENAMETOOLONG, errno.EINVAL):
        return _("This file name cannot be used and nothing was saved. Choose a shorter or simpler name.")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return _("The file could not be saved: {reason}.").format(reason=reason)
