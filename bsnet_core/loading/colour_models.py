"""Colour models of uncompressed DICOM pixels that pydicom does not convert (PS3.3 C.7.6.3.1.2).

Those that no radiograph has are rejected by name, so that no other three samples are taken for red, green and blue.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.header import text_of

PARTIAL_422, PARTIAL_420 = "YBR_PARTIAL_422", "YBR_PARTIAL_420"
WITH_SHARED_COLOUR = frozenset({"YBR_FULL_422", PARTIAL_422})
"""Uncompressed, two pixels have two luminances and one colour."""
NEVER_LOADED = frozenset({"HSV", "ARGB", "CMYK"})
"""Retired since 2001."""
LUMINANCE_SPAN, COLOUR_SPAN, BLACK, NO_COLOUR = 219, 224, 16, 128
BLUE_LUMA, RED_LUMA = 0.114, 0.299


def colour_model_of(header: Dataset) -> str:
    """The photometric interpretation in capitals; empty if the file states none."""
    return text_of(header, "PhotometricInterpretation").upper()


def reject_unsupported_colour(header: Dataset, *, is_compressed: bool) -> None:
    """Rejects colour models that are not loaded; a codec converts that of videos itself.

    Raises:
        UnsupportedObjectError: hue, saturation and value, four samples per pixel, or colour shared by four pixels.
    """
    model = colour_model_of(header)
    if model in NEVER_LOADED or (model == PARTIAL_420 and not is_compressed):
        raise UnsupportedObjectError(
            _("An image in the colour model {model} cannot be loaded. Export it as greyscale.").format(model=model)
        )


def rgb_of_partial_range(data: bytes, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """(H, W, 3) red, green and blue of YBR_PARTIAL_422: luminance 16 to 235, two pixels with one colour.

    Raises:
        ValueError: too few bytes, or an odd number of pixels.
    """
    groups = np.frombuffer(data, np.uint8, 2 * rows * columns).reshape(-1, 4).astype(np.float32)
    luminance = (groups[:, :2].reshape(rows, columns) - BLACK) / LUMINANCE_SPAN
    blue, red = (
        np.repeat((groups[:, index] - NO_COLOUR) / COLOUR_SPAN, 2).reshape(rows, columns) * 2 * (1 - luma)
        for index, luma in ((2, BLUE_LUMA), (3, RED_LUMA))
    )
    green = -(BLUE_LUMA * blue + RED_LUMA * red) / (1 - BLUE_LUMA - RED_LUMA)
    rgb = np.stack([luminance + red, luminance + green, luminance + blue], axis=-1)
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
