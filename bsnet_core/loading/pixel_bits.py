"""The bits of a stored value that carry the image, and what may lie above them (PS3.5 8.1.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import UID

from bsnet_core.language import translate as _
from bsnet_core.loading.codestream import CodeStream, Coding
from bsnet_core.loading.dicom_pixels import bits_needed, without_unused_bits
from bsnet_core.loading.header import bits_stored, integer_of, text_of
from bsnet_core.loading.transfer_syntax import JPEG_XL_RECOMPRESSION, LOSSLESS


def pixel_bits(
    grey: npt.NDArray[Any], header: Dataset, stream: CodeStream | None, syntax: UID
) -> tuple[npt.NDArray[Any], int]:
    """The image's bits moved down to bit 0, and their number.

    Values that come back exactly as they were stored are cut to Bits Stored: bits above High Bit are no part of the
    image (PS3.5 8.1.1). Only values that a lossy codec changed may lie a little above the highest one; cutting those
    would turn white into black.

    Args:
        grey: (H, W) values as stored or decoded.
        header: The file's header.
        stream: The header of the code stream; None for pixels that are not compressed.
        syntax: The transfer syntax that the file states.
    """
    bits, allocated = bits_stored(header), integer_of(header, "BitsAllocated", 16)
    if stream is not None and grey.size and not _is_exact(stream, header, syntax):
        return grey, max(bits, bits_needed(grey))
    held = stream.bits if stream is not None and stream.bits else allocated
    if held > integer_of(header, "HighBit", bits - 1):
        grey = without_unused_bits(grey, header, bits)
    return grey, bits


def notes_on_bits(grey: npt.NDArray[Any], header: Dataset, bits: int, *, signed: bool) -> tuple[str, ...]:
    """Sentences on bits of a code stream that the header contradicts; `grey` and `bits` as `pixel_bits` gives them."""
    native = grey.astype(grey.dtype.newbyteorder("="), copy=False)
    if bits >= 8 * native.dtype.itemsize or _has_overlay_in_pixels(header):
        return ()
    above = native.view(f"u{native.dtype.itemsize}") >> bits
    # Above a negative value its sign may be repeated.
    signs = np.iinfo(above.dtype).max >> bits if signed else 0
    if not ((above != 0) & (above != signs)).any():
        return ()
    note = _(
        "The compressed image has values of more than the {bits} bits that its header states. The bits above were left "
        "out."
    )
    return (note.format(bits=bits),)


def _has_overlay_in_pixels(header: Dataset) -> bool:
    """Whether an overlay of the old style lies in the bits above the image (PS3.3 C.9.2, until 2004)."""
    return any(element.value for group in range(0x6000, 0x6020, 2) if (element := header.get((group, 0x0102))))


def is_coded_with_loss(stream: CodeStream, syntax: UID) -> bool:
    """Whether a code stream is coded with loss; a recompressed JPEG does not tell in its header."""
    return stream.is_lossless is False or syntax == JPEG_XL_RECOMPRESSION


def _is_exact(stream: CodeStream, header: Dataset, syntax: UID) -> bool:
    """Whether a code stream gives back the values that were compressed.

    The header of a JPEG 2000 stream names a lossless transform also where the stream was shortened, and that of JPEG XL
    may not tell: there the file decides.
    """
    if is_coded_with_loss(stream, syntax):
        return False
    if stream.coding in (Coding.JPEG_2000, Coding.HTJ2K, Coding.JPEG_XL):
        return syntax in LOSSLESS or text_of(header, "LossyImageCompression") != "01"
    return True
