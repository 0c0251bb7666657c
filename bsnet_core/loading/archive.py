"""ZIP archives: their images unpacked into a private folder that is removed with its owner.

An archive comes from elsewhere and may claim anything: its sizes are checked before and during unpacking, names are
cleaned, links and archives inside it are ignored.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO

from bsnet_core.errors import (
    BSNetError,
    ImageTooLargeError,
    PasswordNeededError,
    UnreadableImageError,
    UnsupportedObjectError,
)
from bsnet_core.language import translate as _
from bsnet_core.loading.dicomdir import NAME as DICOMDIR
from bsnet_core.loading.found_images import FoundImages
from bsnet_core.loading.sniffing import NEVER_IMAGES, SNIFFED_BYTES, looks_like_an_image
from bsnet_core.progress import Report, no_report

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
MAX_ENTRIES = 20_000
MAX_UNPACKED_BYTES = 8 * 1024**3
"""More than fits on a DVD."""
MAX_RATIO = 100
"""Unpacked to packed size: radiographs reach 10, a bomb a thousand and more."""
RATIO_COUNTS_FROM_BYTES = 256 * 1024**2
"""Below this size any ratio is allowed: small archives of blank test images shrink a lot."""
MAX_DEPTH = 32
MAX_NAME_CHARS = 100
CHUNK_BYTES = 1024**2
ENCRYPTED_FLAG = 0x1
AES_METHOD = 99
UNPACKED_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
UNPACKING_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, LookupError)
"""Errors that `zipfile` raises on damaged archives, wrong checksums included."""
RESERVED_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def is_zip(path: Path) -> bool:
    """Whether a file is a ZIP archive, by its first bytes."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(4).startswith(ZIP_SIGNATURES)
    except (OSError, ValueError):
        return False


class UnpackedArchives:
    """Owns the temporary folders of unpacked archives: `close`, or leaving the context, removes them.

    The folders are readable by their owner only. An archive may be unpacked from any thread.
    """

    def __init__(self) -> None:
        self._folders: list[tempfile.TemporaryDirectory[str]] = []
        self._origins: dict[Path, Path] = {}
        self._closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> UnpackedArchives:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def unpack(self, archive: Path, password: str | None = None, report: Report = no_report) -> FoundImages:
        """Unpacks the images of an archive.

        Args:
            archive: A ZIP file.
            password: Password of the encrypted files in it.
            report: Told the share done; may raise `Cancelled`.

        Returns:
            The unpacked files, and a rejection for each image that is damaged.

        Raises:
            PasswordNeededError: encrypted, and the password is missing or wrong.
            ImageTooLargeError: more files or bytes than the limits; nothing was kept.
            UnreadableImageError: damaged, a path that leads outside, or no images in it.
            UnsupportedObjectError: encrypted or compressed in a way that is not supported.
            Cancelled: `report` asked to stop.
        """
        folder = tempfile.TemporaryDirectory(prefix="bsnet-", ignore_cleanup_errors=True)  # mode 0700
        try:
            found, origins = _unpack(archive, Path(folder.name), password, report)
        except BaseException:
            folder.cleanup()
            raise
        with self._lock:
            self._folders.append(folder)
            self._origins.update(origins)
            if self._closed:
                self._clean()
        return found

    def origin_of(self, path: Path) -> Path:
        """The place a file came from, to show to people: inside its archive, or its own path."""
        return self._origins.get(path, path)

    def close(self) -> None:
        """Removes everything unpacked; archives still being unpacked on another thread are removed when done."""
        with self._lock:
            self._closed = True
            self._clean()

    def _clean(self) -> None:
        while self._folders:
            self._folders.pop().cleanup()
        self._origins.clear()


def _unpack(archive: Path, folder: Path, password: str | None, report: Report) -> tuple[FoundImages, dict[Path, Path]]:
    secret = password.encode("utf-8") if password else None
    origins: dict[Path, Path] = {}
    rejections: list[tuple[Path, BSNetError]] = []
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = list(_candidates(opened))
            _reject_bombs(opened, archive, folder)
            budget = MAX_UNPACKED_BYTES
            for number, entry in enumerate(entries):
                report(_("Unpacking"), number / len(entries))
                origin = archive / entry.filename
                try:
                    path = _unpack_entry(opened, entry, folder, secret, budget, report, number / len(entries))
                except UNPACKING_ERRORS:
                    sentence = _("This file in the archive is damaged and cannot be unpacked.")
                    rejections.append((origin, UnreadableImageError(sentence)))
                    continue
                except RuntimeError as error:  # zipfile raises this without a password and for most wrong ones
                    raise _password_needed(archive, password) from error
                if path is not None:
                    budget -= path.stat().st_size
                    origins[path] = origin
    except UNPACKING_ERRORS as error:
        raise UnreadableImageError(_("This ZIP archive is damaged and cannot be opened.")) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableImageError(_("This archive cannot be unpacked: {reason}.").format(reason=reason)) from error
    if secret and rejections and not origins:
        # A wrong password passes zipfile's own check once in 256 times, and then looks like damage.
        raise _password_needed(archive, password)
    if not origins and not rejections:
        raise UnreadableImageError(_("This archive holds no images. Archives inside it are not opened."))
    return FoundImages(tuple(sorted(origins)), tuple(rejections)), origins


