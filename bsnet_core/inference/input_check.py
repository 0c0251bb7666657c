"""The input check: which radiographs are scored. An image that fails it is shown, and rejected with a sentence."""

from __future__ import annotations

import re

from bsnet_core.dicom_dates import day_of
from bsnet_core.errors import NotAdultError, UnsuitableImageError
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata, Radiograph

LATERAL_VIEWS = frozenset({"LL", "RL", "LAT", "LATERAL", "LLO", "RLO", "LPO", "RPO", "LAO", "RAO", "OBL", "OBLIQUE"})
OTHER_BODY_PARTS = frozenset({
    "ABDOMEN", "ANKLE", "ARM", "CLAVICLE", "COCCYX", "ELBOW", "EXTREMITY", "FEMUR", "FINGER", "FOOT", "FOREARM",
    "HAND", "HEAD", "HEEL", "HIP", "HUMERUS", "JAW", "KNEE", "LEG", "LSPINE", "CSPINE", "NECK", "PELVIS", "SCAPULA",
    "SHOULDER", "SKULL", "TOE", "WRIST", "BREAST",
})  # fmt: skip
MIN_SIDE_PX = 128
MAX_COLOURFULNESS = 0.08
"""See `Radiograph.colourfulness`."""
MAX_ELONGATION = 2.5
MIN_AGE_YEARS = 18
"""Age from which on images are scored: the networks are trained on adults."""
AGE_UNITS_PER_YEAR = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0}


def reject_unsuitable(radiograph: Radiograph) -> None:
    """Rejects images that can be shown but must not be scored.

    Raises:
        UnsuitableImageError: a lateral or oblique view, another body part, a colour photograph, a blank or tiny
            image.
        NotAdultError: the file states an age under `MIN_AGE_YEARS`.
    """
    _reject_other_views(radiograph.metadata)
    _reject_children(radiograph.metadata)
    if radiograph.colourfulness > MAX_COLOURFULNESS:
        raise UnsuitableImageError(_("This is a colour image, not a radiograph. Choose a frontal chest radiograph."))
    height, width = radiograph.shape
    if min(height, width) < MIN_SIDE_PX:
        raise UnsuitableImageError(
            _("The image has only {width} × {height} pixels, too few to score.").format(width=width, height=height)
        )
    if max(height, width) > MAX_ELONGATION * min(height, width):
        raise UnsuitableImageError(
            _("An image of {width} × {height} pixels does not have the shape of a chest radiograph.").format(
                width=width, height=height
            )
        )
    if not radiograph.pixels.any():
        raise UnsuitableImageError(_("The image is blank: every pixel has the same value."))


def stated_age_years(metadata: ImageMetadata) -> float | None:
    """The patient's age in years at the date of the study, by the file, or None.

    Patient's Age (PS3.5 6.2, such as 010M) takes precedence over the time from birth date to study date.
    """
    stated = re.fullmatch(r"(\d{1,3})([DWMY])", metadata.patient_age.strip().upper())
    if stated:
        return int(stated[1]) / AGE_UNITS_PER_YEAR[stated[2]]
    birth, study = day_of(metadata.patient_birth_date), day_of(metadata.study_date)
    if birth is None or study is None or study < birth:
        return None
    return study.year - birth.year - ((study.month, study.day) < (birth.month, birth.day))


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
            _(
                "According to its patient orientation, this is a lateral view. The Brixia score needs the frontal view "
                "(PA or AP)."
            )
        )
    body_part = metadata.body_part.replace(" ", "").upper()
    if body_part in OTHER_BODY_PARTS:
        raise UnsuitableImageError(
            _(
                "According to the file, the image shows {body_part}, not the chest. Choose a frontal chest radiograph."
            ).format(body_part=body_part)
        )


def _reject_children(metadata: ImageMetadata) -> None:
    age = stated_age_years(metadata)
    if age is not None and age < MIN_AGE_YEARS:
        raise NotAdultError(
            _(
                "According to the file, the patient is under {years} years old. The network was trained on adults: the "
                "image is shown but not scored."
            ).format(years=MIN_AGE_YEARS)
        )
