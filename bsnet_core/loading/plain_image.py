"""JPEG, PNG and TIFF of 8 or 16 bit to a `Radiograph`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bsnet_core.errors import UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading.decoder import DECODER
from bsnet_core.radiograph import ImageMetadata, Radiograph


def plain_image_metadata(path: Path) -> ImageMetadata:
    """The metadata of an image without a header: its file name."""
    return ImageMetadata(study_description=path.stem)


def load_plain_image(path: Path, timeout_s: float, *, sampled_px: int | None = None) -> Radiograph:
    """Loads an image file in grey, at its own bit depth; fewer pixels if `sampled_px` is given.

    Raises:
        UnreadableImageError, ImageTooLargeError, UnsupportedObjectError: see `Decoder.decode`.
    """
    decoded = DECODER.decode("plain", path, timeout_s, sampled_px=sampled_px)
    if decoded.grey.size == 0:
        raise UnreadableImageError(_("This image has no pixels."))
    stored = decoded.grey.astype(np.uint16)
    stored.setflags(write=False)
    return Radiograph(
        stored=stored,
        stored_offset=0,
        bits_stored=8 * decoded.grey.dtype.itemsize,
        monochrome1=False,
        metadata=plain_image_metadata(path),
        colourfulness=decoded.colourfulness,
        source=path,
    )
