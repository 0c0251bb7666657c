"""Folders: the files below one, links followed, each real folder once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bsnet_core.errors import UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading.container import SUPPORTED_SUFFIXES
from bsnet_core.loading.dicomdir import is_named_dicomdir
from bsnet_core.loading.sniffing import NEVER_IMAGES
from bsnet_core.progress import Report, no_report

VOLUMES = frozenset({".nii", ".mha", ".nrrd"})
"""Kinds of files that are often compressed one by one, and never radiographs."""


@dataclass
class FolderContents:
    """Files below a folder, by what their names say.

    Attributes:
        files: Files that may be images; folders without read permission too, so that loading one gives the error.
        dicomdirs: Files named DICOMDIR.
        packed: Files named like archives or compressed files.
        unfollowed: Links to folders that were not followed: to a folder listed already, or to one that contains the
            folder walked.
        is_complete: Whether the walk came to its end.
    """

    files: list[Path] = field(default_factory=list)
    dicomdirs: list[Path] = field(default_factory=list)
    packed: list[Path] = field(default_factory=list)
    unfollowed: list[Path] = field(default_factory=list)
    is_complete: bool = True

    def notes(self, folder: Path) -> list[tuple[Path, str]]:
        """Sentences on what was left out."""
        if not self.unfollowed:
            return []
        sentence = translate_count(
            "{count} link in this folder was not followed ({name}): it leads to a folder that is listed already, or "
            "contains this one.",
            "{count} links in this folder were not followed, such as {name}: they lead to folders that are listed "
            "already, or contain this one.",
            len(self.unfollowed),
        )
        return [(folder, sentence.format(count=len(self.unfollowed), name=self.unfollowed[0].name))]


def find_images(folder: Path) -> list[Path]:
    """Lists the files below a folder that may be images, sorted; hidden files, archives and known texts are left out.

    Links are followed. A subfolder without read permission is listed itself, so that loading it gives the error and the
    rest goes on.

    Raises:
        UnreadableImageError: the folder itself may not be read.
    """
    return contents_of(folder).files


def contents_of(folder: Path, report: Report = no_report) -> FolderContents:
    """Walks a folder, first without links to folders, then along them, each real folder once.

    Args:
        folder: The folder.
        report: Called in every folder.

    Raises:
        UnreadableImageError: the folder itself may not be read.
        Cancelled: `report` asked to stop.
    """
    contents = FolderContents()
    walked: set[str] = set()
    opened = os.path.realpath(folder)
    links = list(_walk(folder, walked, contents, report))
    while links:
        further: list[Path] = []
        for link in sorted(links):
            real = os.path.realpath(link)
            if real in walked or Path(opened).is_relative_to(real):
                contents.unfollowed.append(link)
            else:
                further += _walk(link, walked, contents, report)
        links = further
    for paths in (contents.files, contents.dicomdirs, contents.packed):
        paths.sort()
    return contents


def contents_beside(file: Path, most_files: int, report: Report = no_report) -> FolderContents:
    """Walks the folder of a file without links to folders, and no further than some thousand files.

    Raises:
        UnreadableImageError: the folder itself may not be read.
        Cancelled: `report` asked to stop.
    """
    contents = FolderContents()
    for _link in _walk(file.parent, set(), contents, report, most_files):
        pass
    return contents


def _walk(
    folder: Path, walked: set[str], contents: FolderContents, report: Report, most_files: int | None = None
) -> Iterator[Path]:
    """Adds the files below a folder, and gives the links to folders among them.

    Raises:
        UnreadableImageError: the folder itself may not be read, and nothing was walked before.
    """
    is_first = not walked

    def note(error: OSError) -> None:
        if is_first and Path(error.filename) == folder:
            raise UnreadableImageError(
                _("The folder {folder} cannot be opened: {reason}.").format(folder=folder, reason=error.strerror)
            ) from error
        contents.files.append(Path(error.filename))

    for parent, folders, names in os.walk(folder, onerror=note):
        report(_("Looking for images"), 0.0)
        walked.add(os.path.realpath(parent))
        visible = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in visible if Path(parent, name).is_symlink()]
        folders[:] = [
            name for name in visible if name not in links and os.path.realpath(Path(parent, name)) not in walked
        ]
        yield from (Path(parent, name) for name in links)
        if most_files is not None and len(contents.files) + len(names) > most_files:
            contents.is_complete = False
            return
        for name in names:
            if not name.startswith("."):
                _add(Path(parent, name), contents)


def _add(path: Path, contents: FolderContents) -> None:
    suffix = path.suffix.lower()
    if is_named_dicomdir(path.name):
        contents.dicomdirs.append(path)
    elif suffix in SUPPORTED_SUFFIXES:
        if Path(path.stem).suffix.lower() not in NEVER_IMAGES | VOLUMES:
            contents.packed.append(path)
    elif suffix not in NEVER_IMAGES:
        contents.files.append(path)
