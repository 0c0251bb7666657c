"""JPEG, JPEG 2000, JPEG-LS, JPEG XL, PNG and TIFF of 8 to 16 bits to a `Radiograph`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bsnet_core.errors import UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading.codestream import HEADER_BYTES, declared_size
from bsnet_core.loading.decoder import DECODER, MAX_PIXELS, time_limit_s
from bsnet_core.radiograph import ImageMetadata, Radiograph

UNKNOWN_PIXELS = 25_000_000
"""Assumed for PNG and TIFF: more than any chest detector has."""


def plain_image_metadata(path: Path) -> ImageMetadata:
    """The metadata of an image without a header: its file name."""
    return ImageMetadata(study_description=path.stem)


def load_plain_image(path: Path, timeout_s: float | None = None, *, sampled_px: int | None = None) -> Radiograph:
    """Loads an image file in grey, at its own bit depth; fewer pixels if `sampled_px` is given.

    Args:
        path: The file.
        timeout_s: Limit for decoding; by the size of the image if None.
        sampled_px: Pixels to keep at least along the shorter side; all if None.

    Raises:
        UnreadableImageError, ImageTooLargeError, UnsupportedObjectError: see `Decoder.decode`.
    """
    limit_s = timeout_s if timeout_s is not None else _time_limit_s(path)
    decoded = DECODER.decode("plain", path, limit_s, sampled_px=sampled_px)
    if decoded.grey.size == 0:
        raise UnreadableImageError(_("This image has no pixels."))
    stored = decoded.grey.astype(np.uint16)
    stored.setflags(write=False)
    return Radiograph(
        stored=stored,
        stored_offset=0,
        bits_stored=decoded.stream.bits if decoded.stream is not None else 8 * decoded.grey.dtype.itemsize,
        monochrome1=False,
        metadata=plain_image_metadata(path),
        colourfulness=decoded.colourfulness,
        source=path,
        loading_notes=(cut_off_note(),) if decoded.is_cut_off else (),
    )


def cut_off_note() -> str:
    """The note on an image whose compressed data lack their end."""
    return _("The end of the compressed image is missing: the last rows may be wrong.")


def _time_limit_s(path: Path) -> float:
    try:
        with path.open("rb") as file:
            height, width = declared_size(file.read(HEADER_BYTES)) or (0, 0)
        pixels = height * width or UNKNOWN_PIXELS
        return time_limit_s(min(pixels, MAX_PIXELS), path.stat().st_size)
    except OSError as error:
        raise UnreadableImageError(_("This file no longer exists. It may have been moved.")) from error
