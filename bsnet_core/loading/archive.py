"""Archives and compressed files: their images unpacked into a private folder that is removed with its owner.

An archive comes from elsewhere and may claim anything: its sizes are checked before and during unpacking, names are
cleaned, links, devices and archives inside it are not opened.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from bsnet_core.errors import (
    BSNetError,
    ImageTooLargeError,
    PasswordNeededError,
    UnreadableImageError,
    UnsupportedObjectError,
)
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading.archive_entry import UNPACKING_ERRORS, ArchiveEntry, EntryKind, PasswordRejectedError
from bsnet_core.loading.compression import Readable, compression_of, decompressed
from bsnet_core.loading.container import HEADER_BYTES, ZIP_SIGNATURES, Container, Rejoined, container_of, is_tar_header
from bsnet_core.loading.dicomdir import is_named_dicomdir
from bsnet_core.loading.directory_order import in_directory_order
from bsnet_core.loading.found_images import FoundImages
from bsnet_core.loading.sniffing import NEVER_IMAGES, looks_like_an_image
from bsnet_core.loading.tar_archive import TarArchive
from bsnet_core.loading.unpacked_names import UnpackedNames, leads_out
from bsnet_core.loading.zip_archive import ZipArchive
from bsnet_core.progress import Report, no_report

MAX_ENTRIES = 20_000
MAX_UNPACKED_BYTES = 8 * 1024**3
"""More than fits on a DVD."""
MAX_RATIO = 100
"""Unpacked to packed size: radiographs reach 10, a bomb a thousand and more."""
RATIO_COUNTS_FROM_BYTES = 256 * 1024**2
"""Below this size any ratio is allowed: small archives of blank test images shrink a lot."""
MAX_DEPTH = 32
MAX_LOCKED = 32
"""A password that opens none of so many files opens none of the others: AES makes every trial slow by intention."""
CHUNK_BYTES = 64 * 1024
CHECKED_BYTES = 4 * 1024**2
"""Of a file that is no image; more than a block of bzip2, whose checksums stand behind each."""


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
        """Unpacks the images of an archive, or the one in a compressed file.

        Args:
            archive: A file of any kind that `container_of` knows.
            password: Password of the encrypted files in it.
            report: Told the share done; may raise `Cancelled`.

        Returns:
            The unpacked files, in the order of a DICOMDIR if there is one, a rejection for each image that is damaged
            or cannot be unpacked, and notes on links and archives that were left out.

        Raises:
            PasswordNeededError: encrypted, and the password is missing or wrong.
            ImageTooLargeError: more files or bytes than the limits; nothing was kept.
            UnreadableImageError: damaged, a path that leads outside, or no images in it.
            UnsupportedObjectError: encrypted or compressed in a way that is not supported.
            Cancelled: `report` asked to stop.
        """
        folder = tempfile.TemporaryDirectory(prefix="bsnet-", ignore_cleanup_errors=True)  # mode 0700
        try:
            unpacking = _Unpacking(archive, Path(folder.name), password, report)
            unpacking.unpack()
            found = unpacking.found()
        except BaseException:
            folder.cleanup()
            raise
        with self._lock:
            self._folders.append(folder)
            self._origins.update(unpacking.origins)
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


class _Unpacking:
    """One archive on its way into its folder."""

    def __init__(self, archive: Path, folder: Path, password: str | None, report: Report) -> None:
        self._archive, self._folder = archive, folder
        self._password, self._report = password, report
        self._names = UnpackedNames(folder)
        self._budget = MAX_UNPACKED_BYTES
        self._entries_seen = 0
        self._encrypted_opened = self._encrypted_failed = False
        self._dicomdirs: list[Path] = []
        self._rejections: list[tuple[Path, BSNetError]] = []
        self._locked: list[Path] = []
        self._links: list[str] = []
        self._archives_inside: list[str] = []
        self.origins: dict[Path, Path] = {}
        """For each file unpacked its place in the archive."""

    def unpack(self) -> None:
        """Writes the images into the folder. Raises what `UnpackedArchives.unpack` raises."""
        try:
            with self._opened() as entries:
                for entry, share in entries:
                    self._report(_("Unpacking"), share)
                    self._take(entry, share)
        except MemoryError as error:
            raise ImageTooLargeError(_("There is not enough memory to unpack this archive.")) from error
        except UNPACKING_ERRORS as error:
            self._note_damage(error)
        except OSError as error:
            if error.errno is None:  # bz2's way to say that its data are damaged
                self._note_damage(error)
            else:
                reason = error.strerror or type(error).__name__
                raise UnreadableImageError(
                    _("This archive cannot be unpacked: {reason}.").format(reason=reason)
                ) from error

    def found(self) -> FoundImages:
        """The images unpacked, rejections and notes."""
        images = [path for path in self.origins if path not in self._dicomdirs]
        if self._encrypted_failed and not self._encrypted_opened:
            raise self._password_needed()
        sentence = _("This file in the archive is encrypted with another password.")
        self._rejections += [(origin, UnreadableImageError(sentence)) for origin in self._locked]
        if not images and not self._rejections:
            raise UnreadableImageError(self._nothing_found())
        errors = [error for _origin, error in self._rejections]
        if not images and isinstance(errors[0], UnsupportedObjectError) and len(set(map(str, errors))) == 1:
            raise errors[0]  # the same for all files
        arranged = in_directory_order(sorted(images), self._dicomdirs)
        rejections = [*self._rejections, *((self._origin(path), error) for path, error in arranged.rejections)]
        notes = [*self._notes(), *((self._origin(path), note) for path, note in arranged.notes)]
        return FoundImages(arranged.files, tuple(rejections), tuple(notes))

    def _opened(self) -> AbstractContextManager[Iterable[tuple[ArchiveEntry, float]]]:
        container = container_of(self._archive) or Container()
        if container.is_zip:
            opened = ZipArchive(self._archive)
            _reject_bombs(len(opened), opened.declared_bytes, self._archive, self._folder)
            return opened
        most = self._archive.stat().st_size * MAX_RATIO
        if most < MAX_UNPACKED_BYTES and container.compression is not None:
            return TarArchive(self._archive, container, max(most, RATIO_COUNTS_FROM_BYTES), _bomb())
        return TarArchive(self._archive, container, MAX_UNPACKED_BYTES, _too_large())

    def _take(self, entry: ArchiveEntry, share: float) -> None:
        """Unpacks an entry if it is an image.

        Raises:
            UnreadableImageError: its path leads out of the archive.
            ImageTooLargeError: over the limits.
        """
        self._entries_seen += 1
        if self._entries_seen > MAX_ENTRIES:
            raise _too_many()
        if leads_out(entry.name, entry.parts):
            raise UnreadableImageError(
                _("A file in this archive has a path that leads out of it. Nothing was unpacked.")
            )
        is_hidden = any(part.startswith((".", "__MACOSX")) for part in entry.parts)
        if is_hidden or entry.kind is EntryKind.OTHER or Path(entry.parts[-1]).suffix.lower() in NEVER_IMAGES:
            return
        if entry.kind is EntryKind.LINK:
            self._links.append(entry.name)
            return
        origin = self._archive / entry.name
        if len(entry.parts) > MAX_DEPTH:
            sentence = _("This file lies in more than {count} folders and was not unpacked.").format(count=MAX_DEPTH)
            self._rejections.append((origin, UnreadableImageError(sentence)))
            return
        try:
            self._unpack_entry(entry, origin, share)
        except PasswordRejectedError:
            self._encrypted_failed = True
            self._locked.append(origin)
            if len(self._locked) >= MAX_LOCKED and not self._encrypted_opened:
                raise self._password_needed() from None
        except UnsupportedObjectError as error:
            self._rejections.append((origin, error))
        except UNPACKING_ERRORS:
            self._reject_damaged(entry, origin)
        except OSError as error:
            if error.errno is not None:
                raise
            self._reject_damaged(entry, origin)

    def _unpack_entry(self, entry: ArchiveEntry, origin: Path, share: float) -> None:
        secret = self._password.encode("utf-8") if self._password else None
        with entry.open(secret) as opened:
            source: Readable = opened
            start = source.read(HEADER_BYTES)
            compression = compression_of(start)
            parts = entry.parts
            if compression is not None:
                source = decompressed(Rejoined(start, opened), compression)
                start = source.read(HEADER_BYTES)
                parts = (*parts[:-1], Path(parts[-1]).stem)
            self._encrypted_opened |= entry.proves_password
            if start.startswith(ZIP_SIGNATURES) or is_tar_header(start) or compression_of(start) is not None:
                self._archives_inside.append(entry.name or self._archive.name)
            elif looks_like_an_image(start):
                path = self._names.free_path(parts)
                self._copy(start, source, path, share)
                self.origins[path] = origin
                if is_named_dicomdir(parts[-1]):
                    self._dicomdirs.append(path)
            elif entry.is_encrypted or not entry.name:
                # Its checksum tells whether it is noise, of a wrong password or of damage.
                for _chunk in range(CHECKED_BYTES // CHUNK_BYTES):
                    if not source.read(CHUNK_BYTES):
                        break
            self._encrypted_opened |= entry.is_encrypted

    def _copy(self, start: bytes, source: Readable, path: Path, share: float) -> None:
        try:
            with open(path, "xb", opener=_owner_only) as target:
                chunk = start
                while chunk:
                    self._budget -= len(chunk)
                    if self._budget < 0:
                        raise _too_large()
                    target.write(chunk)
                    self._report(_("Unpacking"), share)
                    chunk = source.read(CHUNK_BYTES)
        except BaseException:
            path.unlink(missing_ok=True)  # not the whole file
            raise

    # What went wrong, and what was left out

    def _origin(self, path: Path) -> Path:
        return self.origins.get(path, self._archive)

    def _reject_damaged(self, entry: ArchiveEntry, origin: Path) -> None:
        # A wrong password passes the check of the traditional encryption once in 256 times, and then looks like damage.
        self._encrypted_failed |= entry.is_encrypted
        if not entry.name:
            raise UnreadableImageError(_("This compressed file is damaged or cut off and cannot be unpacked."))
        sentence = _("This file in the archive is damaged and cannot be unpacked.")
        self._rejections.append((origin, UnreadableImageError(sentence)))

    def _note_damage(self, error: Exception) -> None:
        """Of an archive that is damaged from some place on: what lies before it is kept."""
        if not self.origins:
            raise UnreadableImageError(_("This archive is damaged or cut off and cannot be opened.")) from error
        sentence = _("This archive is damaged or cut off. Images may be missing, and those found may be damaged.")
        self._rejections.append((self._archive, UnreadableImageError(sentence)))

    def _nothing_found(self) -> str:
        if self._archives_inside:
            return _("This archive holds no images, only other archives, which are not opened. Unpack it yourself.")
        if self._links:
            return _("This archive holds no images, only links, which are not followed.")
        if (container := container_of(self._archive)) is not None and container.holds_one_file:
            return _("This compressed file holds no image.")
        return _("This archive holds no images. Archives inside it are not opened.")

    def _notes(self) -> list[tuple[Path, str]]:
        notes = []
        if self._links:
            sentence = translate_count(
                "{count} link in this archive was not followed ({name}).",
                "{count} links in this archive were not followed, such as {name}.",
                len(self._links),
            )
            notes.append((self._archive, sentence.format(count=len(self._links), name=self._links[0])))
        if self._archives_inside:
            sentence = translate_count(
                "{count} archive inside this archive was not opened ({name}).",
                "{count} archives inside this archive were not opened, such as {name}.",
                len(self._archives_inside),
            )
            notes.append(
                (self._archive, sentence.format(count=len(self._archives_inside), name=self._archives_inside[0]))
            )
        return notes

    def _password_needed(self) -> PasswordNeededError:
        if self._password:
            return PasswordNeededError(_("This password does not open the archive."), self._archive)
        return PasswordNeededError(_("This archive is encrypted. Enter its password to open it."), self._archive)


def _reject_bombs(count: int, declared: int, archive: Path, folder: Path) -> None:
    """Checks what a ZIP archive declares; `_Unpacking` then counts the actual bytes."""
    if count > MAX_ENTRIES:
        raise _too_many()
    if declared > MAX_UNPACKED_BYTES:
        raise _too_large()
    if declared > RATIO_COUNTS_FROM_BYTES and declared > MAX_RATIO * archive.stat().st_size:
        raise _bomb()
    if declared > shutil.disk_usage(folder).free:
        raise ImageTooLargeError(_("There is not enough room on the disk to unpack this archive."))


def _owner_only(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _too_many() -> ImageTooLargeError:
    return ImageTooLargeError(
        _("This archive holds over {count} files. Unpack it yourself and open the folder with the images.").format(
            count=MAX_ENTRIES
        )
    )


def _bomb() -> ImageTooLargeError:
    return ImageTooLargeError(
        _(
            "This archive unpacks to more than {ratio} times its size, which no archive of images does. "
            "Nothing was unpacked."
        ).format(ratio=MAX_RATIO)
    )


def _too_large() -> ImageTooLargeError:
    return ImageTooLargeError(
        _("This archive unpacks to over {gigabytes} GiB. Nothing was kept.").format(
            gigabytes=MAX_UNPACKED_BYTES // 1024**3
        )
    )
