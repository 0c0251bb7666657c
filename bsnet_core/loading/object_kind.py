"""The kinds of DICOM object that can be loaded: single projection radiographs."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameSingleBitSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.header import integer_of, text_of

LOADABLE_SOP_CLASSES = frozenset(
    {
        ComputedRadiographyImageStorage,
        DigitalXRayImageStorageForPresentation,
        DigitalXRayImageStorageForProcessing,
        SecondaryCaptureImageStorage,
        # A digitised radiograph may come as the only frame of one of these.
        MultiFrameSingleBitSecondaryCaptureImageStorage,
        MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
        MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
        MultiFrameTrueColorSecondaryCaptureImageStorage,
    }
)
LOADABLE_MODALITIES = frozenset({"", "CR", "DX", "DR", "RG", "XR", "SC", "OT", "HC"})


def reject_unsupported_object(dataset: Dataset) -> None:
    """Rejects objects that are not a single projection radiograph.

    Raises:
        UnsupportedObjectError: CT, MR and other objects, or a multi-frame one.
    """
    modality, sop_class = text_of(dataset, "Modality").upper(), text_of(dataset, "SOPClassUID")
    if modality not in LOADABLE_MODALITIES or (sop_class and sop_class not in LOADABLE_SOP_CLASSES):
        kind = modality if modality not in LOADABLE_MODALITIES else UID(sop_class).name
        raise UnsupportedObjectError(
            _(
                "This DICOM object ({kind}) is not a plain chest radiograph. Choose a CR or DX image of the study."
            ).format(kind=kind)
        )
    frames = integer_of(dataset, "NumberOfFrames", 1)
    if frames > 1:
        raise UnsupportedObjectError(
            _(
                "This object holds {count} frames; only single images can be loaded. Choose a single image of the "
                "study."
            ).format(count=frames)
        )