def _candidates(opened: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Entries that may be images; the path of each is checked first.

    Raises:
        UnreadableImageError: a path leads out of the archive.
    """
    for entry in opened.infolist():
        parts = _parts_of(entry)
        if ".." in parts or entry.filename.replace("\\", "/").startswith("/") or re.match(r"[A-Za-z]:", parts[0]):
            raise UnreadableImageError(
                _("A file in this archive has a path that leads out of it. Nothing was unpacked.")
            )
        if len(parts) > MAX_DEPTH or entry.is_dir() or stat.S_ISLNK(entry.external_attr >> 16):
            continue
        is_hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
        if not is_hidden and parts[-1].upper() != DICOMDIR and Path(parts[-1]).suffix.lower() not in NEVER_IMAGES:
            yield entry


def _parts_of(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(entry.filename.replace("\\", "/")).parts or ("",)


def _reject_bombs(opened: zipfile.ZipFile, archive: Path, folder: Path) -> None:
    """Checks what the archive declares; `_unpack_entry` then counts the actual bytes."""
    entries = opened.infolist()
    if len(entries) > MAX_ENTRIES:
        raise ImageTooLargeError(
            _("This archive holds over {count} files. Unpack it yourself and open the folder with the images.").format(
                count=MAX_ENTRIES
            )
        )
    declared = sum(entry.file_size for entry in entries)
    if declared > MAX_UNPACKED_BYTES:
        raise _too_large()
    if declared > RATIO_COUNTS_FROM_BYTES and declared > MAX_RATIO * archive.stat().st_size:
        raise ImageTooLargeError(
            _(
                "This archive unpacks to more than {ratio} times its size, which no archive of images does. "
                "Nothing was unpacked."
            ).format(ratio=MAX_RATIO)
        )
    if declared > shutil.disk_usage(folder).free:
        raise ImageTooLargeError(_("There is not enough room on the disk to unpack this archive."))


def _unpack_entry(
    opened: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    folder: Path,
    secret: bytes | None,
    budget: int,
    report: Report,
    fraction: float,
) -> Path | None:
    """Writes one image; returns None if the content is not an image."""
    if entry.compress_type == AES_METHOD:
        raise UnsupportedObjectError(
            _("This archive is encrypted with AES, which is not supported. Unpack it yourself and open the folder.")
        )
    if entry.compress_type not in UNPACKED_METHODS:
        raise UnsupportedObjectError(
            _("This archive is compressed in a way that is not supported. Unpack it yourself and open the folder.")
        )
    with opened.open(entry, pwd=secret if entry.flag_bits & ENCRYPTED_FLAG else None) as source:
        start = source.read(SNIFFED_BYTES)
        if not looks_like_an_image(start):
            return None
        path = _free_path(folder, _parts_of(entry))
        with open(path, "xb", opener=_owner_only) as target:
            _copy(start, source, target, budget, lambda: report(_("Unpacking"), fraction))
    return path


def _owner_only(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _copy(start: bytes, source: IO[bytes], target: IO[bytes], budget: int, check: Callable[[], None]) -> None:
    written, chunk = 0, start
    while chunk:
        written += len(chunk)
        if written > budget:
            raise _too_large()
        target.write(chunk)
        check()
        chunk = source.read(CHUNK_BYTES)


def _free_path(folder: Path, parts: tuple[str, ...]) -> Path:
    """A path below `folder` with the entry's cleaned names, numbered if the name is taken."""
    place = folder.joinpath(*(_clean_name(part) for part in parts[:-1]))
    while place != folder and place.exists() and not place.is_dir():
        place = place.with_name(place.name + "_")
    place.mkdir(parents=True, exist_ok=True)
    name = _clean_name(parts[-1])
    path, number = place / name, 2
    while path.exists():
        path = place / f"{Path(name).stem}-{number}{Path(name).suffix}"
        number += 1
    return path


def _clean_name(part: str) -> str:
    """A name that every file system accepts, as close to the archive's as possible."""
    name = "".join(char if char.isprintable() and char not in '<>:"|?*/\\' else "_" for char in part).strip(" .")
    if len(name) > MAX_NAME_CHARS:
        suffix = Path(name).suffix[:10]
        name = name[: MAX_NAME_CHARS - len(suffix)] + suffix
    return f"_{name}" if not name or RESERVED_NAMES.fullmatch(name) else name


def _too_large() -> ImageTooLargeError:
    return ImageTooLargeError(
        _("This archive unpacks to over {gigabytes} GiB. Nothing was kept.").format(
            gigabytes=MAX_UNPACKED_BYTES // 1024**3
        )
    )


def _password_needed(archive: Path, password: str | None) -> PasswordNeededError:
    if password:
        return PasswordNeededError(_("This password does not open the archive."), archive)
    return PasswordNeededError(_("This archive is encrypted. Enter its password to open it."), archive)
