"""Files to radiographs: DICOM, JPEG, PNG and TIFF, told apart by their content; alone, in folders and archives."""

from __future__ import annotations

import os
from pathlib import Path

from bsnet_core.errors import BSNetError, UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading.archive import UnpackedArchives, is_zip
from bsnet_core.loading.dicom import load_dicom, load_dicom_metadata
from bsnet_core.loading.dicomdir import NAME as DICOMDIR
from bsnet_core.loading.dicomdir import dicomdir_in, images_named_by, is_dicomdir
from bsnet_core.loading.found_images import FoundImages
from bsnet_core.loading.medium import MediumCopies
from bsnet_core.loading.plain_image import load_plain_image, plain_image_metadata
from bsnet_core.loading.sniffing import NEVER_IMAGES, SNIFFED_BYTES, looks_like_a_plain_image, looks_like_dicom
from bsnet_core.progress import Report, no_report
from bsnet_core.radiograph import ImageMetadata, Radiograph

__all__ = [
    "FoundImages",
    "MediumCopies",
    "UnpackedArchives",
    "find_images",
    "images_in",
    "load_metadata",
    "load_radiograph",
]


def load_radiograph(path: Path, *, timeout_s: float | None = None, sampled_px: int | None = None) -> Radiograph:
    """Loads one file.

    Args:
        path: DICOM, JPEG, PNG or TIFF, whatever its name.
        timeout_s: Limit for decoding compressed pixels; by the size of image and file if None.
        sampled_px: For a thumbnail: fewer pixels, so that the shorter side keeps at least about this many. All pixels
            if None; sizes and distances in the file are valid only then.

    Raises:
        UnreadableImageError: no such file, no permission, empty, damaged, or not an image.
        UnsupportedObjectError: a valid object of another kind, such as CT or a multi-frame image.
        ImageTooLargeError: more pixels declared than the limit.
    """
    start = _first_bytes(path)
    # DICOM first: its preamble may hold the start of a TIFF, for programs that know only that.
    if looks_like_dicom(start):
        return load_dicom(path, timeout_s, sampled_px=sampled_px)
    if looks_like_a_plain_image(start):
        return load_plain_image(path, timeout_s, sampled_px=sampled_px)
    raise _no_image()


def load_metadata(path: Path) -> ImageMetadata:
    """Loads a file's metadata without its pixels: enough to list it, in a fraction of the time.

    Args:
        path: As for `load_radiograph`. A file with metadata may still turn out to have no valid pixels.

    Raises:
        UnreadableImageError, UnsupportedObjectError: as `load_radiograph`, as far as the header shows it.
    """
    start = _first_bytes(path)
    if looks_like_dicom(start):
        return load_dicom_metadata(path)
    if looks_like_a_plain_image(start):
        return plain_image_metadata(path)
    raise _no_image()


def images_in(
    path: Path, archives: UnpackedArchives, *, password: str | None = None, report: Report = no_report
) -> FoundImages:
    """Finds the files to load behind a path that somebody opens.

    A file gives itself; a folder, the files that its DICOMDIR names or else every image below it; a DICOMDIR, the files
    it names; a ZIP archive, the images in it.

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
        dicomdir = dicomdir_in(path)
        if dicomdir is not None:
            try:
                return images_named_by(dicomdir)
            except BSNetError:  # the files themselves may be intact
                pass
        return FoundImages(tuple(find_images(path)))
    if is_zip(path):
        return archives.unpack(path, password, report)
    if is_dicomdir(path):
        return images_named_by(path)
    return FoundImages((path,))


def find_images(folder: Path) -> list[Path]:
    """Lists the files below a folder that may be images, sorted; hidden files and known texts are left out.

    A subfolder without read permission is listed itself, so that loading it gives the error and the rest goes on.

    Raises:
        UnreadableImageError: the folder itself may not be read.
    """
    found: list[Path] = []

    def note(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise UnreadableImageError(
                _("The folder {folder} cannot be opened: {reason}.").format(folder=folder, reason=error.strerror)
            ) from error
        found.append(Path(error.filename))

    for parent, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(parent, name)
            if not name.startswith(".") and name != DICOMDIR and path.suffix.lower() not in NEVER_IMAGES:
                found.append(path)
    return sorted(found)


def _no_image() -> UnreadableImageError:
    return UnreadableImageError(_("This file is neither DICOM nor a JPEG, PNG or TIFF image."))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # inside a folder that may not be entered; loading it says so
        return False


def _first_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            next(path.iterdir(), None)  # raises if the folder may not be read
            raise UnreadableImageError(_("This is a folder, not an image file."))
        if path.exists() and not path.is_file():
            raise UnreadableImageError(_("This is not a regular file."))
        with path.open("rb") as file:
            start = file.read(SNIFFED_BYTES)
    except FileNotFoundError as error:
        raise UnreadableImageError(_("This file no longer exists. It may have been moved.")) from error
    except PermissionError as error:
        raise UnreadableImageError(_("This file or folder cannot be opened: permission was denied.")) from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or _("its name is not valid")
        raise UnreadableImageError(_("This file cannot be opened: {reason}.").format(reason=reason)) from error
    if not start:
        raise UnreadableImageError(_("This file is empty."))
    return start
