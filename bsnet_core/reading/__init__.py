"""Files to radiographs: DICOM, JPEG, PNG and TIFF, told apart by their content."""

from __future__ import annotations

import os
from pathlib import Path

from bsnet_core.errors import UnreadableImageError
from bsnet_core.radiograph import Radiograph
from bsnet_core.reading.decoder import DEFAULT_TIMEOUT_S
from bsnet_core.reading.dicom import looks_like_dicom, read_dicom
from bsnet_core.reading.picture import read_picture

PICTURE_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
SNIFFED_BYTES = 132
NEVER_IMAGES = frozenset({".csv", ".txt", ".md", ".json", ".xml", ".py", ".html", ".pdf", ".zip", ".log", ".toml"})

__all__ = ["find_images", "read_radiograph"]


def read_radiograph(path: Path, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Radiograph:
    """Reads one file.

    Args:
        path: DICOM, JPEG, PNG or TIFF, whatever its name.
        timeout_s: Limit for decoding compressed pixels.

    Raises:
        UnreadableImageError: no such file, no permission, empty, damaged, or no image at all.
        UnsupportedObjectError: a sound object of another kind, such as CT or a multi-frame film.
        ImageTooLargeError: more pixels declared than are read.
    """
    start = _first_bytes(path)
    # DICOM first: its preamble may hold the start of a TIFF, for programs that know only that.
    if looks_like_dicom(start):
        return read_dicom(path, timeout_s)
    if start.startswith(PICTURE_SIGNATURES):
        return read_picture(path, timeout_s)
    raise UnreadableImageError("This file is neither DICOM nor a JPEG, PNG or TIFF picture.")


def find_images(folder: Path) -> list[Path]:
    """Files below a folder that may be images, sorted; hidden files and known texts are left out.

    A folder further down that may not be read is listed itself, so that reading it says so and the rest goes on.

    Raises:
        UnreadableImageError: the folder itself may not be read.
    """
    found: list[Path] = []

    def note(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise UnreadableImageError(f"The folder {folder} cannot be read: {error.strerror}.") from error
        found.append(Path(error.filename))

    for parent, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(parent, name)
            if not name.startswith(".") and name != "DICOMDIR" and path.suffix.lower() not in NEVER_IMAGES:
                found.append(path)
    return sorted(found)


def _first_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            next(path.iterdir(), None)  # a folder that may not be read says that instead
            raise UnreadableImageError("This is a folder, not an image file.")
        if path.exists() and not path.is_file():
            raise UnreadableImageError("This is no file that can be read.")
        with path.open("rb") as file:
            start = file.read(SNIFFED_BYTES)
    except FileNotFoundError as error:
        raise UnreadableImageError("There is no such file any more. It may have been moved.") from error
    except PermissionError as error:
        raise UnreadableImageError("This file or folder may not be read: permission was denied.") from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "its name is not valid"
        raise UnreadableImageError(f"This file cannot be read: {reason}.") from error
    if not start:
        raise UnreadableImageError("This file is empty.")
    return start
