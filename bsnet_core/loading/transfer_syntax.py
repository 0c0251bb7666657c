"""The transfer syntaxes that are loaded, and which one a file has (PS3.5 section 10 and annex A).

Compressed pixels are decoded in the decoder process (`decoder_process`), by what their code stream says it is; the
transfer syntax only tells whether the file contradicts itself.
"""

from __future__ import annotations

from pydicom import uid
from pydicom.dataset import Dataset

from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.codestream import CodeStream, Coding
from bsnet_core.loading.header import value_of

PAPYRUS_3 = uid.UID("1.2.840.10008.1.20")
"""Retired; implicit VR, little endian."""
UNCOMPRESSED = frozenset(
    {
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
        PAPYRUS_3,
    }
)
UNCOMPRESSED_IN_FRAGMENTS = uid.UID("1.2.840.10008.1.2.1.98")
DEFLATED_FRAME = uid.UID("1.2.840.10008.1.2.8.1")
JPEG_XL_LOSSLESS = uid.UID("1.2.840.10008.1.2.4.110")
JPEG_XL_RECOMPRESSION = uid.UID("1.2.840.10008.1.2.4.111")
JPEG_XL = uid.UID("1.2.840.10008.1.2.4.112")
NAMES = {
    DEFLATED_FRAME: "Deflated Image Frame Compression",
    JPEG_XL_LOSSLESS: "JPEG XL Lossless",
    JPEG_XL_RECOMPRESSION: "JPEG XL JPEG Recompression",
    JPEG_XL: "JPEG XL",
}
"""Names in the standard that pydicom's dictionary lacks."""
CODINGS = {
    uid.RLELossless: Coding.RLE,
    uid.JPEGBaseline8Bit: Coding.JPEG,
    uid.JPEGExtended12Bit: Coding.JPEG,
    **{uid.UID(f"1.2.840.10008.1.2.4.{number}"): Coding.JPEG for number in (*range(52, 57), *range(59, 65))},
    **{uid.UID(f"1.2.840.10008.1.2.4.{number}"): Coding.JPEG_LOSSLESS for number in (57, 58, 65, 66, 70)},
    uid.JPEGLSLossless: Coding.JPEG_LS,
    uid.JPEGLSNearLossless: Coding.JPEG_LS,
    uid.JPEG2000Lossless: Coding.JPEG_2000,
    uid.JPEG2000: Coding.JPEG_2000,
    uid.JPEG2000MCLossless: Coding.JPEG_2000,
    uid.JPEG2000MC: Coding.JPEG_2000,
    uid.HTJ2KLossless: Coding.HTJ2K,
    uid.HTJ2KLosslessRPCL: Coding.HTJ2K,
    uid.HTJ2K: Coding.HTJ2K,
    JPEG_XL_LOSSLESS: Coding.JPEG_XL,
    JPEG_XL_RECOMPRESSION: Coding.JPEG_XL,
    JPEG_XL: Coding.JPEG_XL,
}
"""The kind of code stream that each compressed transfer syntax states; the retired ones of JPEG too."""
COMPRESSED = frozenset({*CODINGS, UNCOMPRESSED_IN_FRAGMENTS, DEFLATED_FRAME})
LOSSLESS = frozenset(
    {
        *(syntax for syntax, coding in CODINGS.items() if coding in (Coding.RLE, Coding.JPEG_LOSSLESS)),
        *(uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.JPEG2000MCLossless),
        *(uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, JPEG_XL_LOSSLESS),
    }
)
"""Compressed transfer syntaxes that promise lossless code streams."""
REFERENCES = frozenset(uid.UID(f"1.2.840.10008.1.2.4.{number}") for number in (94, 95, 204, 205))
"""JPIP: the pixels are on a server."""
VIDEO_STARTS = ("1.2.840.10008.1.2.4.10", "1.2.840.10008.1.2.7.")
"""MPEG, HEVC and SMPTE ST 2110."""


def transfer_syntax_of(dataset: Dataset) -> uid.UID:
    """The transfer syntax that the file states, or else the one that pydicom found."""
    stated = value_of(dataset.file_meta, "TransferSyntaxUID") if hasattr(dataset, "file_meta") else None
    if stated:
        return uid.UID(str(stated))
    implicit, little = dataset.original_encoding
    if implicit:
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if little else uid.ExplicitVRBigEndian


def name_of(syntax: uid.UID) -> str:
    """The name of a transfer syntax in the standard, or its UID if it is not in the standard."""
    return NAMES.get(syntax, syntax.name)


def reject_without_still_image(syntax: uid.UID) -> None:
    """Rejects transfer syntaxes whose objects hold no still image.

    Raises:
        UnsupportedObjectError: video, audio, or a reference to a server.
    """
    if syntax in REFERENCES:
        sentence = _(
            "This DICOM file refers to an image on a server ({compression}) and holds no pixels. Export the study with "
            "its images."
        )
    elif syntax.startswith(VIDEO_STARTS):
        sentence = _(
            "This DICOM object holds video or audio ({compression}), not a radiograph. Choose a CR or DX image of the "
            "study."
        )
    else:
        return
    raise UnsupportedObjectError(sentence.format(compression=name_of(syntax)))


def unknown_compression(syntax: uid.UID) -> UnsupportedObjectError:
    """The error of a transfer syntax that is not loaded."""
    return UnsupportedObjectError(
        _("Images in the transfer syntax {compression} cannot be loaded. Export the study as JPEG 2000.").format(
            compression=name_of(syntax)
        )
    )


def contradictions_of(syntax: uid.UID, stream: CodeStream | None) -> tuple[str, ...]:
    """Sentences on what a file's transfer syntax states and its pixels contradict; None for pixels not compressed."""
    if stream is None:
        if syntax in UNCOMPRESSED or syntax in (UNCOMPRESSED_IN_FRAGMENTS, DEFLATED_FRAME):
            return ()
        note = _(
            "The file states the transfer syntax {stated}, but its pixels are not compressed. They were loaded as they "
            "are."
        )
        return (note.format(stated=name_of(syntax)),)
    if stream.coding is not CODINGS.get(syntax):
        note = _(
            "The file states the transfer syntax {stated}, but its pixels are compressed as {found}. They were decoded "
            "as {found}."
        )
        return (note.format(stated=name_of(syntax), found=stream.coding.value),)
    if syntax in LOSSLESS and stream.is_lossless is False:
        note = _("The file states the lossless transfer syntax {stated}, but its pixels are compressed with loss.")
        return (note.format(stated=name_of(syntax)),)
    return ()
