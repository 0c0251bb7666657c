"""The transfer syntaxes that are loaded, and which one a file has (PS3.5 section 10 and annex A).

Those that are compressed are decoded in the decoder process (`decoder_process`).
"""

from __future__ import annotations

from pydicom import uid
from pydicom.dataset import Dataset

from bsnet_core.loading.header import value_of

UNCOMPRESSED = frozenset(
    {
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    }
)
COMPRESSED = frozenset(
    {
        uid.RLELossless,
        uid.JPEGBaseline8Bit,
        uid.JPEGExtended12Bit,
        uid.JPEGLossless,
        uid.JPEGLosslessSV1,
        uid.JPEGLSLossless,
        uid.JPEGLSNearLossless,
        uid.JPEG2000Lossless,
        uid.JPEG2000,
        uid.HTJ2KLossless,
        uid.HTJ2KLosslessRPCL,
        uid.HTJ2K,
    }
)


def transfer_syntax_of(dataset: Dataset) -> uid.UID:
    """The transfer syntax that the file states, or else the one that pydicom found."""
    stated = value_of(dataset.file_meta, "TransferSyntaxUID") if hasattr(dataset, "file_meta") else None
    if stated:
        return uid.UID(str(stated))
    implicit, little = dataset.original_encoding
    if implicit:
        return uid.ImplicitVRLittleEndian
    return uid.ExplicitVRLittleEndian if little else uid.ExplicitVRBigEndian
