"""DICOM files to a `Radiograph` (PS3.3 C.7.6.3, C.11.1, C.11.2; PS3.5 section 8).

The header is read and checked first; nothing of the declared size is allocated before. Uncompressed pixels are
unpacked here, compressed ones in the decoder process.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from bsnet_core.display import is_blank_through, voi_of_the_file
from bsnet_core.language import translate as _
from bsnet_core.loading.dicom_file import damaged, load_header
from bsnet_core.loading.dicom_metadata import metadata_of
from bsnet_core.loading.dicom_pixels import checked_size, codes_of
from bsnet_core.loading.grey_scale import grey_scale_of
from bsnet_core.loading.header import PARSING_ERRORS, integer_of
from bsnet_core.loading.object_kind import reject_unsupported_object
from bsnet_core.loading.overlay_planes import overlay_planes_of, shutter_of
from bsnet_core.loading.palette import grey_of_palette, has_palette
from bsnet_core.loading.stored_pixels import StoredPixels, load_stored_pixels
from bsnet_core.loading.transfer_syntax import transfer_syntax_of
from bsnet_core.patient_age import age_notes
from bsnet_core.radiograph import ImageMetadata, Radiograph


def load_dicom(path: Path, timeout_s: float | None = None, *, sampled_px: int | None = None) -> Radiograph:
    """Loads a single-frame radiograph with its metadata.

    Args:
        path: The file.
        timeout_s: Limit for decoding compressed pixels; by the size of image and file if None.
        sampled_px: For a thumbnail: every n-th pixel of every n-th row, so that both sides keep at least about this
            many; the other rows of uncompressed pixels are not even read. All pixels if None.

    Raises:
        UnreadableImageError: damaged, cut off or without pixels.
        UnsupportedObjectError: another kind of object, multi-frame, or an unusual pixel format.
        ImageTooLargeError: more pixels declared than the limit.
    """
    header = load_header(path)
    reject_unsupported_object(header)
    shape = checked_size(path, header)
    pixels = load_stored_pixels(path, header, shape, timeout_s, sampled_px)
    try:
        return _radiograph_of(header, pixels, path)
    except PARSING_ERRORS as error:
        raise damaged() from error


def load_dicom_metadata(path: Path) -> ImageMetadata:
    """The metadata of a file, from its header alone.

    Raises:
        UnreadableImageError: damaged, or not DICOM.
        UnsupportedObjectError: another kind of object.
    """
    header = load_header(path)
    reject_unsupported_object(header)
    try:
        return metadata_of(header, str(transfer_syntax_of(header)))
    except PARSING_ERRORS as error:
        raise damaged() from error


def _radiograph_of(header: Dataset, pixels: StoredPixels, path: Path) -> Radiograph:
    grey, bits, colourfulness = pixels.grey, pixels.bits, pixels.colourfulness
    signed = integer_of(header, "PixelRepresentation", 0) == 1
    if has_palette(header):
        indices, offset = codes_of(grey, bits, signed=signed)
        grey, bits, colourfulness = grey_of_palette(indices.astype(np.int32) + offset, header, bits=bits, signed=signed)
        signed = False
    stored, offset = codes_of(grey, bits, signed=signed)
    meaning = grey_scale_of(header, bits=bits, signed=signed)
    metadata = metadata_of(header, str(transfer_syntax_of(header)))
    radiograph = Radiograph(
        stored=stored,
        stored_offset=offset,
        bits_stored=bits,
        monochrome1=meaning.monochrome1,
        rescale_slope=meaning.rescale_slope,
        rescale_intercept=meaning.rescale_intercept,
        modality_lut=meaning.modality_lut,
        voi_windows=meaning.voi_windows,
        voi_luts=meaning.voi_luts,
        presentation_inverse=meaning.presentation_inverse,
        padding=meaning.padding,
        colourfulness=colourfulness,
        metadata=replace(metadata, lossy_compressed=metadata.lossy_compressed or pixels.is_lossy),
        source=path,
        loading_notes=(*pixels.notes, *age_notes(metadata)),
        shutter=shutter_of(header),
        overlay_planes=overlay_planes_of(header),
    )
    return replace(radiograph, loading_notes=(*radiograph.loading_notes, *_window_notes(radiograph)))


def _window_notes(radiograph: Radiograph) -> tuple[str, ...]:
    """A note if the VOI LUT or window that the file names first shows nothing."""
    first = voi_of_the_file(radiograph)
    if first is None or not is_blank_through(radiograph, first):
        return ()
    return (_("The window stated in the file would show the image almost all white or black; another one is used."),)
