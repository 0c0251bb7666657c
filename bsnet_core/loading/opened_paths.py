"""The images behind a path that somebody opens: a file, a folder, a DICOMDIR, an archive."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from bsnet_core.errors import BSNetError, ImageTooLargeError, UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading import archive as limits
from bsnet_core.loading.archive import UnpackedArchives
from bsnet_core.loading.container import container_of
from bsnet_core.loading.dicomdir import Directory, directory_of, is_dicomdir
from bsnet_core.loading.directory_order import in_directory_order, unnamed_images
from bsnet_core.loading.folder import contents_beside, contents_of
from bsnet_core.loading.found_images import FoundImages
from bsnet_core.progress import Report, no_report


def images_in(
    path: Path, archives: UnpackedArchives, *, password: str | None = None, report: Report = no_report
) -> FoundImages:
    """Finds the files to load behind a path that somebody opens.

    A file gives itself; a folder, every file below it that may be an image, those that a DICOMDIR names first; a
    DICOMDIR, the files it names, with a note on others in its folder; an archive or a compressed file, the images in
    it. In a folder, compressed files are opened and archives are not, which a note says.

    Args:
        path: Need not exist: loading it then says so.
        archives: Owns the folders that archives are unpacked to; keep it open as long as their files are in use.
        password: Password of an encrypted archive.
        report: Told the share of an archive done; may raise `Cancelled`.

    Raises:
        PasswordNeededError: an encrypted archive, and the password is missing or wrong.
        UnreadableImageError: a folder that may not be read, a damaged archive or DICOMDIR, or one without images.
        ImageTooLargeError: an archive over the limits.
        UnsupportedObjectError: an archive encrypted or compressed in a way that is not supported.
    """
    if _is_folder(path):
        return _images_in_folder(path, archives, report)
    if container_of(path) is not None:
        return archives.unpack(path, password, report)
    if is_dicomdir(path):
        return _images_named_by(directory_of(path), report)
    return FoundImages((path,))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # inside a folder that may not be entered; loading it says so
        return False


def _images_named_by(directory: Directory, report: Report) -> FoundImages:
    notes = []
    contents = contents_beside(directory.path, limits.MAX_ENTRIES, report)
    if not contents.is_complete:
        sentence = _(
            "The folder of this DICOMDIR holds over {count} files. They were not searched for images that it does not "
            "name."
        )
        notes.append((directory.path, sentence.format(count=limits.MAX_ENTRIES)))
    unnamed = unnamed_images(directory, contents.files)
    if unnamed:
        sentence = translate_count(
            "{count} image in the folder of this DICOMDIR is not named in it and was not opened ({name}). Open the "
            "folder to list it as well.",
            "{count} images in the folder of this DICOMDIR are not named in it and were not opened, such as {name}. "
            "Open the folder to list them as well.",
            len(unnamed),
        )
        notes.append((directory.path, sentence.format(count=len(unnamed), name=unnamed[0].name)))
    if not directory.images and not directory.rejections:
        raise UnreadableImageError(_("This DICOMDIR lists no images. Open its folder to see the files in it."))
    return FoundImages(directory.images, directory.rejections, tuple(notes), frozenset(directory.images))


def _images_in_folder(folder: Path, archives: UnpackedArchives, report: Report) -> FoundImages:
    contents = contents_of(folder, report)
    compressed, not_opened, others = _by_content(contents.packed)
    arranged = in_directory_order(sorted([*contents.files, *others]), contents.dicomdirs, follow_links=True)
    unpacked = _unpack_all(compressed, archives, report)
    notes = [*contents.notes(folder), *arranged.notes, *unpacked.notes]
    if not_opened:
        sentence = translate_count(
            "{count} archive in this folder was not opened ({name}). Open it alone.",
            "{count} archives in this folder were not opened, such as {name}. Open them as files.",
            len(not_opened),
        )
        notes.append((folder, sentence.format(count=len(not_opened), name=not_opened[0].name)))
    files, rejections = arranged.files, arranged.rejections + unpacked.rejections
    return FoundImages(files + unpacked.files, rejections, tuple(notes), arranged.on_medium)


def _by_content(packed: Sequence[Path]) -> tuple[list[Path], list[Path], list[Path]]:
    """Of files named like archives, the compressed files, the archives, and what is neither."""
    compressed, containers, others = [], [], []
    for path in packed:
        container = container_of(path)
        if container is None:
            others.append(path)
        elif container.holds_one_file:
            compressed.append(path)
        else:
            containers.append(path)
    return compressed, containers, others


def _at(share: float, report: Report) -> Report:
    """Reports the share of all files instead of that of one."""
    return lambda stage, _fraction: report(stage, share)


def _unpack_all(compressed: Sequence[Path], archives: UnpackedArchives, report: Report) -> FoundImages:
    """Unpacks the compressed files of one folder, all together under the limits of one archive."""
    files: list[Path] = []
    rejections: list[tuple[Path, BSNetError]] = []
    room = limits.MAX_UNPACKED_BYTES
    for number, path in enumerate(islice(compressed, limits.MAX_ENTRIES)):
        if room < 0:
            break
        try:
            found = archives.unpack(path, report=_at(number / len(compressed), report))
        except BSNetError as error:
            rejections.append((path, error))
        else:
            files += found.files
            room -= sum(file.stat().st_size for file in found.files)
    left = len(compressed) - len(files) - len(rejections)
    if left:
        sentence = translate_count(
            "This compressed file was not unpacked, because the folder holds too many of them. Unpack it yourself.",
            "{count} compressed files in this folder were not unpacked, because there are too many. Unpack them "
            "yourself.",
            left,
        )
        rejections.append((compressed[-1].parent, ImageTooLargeError(sentence.format(count=left))))
    return FoundImages(tuple(files), tuple(rejections))
