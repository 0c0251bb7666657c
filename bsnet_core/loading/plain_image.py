"""JPEG, PNG and TIFF of 8 or 16 bit to a `Radiograph`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bsnet_core.errors import UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading.decoder import DECODER
from bsnet_core.radiograph import ImageMetadata, Radiograph


def plain_image_metadata(path: Path) -> ImageMetadata:
    """All that is known of a picture without a header: its name."""
    return ImageMetadata(study_description=path.stem)


def load_plain_image(path: Path, timeout_s: float, *, sampled_px: int | None = None) -> Radiograph:
    """Reads a picture file, reduced to grey, at its own bit depth; fewer pixels of it where `sampled_px` will do.

    Raises:
        UnreadableImageError, ImageTooLargeError, UnsupportedObjectError: see `Decoder.decode`.
    """
    decoded = DECODER.decode("picture", path, timeout_s, sampled_px=sampled_px)
    if decoded.grey.size == 0:
        raise UnreadableImageError(_("This picture has no pixels."))
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
