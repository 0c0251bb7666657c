"""What is read and what is scored: every refusal has a code and a sentence."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import UID

from bsnet_core.errors import UnsuitableImageError, UnsupportedObjectError
from bsnet_core.radiograph import Radiograph
from bsnet_core.reading.pixel_tags import integer_of, value_of

READABLE_SOP_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.1": "Computed Radiography",
    "1.2.840.10008.5.1.4.1.1.1.1": "Digital X-Ray, for presentation",
    "1.2.840.10008.5.1.4.1.1.1.1.1": "Digital X-Ray, for processing",
    "1.2.840.10008.5.1.4.1.1.7": "Secondary Capture",
}
READABLE_MODALITIES = frozenset({"", "CR", "DX", "DR", "RG", "XR", "SC", "OT", "HC"})
LATERAL_VIEWS = frozenset({"LL", "RL", "LAT", "LATERAL", "LLO", "RLO", "LPO", "RPO", "LAO", "RAO", "OBL", "OBLIQUE"})
OTHER_BODY_PARTS = frozenset(
    [
        "ABDOMEN",
        "ANKLE",
        "ARM",
        "CLAVICLE",
        "COCCYX",
        "ELBOW",
        "EXTREMITY",
        "FEMUR",
        "FINGER",
        "FOOT",
        "FOREARM",
        "HAND",
        "HEAD",
        "HEEL",
        "HIP",
        "HUMERUS",
        "JAW",
        "KNEE",
        "LEG",
        "LSPINE",
        "CSPINE",
        "NECK",
        "PELVIS",
        "SCAPULA",
        "SHOULDER",
        "SKULL",
        "TOE",
        "WRIST",
        "BREAST",
    ]
)
MIN_SIDE_PX = 128
MAX_COLOURFULNESS = 0.08
"""Spread of opponent colours, see `grey.to_grey`."""
MAX_ELONGATION = 2.5


def refuse_unsupported_object(dataset: Dataset) -> None:
    """Stops at objects that are no single projection radiograph.

    Raises:
        UnsupportedObjectError: CT, MR and other objects, or a multi-frame one.
    """
    modality = str(value_of(dataset, "Modality") or "").strip().upper()
    sop_class = str(value_of(dataset, "SOPClassUID") or "").strip()
    if modality not in READABLE_MODALITIES or (sop_class and sop_class not in READABLE_SOP_CLASSES):
        kind = modality if modality not in READABLE_MODALITIES else UID(sop_class).name
        raise UnsupportedObjectError(
            f"This DICOM object ({kind}) is not a plain chest radiograph. Choose a CR or DX image of the study."
        )
    frames = integer_of(dataset, "NumberOfFrames", 1)
    if frames > 1:
        raise UnsupportedObjectError(
            f"This object holds {frames} frames; only single radiographs are read. Choose a single image of the study."
        )


def refuse_for_scoring(radiograph: Radiograph) -> None:
    """Stops at pictures that can be shown but must not be scored.

    Raises:
        UnsuitableImageError: a lateral or oblique view, another body part, a colour photograph, a blank or tiny
            picture.
    """
    facts = radiograph.facts
    view = facts.view_position.strip().upper()
    is_lateral_in_words = "LATERAL" in view and "DECUBITUS" not in view
    if view in LATERAL_VIEWS or is_lateral_in_words:
        raise UnsuitableImageError(
            f"This is a lateral or oblique view ({view}). The Brixia score needs the frontal view (PA or AP)."
        )
    along_rows = facts.patient_orientation[0][:1].upper() if facts.patient_orientation else ""
    if not view and along_rows in ("A", "P"):
        raise UnsuitableImageError(
            "By its patient orientation this is a lateral view. The Brixia score needs the frontal view (PA or AP)."
        )
    body_part = facts.body_part.replace(" ", "").upper()
    if body_part in OTHER_BODY_PARTS:
        raise UnsuitableImageError(f"The file says it shows {body_part}, not the chest. Choose a frontal chest film.")
    if radiograph.colourfulness > MAX_COLOURFULNESS:
        raise UnsuitableImageError("This is a colour picture, not a radiograph. Choose a frontal chest film.")
    height, width = radiograph.shape
    if min(height, width) < MIN_SIDE_PX:
        raise UnsuitableImageError(f"The picture has only {width} × {height} pixels, too few to score.")
    if max(height, width) > MAX_ELONGATION * min(height, width):
        raise UnsuitableImageError(f"A picture of {width} × {height} pixels is not the shape of a chest film.")
    if not radiograph.pixels.any():
        raise UnsuitableImageError("The picture is blank: every pixel has the same value.")
