"""What is read and what is scored: every refusal has a code and a sentence."""

from __future__ import annotations

import re

from pydicom.dataset import Dataset
from pydicom.uid import UID

from bsnet_core.dicom_dates import day_of
from bsnet_core.errors import NotAdultError, UnsuitableImageError, UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.header import integer_of, value_of
from bsnet_core.radiograph import ImageMetadata, Radiograph

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
MIN_AGE_YEARS = 18
"""The networks are trained on adults."""
AGE_UNITS_PER_YEAR = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0}


def reject_unsupported_object(dataset: Dataset) -> None:
    """Stops at objects that are no single projection radiograph.

    Raises:
        UnsupportedObjectError: CT, MR and other objects, or a multi-frame one.
    """
    modality = str(value_of(dataset, "Modality") or "").strip().upper()
    sop_class = str(value_of(dataset, "SOPClassUID") or "").strip()
    if modality not in READABLE_MODALITIES or (sop_class and sop_class not in READABLE_SOP_CLASSES):
        kind = modality if modality not in READABLE_MODALITIES else UID(sop_class).name
        raise UnsupportedObjectError(
            _(
                "This DICOM object ({kind}) is not a plain chest radiograph. Choose a CR or DX image of the study."
            ).format(kind=kind)
        )
    frames = integer_of(dataset, "NumberOfFrames", 1)
    if frames > 1:
        raise UnsupportedObjectError(
            _(
                "This object holds {count} frames; only single radiographs are read. Choose a single image of the "
                "study."
            ).format(count=frames)
        )


def reject_unsuitable(radiograph: Radiograph) -> None:
    """Stops at pictures that can be shown but must not be scored.

    Raises:
        UnsuitableImageError: a lateral or oblique view, another body part, a colour photograph, a blank or tiny
            picture.
        NotAdultError: the file states an age under `MIN_AGE_YEARS`.
    """
    _reject_other_views(radiograph.metadata)
    _reject_children(radiograph.metadata)
    if radiograph.colourfulness > MAX_COLOURFULNESS:
        raise UnsuitableImageError(_("This is a colour picture, not a radiograph. Choose a frontal chest film."))
    height, width = radiograph.shape
    if min(height, width) < MIN_SIDE_PX:
        raise UnsuitableImageError(
            _("The picture has only {width} × {height} pixels, too few to score.").format(width=width, height=height)
        )
    if max(height, width) > MAX_ELONGATION * min(height, width):
        raise UnsuitableImageError(
            _("A picture of {width} × {height} pixels is not the shape of a chest film.").format(
                width=width, height=height
            )
        )
    if not radiograph.pixels.any():
        raise UnsuitableImageError(_("The picture is blank: every pixel has the same value."))


def stated_age_years(metadata: ImageMetadata) -> float | None:
    """The patient's age at the study as the file states it, or None.

    Patient's Age (PS3.5 6.2, such as 010M) counts first, the time from birth to study where it says nothing.
    """
    stated = re.fullmatch(r"(\d{1,3})([DWMY])", metadata.patient_age.strip().upper())
    if stated:
        return int(stated[1]) / AGE_UNITS_PER_YEAR[stated[2]]
    birth, image = day_of(metadata.patient_birth_date), day_of(metadata.study_date)
    if birth is None or image is None or image < birth:
        return None
    return image.year - birth.year - ((image.month, image.day) < (birth.month, birth.day))


def _reject_other_views(metadata: ImageMetadata) -> None:
    view = metadata.view_position.strip().upper()
    is_lateral_in_words = "LATERAL" in view and "DECUBITUS" not in view
    if view in LATERAL_VIEWS or is_lateral_in_words:
        raise UnsuitableImageError(
            _("This is a lateral or oblique view ({view}). The Brixia score needs the frontal view (PA or AP).").format(
                view=view
            )
        )
    along_rows = metadata.patient_orientation[0][:1].upper() if metadata.patient_orientation else ""
    if not view and along_rows in ("A", "P"):
        raise UnsuitableImageError(
            _("By its patient orientation this is a lateral view. The Brixia score needs the frontal view (PA or AP).")
        )
    body_part = metadata.body_part.replace(" ", "").upper()
    if body_part in OTHER_BODY_PARTS:
        raise UnsuitableImageError(
            _("The file says it shows {body_part}, not the chest. Choose a frontal chest film.").format(
                body_part=body_part
            )
        )


def _reject_children(metadata: ImageMetadata) -> None:
    age = stated_age_years(metadata)
    if age is not None and age < MIN_AGE_YEARS:
        raise NotAdultError(
            _(
                "By this file the patient is under {years} years old. The network was trained on adults: the film is "
                "shown but not scored."
            ).format(years=MIN_AGE_YEARS)
        )
