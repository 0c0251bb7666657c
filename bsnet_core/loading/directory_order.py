"""Files beside DICOMDIRs: those that one names in its order, then those that none names, and what is said of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading.dicomdir import Directory, directory_of, is_dicomdir
from bsnet_core.loading.found_images import FoundImages
from bsnet_core.loading.sniffing import SNIFFED_BYTES, looks_like_a_plain_image, looks_like_dicom

PROGRAM_SUFFIXES = frozenset(
    {".exe", ".dll", ".so", ".dylib", ".msi", ".cab", ".class", ".sys", ".bat", ".cmd", ".sh", ".lnk", ".inf", ".ini"}
) | {
    ".js",
    ".css",
    ".htm",
    ".chm",
    ".hlp",
    ".rtf",
    ".doc",
    ".ico",
    ".gif",
    ".bmp",
    ".svg",
    ".ttf",
    ".wav",
    ".mp3",
    ".avi",
}
"""Files of the viewers that come with media; not opened to see whether they are images, because a CD is slow."""


def in_directory_order(
    files: Iterable[Path], dicomdirs: Collection[Path], *, follow_links: bool = False
) -> FoundImages:
    """Sorts files as the DICOMDIRs among them say.

    Args:
        files: Files that may be images, in the order to show them where there is no DICOMDIR.
        dicomdirs: Files with the name of a DICOMDIR, in whatever folders.
        follow_links: As for `directory_of`.

    Returns:
        Where a DICOMDIR lies, the images that it names come first, in its order, then the other DICOM files in its
        folder, with a note. Other images there are left out, with a note: most belong to the medium's own viewer.
        Files in other folders stay as they are.
    """
    directories, notes = _loaded(dicomdirs, follow_links)
    if not directories:
        return FoundImages(tuple(files), (), tuple(notes))
    real = _RealPaths()
    named = {real.of(path) for directory in directories for path in (*directory.images, *directory.others)}
    beside: dict[Path, list[Path]] = {directory.path.parent: [] for directory in directories}
    groups: list[tuple[Path, list[Path]]] = []
    for path in files:
        folder = next((parent for parent in path.parents if parent in beside), None)
        if folder is None:
            groups.append((path, [path]))
        elif real.of(path) not in named:
            beside[folder].append(path)
    rejections: list[tuple[Path, BSNetError]] = []
    on_medium: set[Path] = set()
    listed: set[str] = set()
    for directory in directories:
        rejections += directory.rejections
        images = [path for path in directory.images if real.of(path) not in listed]
        listed.update(map(real.of, images))
        unnamed = _unnamed(directory, beside.pop(directory.path.parent, []), notes)
        groups.append((directory.path.parent, images + unnamed))
        on_medium.update(images, unnamed)
    ordered = [path for _place, group in sorted(groups, key=lambda group: group[0]) for path in group]
    return FoundImages(tuple(ordered), tuple(rejections), tuple(notes), frozenset(on_medium))


def unnamed_images(directory: Directory, files: Iterable[Path]) -> list[Path]:
    """The images among files that a DICOMDIR does not name, neither as images nor as anything else."""
    real = _RealPaths()
    named = {real.of(path) for path in (*directory.images, *directory.others)}
    dicom, others, _unopened = _sniffed(path for path in files if real.of(path) not in named)
    return dicom + others


def _loaded(dicomdirs: Iterable[Path], follow_links: bool) -> tuple[list[Directory], list[tuple[Path, str]]]:
    directories: list[Directory] = []
    notes: list[tuple[Path, str]] = []
    for path in sorted(dicomdirs):
        try:
            if is_dicomdir(path):
                directories.append(directory_of(path, follow_links=follow_links))
                continue
        except BSNetError:  # the files themselves may be intact
            pass
        notes.append((path, _("This DICOMDIR is damaged. The files in its folder are listed without it.")))
    return directories, notes


def _unnamed(directory: Directory, files: Sequence[Path], notes: list[tuple[Path, str]]) -> list[Path]:
    dicom, others, unopened = _sniffed(files)
    if dicom:
        sentence = translate_count(
            "{count} DICOM file in this folder is not named in its DICOMDIR and is listed last ({name}).",
            "{count} DICOM files in this folder are not named in its DICOMDIR and are listed last, such as {name}.",
            len(dicom),
        )
        notes.append((directory.path, sentence.format(count=len(dicom), name=dicom[0].name)))
    if others:
        sentence = translate_count(
            "{count} JPEG, PNG or TIFF file in this folder is not named in its DICOMDIR and was left out ({name}). "
            "If it is a radiograph, open it alone.",
            "{count} JPEG, PNG and TIFF files in this folder are not named in its DICOMDIR and were left out, such as "
            "{name}. Open radiographs among them as files.",
            len(others),
        )
        notes.append((directory.path, sentence.format(count=len(others), name=others[0].name)))
    return dicom + unopened  # loading one says why it cannot be opened


def _sniffed(files: Iterable[Path]) -> tuple[list[Path], list[Path], list[Path]]:
    """Of files the DICOM files, the images of other formats, and those that cannot be opened."""
    dicom: list[Path] = []
    others: list[Path] = []
    unopened: list[Path] = []
    for path in files:
        if path.suffix.lower() in PROGRAM_SUFFIXES:
            continue
        start = _start_of(path)
        if start is None:
            unopened.append(path)
            continue
        if looks_like_dicom(start) and not is_dicomdir(path):
            dicom.append(path)
        elif looks_like_a_plain_image(start):
            others.append(path)
    return dicom, others, unopened


def _start_of(path: Path) -> bytes | None:
    try:
        if not path.is_file():  # to open a pipe would wait for ever
            return None
        with path.open("rb") as file:
            return file.read(SNIFFED_BYTES)
    except OSError:
        return None


class _RealPaths:
    """Paths with all links followed, each folder looked at once: a CD is slow."""

    def __init__(self) -> None:
        self._folders: dict[Path, str] = {}

    def of(self, path: Path) -> str:
        if path.parent not in self._folders:
            self._folders[path.parent] = os.path.realpath(path.parent)
        real = os.path.join(self._folders[path.parent], path.name)  # noqa: PTH118 - realpath gives text
        return os.path.realpath(real) if os.path.islink(real) else real  # noqa: PTH114
