"""Open images as the library takes them in: with a small thumbnail, and a hash where the file has no identifier."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.library.records import SeenImage
from app.session.open_image import OpenImage
from bsnet_core.errors import LibraryError
from bsnet_core.language import translate as _

THUMBNAIL_SIDE_PX = 96


def seen_image(image: OpenImage) -> SeenImage:
    """An open image as the library takes it in.

    Raises:
        LibraryError: the file has no identifier and is gone, so its bytes cannot identify it either.
    """
    sha256 = "" if image.metadata.sop_instance_uid.strip() else _hash_of(image.path)
    return SeenImage(image.metadata, image.path, _png_of(image.thumbnail), sha256)


def _hash_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LibraryError(
            _(
                "The file {name} no longer exists, so nothing can be stored for this image. Restore the "
                "file and open it again."
            ).format(name=path.name)
        ) from error


def _png_of(thumbnail: npt.NDArray[np.uint8] | None) -> bytes:
    """A thumbnail as PNG, longer side `THUMBNAIL_SIDE_PX`; empty for None."""
    if thumbnail is None:
        return b""
    scale = min(THUMBNAIL_SIDE_PX / max(thumbnail.shape), 1.0)
    height, width = (max(1, round(side * scale)) for side in thumbnail.shape)
    small = cv2.resize(thumbnail, (width, height), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", small)[1])
