"""Files to radiographs: DICOM, JPEG, PNG and TIFF, told apart by their content; alone, in folders and archives."""

from __future__ import annotations

import errno
from pathlib import Path

from bsnet_core.errors import UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading.archive import UnpackedArchives
from bsnet_core.loading.container import SUPPORTED_SUFFIXES as ARCHIVE_SUFFIXES
from bsnet_core.loading.container import container_of, unsupported_container
from bsnet_core.loading.dicom import load_dicom, load_dicom_metadata
from bsnet_core.loading.folder import find_images
from bsnet_core.loading.found_images import FoundImages
from bsnet_core.loading.medium import MediumCopies
from bsnet_core.loading.opened_paths import images_in
from bsnet_core.loading.plain_image import load_plain_image, plain_image_metadata
from bsnet_core.loading.sniffing import IMAGE_SUFFIXES, SNIFFED_BYTES, looks_like_a_plain_image, looks_like_dicom
from bsnet_core.radiograph import ImageMetadata, Radiograph

__all__ = [
    "ARCHIVE_SUFFIXES",
    "IMAGE_SUFFIXES",
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
    raise _no_image(path, start)


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
    raise _no_image(path, start)


def _no_image(path: Path, start: bytes) -> UnreadableImageError:
    if (name := unsupported_container(start)) is not None:
        return UnreadableImageError(
            _("This is an archive or file compressed by {kind}, which is not opened. Unpack it yourself.").format(
                kind=name
            )
        )
    if container_of(path) is not None:  # it lay in a folder, under another name
        return UnreadableImageError(_("This is an archive or a compressed file. Open it alone, not with its folder."))
    return UnreadableImageError(_("This file is neither DICOM nor an image such as JPEG, PNG or TIFF."))


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
        if path.is_symlink():
            raise UnreadableImageError(
                _("This is a link to a file that is not there. It may have been moved, or not been downloaded.")
            ) from error
        raise UnreadableImageError(_("This file no longer exists. It may have been moved.")) from error
    except PermissionError as error:
        raise UnreadableImageError(_("This file or folder cannot be opened: permission was denied.")) from error
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise UnreadableImageError(_("This is a link that leads back to itself.")) from error
        reason = (error.strerror if isinstance(error, OSError) else None) or _("its name is not valid")
        raise UnreadableImageError(_("This file cannot be opened: {reason}.").format(reason=reason)) from error
    if not start:
        raise UnreadableImageError(_("This file is empty."))
    return start
