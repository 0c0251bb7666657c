"""Files for people: written whole or not at all, readable by their owner only, never over another without asking."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from bsnet_core.errors import ReportError
from bsnet_core.language import translate as _

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) if hasattr(errno, "EDQUOT") else (errno.ENOSPC, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
MISSING = (errno.ENOENT, errno.ENOTDIR)


class NameTakenError(ReportError):
    """A file of that name stands there already; nothing was touched."""


def save(data: bytes, path: Path, *, overwrite: bool, check: Callable[[bytes], None] | None = None) -> Path:
    """Writes a file beside its place, reads it again, and only then puts it there.

    Args:
        data: The whole file.
        path: Where it is to stand; its folder must exist.
        overwrite: Whether a file of that name may be replaced.
        check: Raises `ReportError` where what was read back is not what it should be.

    Returns:
        `path`.

    Raises:
        NameTakenError: a file of that name stands there and `overwrite` is False.
        ReportError: the place may not be written to, is full, or what stands there is not what was written.
            The sentence names no file: file names name patients.
    """
    temporary: Path | None = None
    try:
        if path.is_dir():
            raise ReportError(_("There is a folder of that name. Choose another name."))
        if not overwrite and path.exists():
            raise FileExistsError
        descriptor, name = tempfile.mkstemp(suffix=".tmp", prefix=".bsnet-", dir=path.parent)  # mode 0600
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        written = temporary.read_bytes()
        if written != data:
            raise ReportError(_("What was written cannot be read again as it was. Save it to another disk."))
        if check is not None:
            check(written)
        _put_in_place(temporary, path, overwrite=overwrite)
    except FileExistsError as error:
        raise NameTakenError(_("There is a file of that name already. Choose another name, or replace it.")) from error
    except (OSError, ValueError) as error:
        raise ReportError(_why(error)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def _put_in_place(temporary: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)  # fails where the name was taken meanwhile, which replacing would not
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError from None
        os.replace(temporary, path)


def _why(error: OSError | ValueError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number in FULL:
        return _("The disk is full: nothing was saved. Make room, or choose another disk.")
    if number in FORBIDDEN:
        return _(
            "This place may not be written to, or the file is open in another program: nothing was saved. "
            "Close the file, or choose another folder."
        )
    if number in MISSING:
        return _("There is no such folder any more: nothing was saved. Choose another folder.")
    if number is None or number in (errno.ENAMETOOLONG, errno.EINVAL):
        return _("This name cannot be used for a file: nothing was saved. Choose a shorter or simpler name.")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return _("The file could not be saved: {reason}.").format(reason=reason)
