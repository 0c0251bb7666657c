"""DICOMDIR: the image files listed in the directory of a DICOM medium (PS3.3 F, PS3.10 8, PS3.11).

A directory comes from elsewhere and may name anything: only files inside its own folder are opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.uid import MediaStorageDirectoryStorage

from bsnet_core.errors import BSNetError, ImageTooLargeError, UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading.found_images import FoundImages
from bsnet_core.loading.header import PARSING_ERRORS, value_of

NAME = "DICOMDIR"
MAX_BYTES = 256 * 1024**2
ISO_9660_VERSION = ";1"
"""Suffix that some systems show behind every name of a CD."""


def is_dicomdir(path: Path) -> bool:
    """Whether a file is a DICOMDIR, by its content."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            file.seek(128)
            if file.read(4) != b"DICM":
                return False
        return read_file_meta_info(path).get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage
    except (OSError, *PARSING_ERRORS):
        return False


def dicomdir_in(folder: Path) -> Path | None:
    """The DICOMDIR directly inside a folder, in upper or lower case."""
    try:
        candidates = [path for path in folder.iterdir() if _plain(path.name) == NAME.casefold()]
    except OSError:
        return None
    return next((path for path in candidates if is_dicomdir(path)), None)


def images_named_by(dicomdir: Path) -> FoundImages:
    """The files of all image records, in the directory's order.

    Files that are missing, or outside the directory's folder, are listed as rejections; the others are kept.

    Raises:
        UnreadableImageError: damaged, no permission, or no image in it.
        ImageTooLargeError: the directory itself is implausibly large.
    """
    folder = dicomdir.parent
    files: dict[Path, None] = {}
    missing: list[str] = []
    outside = 0
    names = _Names(folder)
    for parts in _file_ids(dicomdir):
        if not all(_is_plain_name(part) for part in parts):
            outside += 1
            continue
        path = names.find(parts)
        if path is None:
            missing.append("/".join(parts))
        elif not names.holds(path):
            outside += 1
        else:
            files[path] = None
    rejections: list[tuple[Path, BSNetError]] = []
    if missing:
        sentence = translate_count(
            "{count} file listed in this DICOMDIR is missing ({name}). Copy the whole medium, or open its files.",
            "{count} files listed in this DICOMDIR are missing, such as {name}. Copy the whole medium, or open its "
            "files.",
            len(missing),
        )
        rejections.append((dicomdir, UnreadableImageError(sentence.format(count=len(missing), name=missing[0]))))
    if outside:
        sentence = translate_count(
            "{count} entry of this DICOMDIR leads outside its folder and was not opened.",
            "{count} entries of this DICOMDIR lead outside its folder and were not opened.",
            outside,
        )
        rejections.append((dicomdir, UnreadableImageError(sentence.format(count=outside))))
    if not files and not rejections:
        raise UnreadableImageError(_("This DICOMDIR lists no images."))
    return FoundImages(tuple(files), tuple(rejections), on_medium=True)


def _file_ids(dicomdir: Path) -> Iterator[list[str]]:
    """The parts of each image record's file ID."""
    try:
        if dicomdir.stat().st_size > MAX_BYTES:
            raise ImageTooLargeError(
                _("This DICOMDIR is larger than {megabytes} MiB. It was not loaded.").format(
                    megabytes=MAX_BYTES // 1024**2
                )
            )
        records = value_of(pydicom.dcmread(dicomdir), "DirectoryRecordSequence")
    except PermissionError as error:
        raise UnreadableImageError(_("This file or folder cannot be opened: permission was denied.")) from error
    except (OSError, *PARSING_ERRORS) as error:
        raise UnreadableImageError(_("This DICOMDIR is damaged. Open the files in its folder instead.")) from error
    for record in records or ():
        kind = str(value_of(record, "DirectoryRecordType") or "").strip().upper()
        parts = _file_id(record)
        if kind == "IMAGE" and parts:
            yield parts


def _file_id(record: Dataset) -> list[str]:
    value = value_of(record, "ReferencedFileID")
    if value is None:
        return []
    parts = value.split("\\") if isinstance(value, str) else [str(part) for part in value]
    return [part.strip() for part in parts]


def _is_plain_name(part: str) -> bool:
    return part not in ("", ".", "..") and not any(char in part for char in "/\\:\0")


def _plain(name: str) -> str:
    """A name in lower case and without the version number that media and systems may add."""
    return name.removesuffix(ISO_9660_VERSION).casefold()


class _Names:
    """Finds files below a folder by name, whatever the case: it may have changed on the way from the medium."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._resolved = folder.resolve()
        self._listings: dict[Path, dict[str, Path]] = {}

    def find(self, parts: list[str]) -> Path | None:
        place = self._folder
        for part in parts:
            found = self._listing(place).get(_plain(part))
            if found is None:
                return None
            place = found
        return place

    def holds(self, path: Path) -> bool:
        """Whether a path is a regular file inside the folder, links followed."""
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):  # a link to nowhere, or to itself
            return False
        return real.is_relative_to(self._resolved) and real.is_file()

    def _listing(self, folder: Path) -> dict[str, Path]:
        if folder not in self._listings:
            try:
                # A link may lead outside the folder: nothing is listed there.
                inside = folder.resolve().is_relative_to(self._resolved)
                self._listings[folder] = {_plain(path.name): path for path in folder.iterdir()} if inside else {}
            except (OSError, RuntimeError):
                self._listings[folder] = {}
        return self._listings[folder]
