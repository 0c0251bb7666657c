"""DICOMDIR: the image files listed in the directory of a DICOM medium (PS3.3 F, PS3.10 8, PS3.11).

A directory comes from elsewhere and may name anything: only names below its own folder are opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.uid import MediaStorageDirectoryStorage

from bsnet_core.errors import BSNetError, ImageTooLargeError, UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading.header import PARSING_ERRORS, value_of

NAME = "DICOMDIR"
MAX_BYTES = 256 * 1024**2
OTHER_RECORDS = frozenset(
    {"ASSESSMENT", "ENCAP DOC", "FIDUCIAL", "HANGING PROTOCOL", "IMPLANT", "IMPLANT ASSY", "IMPLANT GROUP", "PLAN"}
    | {"KEY OBJECT DOC", "MEASUREMENT", "PALETTE", "PRESENTATION", "RADIOTHERAPY", "RAW DATA", "REGISTRATION", "TRACT"}
    | {"RT DOSE", "RT PLAN", "RT STRUCTURE SET", "RT TREAT RECORD", "SPECTROSCOPY", "SR DOCUMENT", "STEREOMETRIC"}
    | {"SURFACE", "SURFACE SCAN", "VALUE MAP", "WAVEFORM"}
    | {"CURVE", "MODALITY LUT", "OVERLAY", "STORED PRINT", "VOI LUT"}  # retired
)
"""Kinds of records whose files are no images (PS3.3 F.4). A file of any other kind, private or damaged, may be one."""
ISO_9660_ENDING = re.compile(r"\.?(;\d+)?$")
"""Ending that some systems show behind the names of a CD: a dot where there is no suffix, and a version, as in ";1"."""


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


def is_named_dicomdir(name: str) -> bool:
    """Whether a file has the name of a DICOMDIR, in upper or lower case, with or without a version number."""
    return _plain(name) == NAME.casefold()


@dataclass(frozen=True)
class Directory:
    """The content of a DICOMDIR.

    Attributes:
        path: The DICOMDIR.
        images: The files of its image records, in its order; each exists.
        others: Files of records of other kinds that the standard knows, such as reports.
        rejections: What it lists and cannot be opened.
    """

    path: Path
    images: tuple[Path, ...]
    others: frozenset[Path]
    rejections: tuple[tuple[Path, BSNetError], ...]


def directory_of(dicomdir: Path, *, follow_links: bool = False) -> Directory:
    """Loads a DICOMDIR and looks for its files.

    Args:
        dicomdir: The file.
        follow_links: Whether links that lead out of its folder are followed, as in every folder that somebody opens.

    Raises:
        UnreadableImageError: damaged, or no permission.
        ImageTooLargeError: the directory itself is implausibly large.
    """
    files: dict[Path, None] = {}
    others: set[Path] = set()
    missing: list[str] = []
    outside = 0
    names = _Names(dicomdir.parent, follow_links)
    for kind, parts in _file_ids(dicomdir):
        path = names.find(parts) if all(_is_plain_name(part) for part in parts) else None
        if kind != "IMAGE":
            others.update((path,) if path is not None and kind in OTHER_RECORDS else ())
        elif not all(_is_plain_name(part) for part in parts):
            outside += 1
        elif path is None:
            missing.append("/".join(parts))
        elif not names.holds(path):
            outside += 1
        else:
            files[path] = None
    rejections = [(dicomdir, error) for error in _rejections(missing, outside)]
    return Directory(dicomdir, tuple(files), frozenset(others), tuple(rejections))


def _rejections(missing: Sequence[str], outside: int) -> Iterator[BSNetError]:
    if missing:
        sentence = translate_count(
            "{count} file listed in this DICOMDIR is missing ({name}). Copy the whole medium, or open its files.",
            "{count} files listed in this DICOMDIR are missing, such as {name}. Copy the whole medium, or open its "
            "files.",
            len(missing),
        )
        yield UnreadableImageError(sentence.format(count=len(missing), name=missing[0]))
    if outside:
        sentence = translate_count(
            "{count} entry of this DICOMDIR leads outside its folder and was not opened.",
            "{count} entries of this DICOMDIR lead outside its folder and were not opened.",
            outside,
        )
        yield UnreadableImageError(sentence.format(count=outside))


def _file_ids(dicomdir: Path) -> Iterator[tuple[str, list[str]]]:
    """Of each record that names a file: its kind, and the parts of the file ID."""
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
        if parts:
            yield kind, parts


def _file_id(record: Dataset) -> list[str]:
    value = value_of(record, "ReferencedFileID")
    if value is None:
        return []
    parts = value.split("\\") if isinstance(value, str) else [str(part) for part in value]
    # Some writers separate by slashes what the standard separates by backslashes, or begin with the folder itself.
    parts = [step.strip() for part in parts for step in part.split("/")]
    return parts[1:] if len(parts) > 1 and parts[0] == "." else parts


def _is_plain_name(part: str) -> bool:
    return part not in ("", ".", "..") and not any(char in part for char in "/\\:\0")


def _plain(name: str) -> str:
    """A name in lower case, without the version number and the last dot that media and systems may add."""
    return ISO_9660_ENDING.sub("", name).casefold()


class _Names:
    """Finds files below a folder by name, whatever the case: it may have changed on the way from the medium."""

    def __init__(self, folder: Path, follow_links: bool) -> None:
        self._folder = folder
        self._follow_links = follow_links
        self._resolved = folder.resolve()
        self._listings: dict[Path, dict[str, Path]] = {}

    def find(self, parts: list[str]) -> Path | None:
        place = self._folder
        for part in parts:
            listing = self._listing(place)
            found = listing.get(part) or listing.get(_plain(part))
            if found is None:
                return None
            place = found
        return place

    def holds(self, path: Path) -> bool:
        """Whether a path is a regular file, and inside the folder unless links are followed."""
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):  # a link to nowhere, or to itself
            return False
        return real.is_file() and (self._follow_links or real.is_relative_to(self._resolved))

    def _listing(self, folder: Path) -> dict[str, Path]:
        if folder not in self._listings:
            try:
                # A link may lead outside the folder: nothing is listed there.
                inside = self._follow_links or folder.resolve().is_relative_to(self._resolved)
                paths = sorted(folder.iterdir()) if inside else []
                # By its own name first: two may differ in nothing but the case.
                self._listings[folder] = {_plain(path.name): path for path in paths} | {
                    path.name: path for path in paths
                }
            except (OSError, RuntimeError):
                self._listings[folder] = {}
        return self._listings[folder]
