"""The input check: which radiographs are scored. An image that fails it is shown, and rejected with a sentence."""

from __future__ import annotations

from bsnet_core.errors import NotAdultError, UnsuitableImageError
from bsnet_core.inference.stated_body_part import other_body_part
from bsnet_core.inference.stated_view import View, described_view, stated_view
from bsnet_core.language import translate as _
from bsnet_core.patient_age import ADULT_YEARS, possible_age
from bsnet_core.radiograph import ImageMetadata, Radiograph

MIN_SIDE_PX = 128
MAX_COLOURFULNESS = 0.08
"""See `Radiograph.colourfulness`."""
MAX_ELONGATION = 2.5


def reject_unsuitable(radiograph: Radiograph) -> None:
    """Rejects images that can be shown but must not be scored.

    Raises:
        UnsuitableImageError: a lateral or oblique view, another body part, a colour photograph, a blank or tiny
            image.
        NotAdultError: by the file's age or dates, the patient is under `ADULT_YEARS` for certain.
    """
    _reject_other_views(radiograph.metadata)
    _reject_other_body_parts(radiograph.metadata)
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


def _reject_other_views(metadata: ImageMetadata) -> None:
    view = stated_view(metadata)
    if view is not None and view.view is not View.FRONTAL:
        raise UnsuitableImageError(
            _("This is a lateral or oblique view ({view}). The Brixia score needs the frontal view (PA or AP).").format(
                view=view.words
            )
        )
    along_rows = metadata.patient_orientation[0][:1].upper() if metadata.patient_orientation else ""
    if view is None and along_rows in ("A", "P"):
        raise UnsuitableImageError(
            _(
                "According to its patient orientation, this is a lateral view. The Brixia score needs the frontal view "
                "(PA or AP)."
            )
        )
    described = described_view(metadata) if view is None else None
    if described is not None and described.view is not View.FRONTAL:
        raise UnsuitableImageError(
            _(
                "According to its {tag} (“{words}”), this is a lateral or oblique view. The Brixia score needs the "
                "frontal view (PA or AP)."
            ).format(tag=described.tag, words=described.words)
        )


def _reject_other_body_parts(metadata: ImageMetadata) -> None:
    body_part = other_body_part(metadata)
    if body_part:
        raise UnsuitableImageError(
            _(
                "According to the file, the image shows {body_part}, not the chest. Choose a frontal chest radiograph."
            ).format(body_part=body_part)
        )


def _reject_children(metadata: ImageMetadata) -> None:
    age = possible_age(metadata)
    if age is not None and age.is_child:
        raise NotAdultError(
            _(
                "According to the file, the patient is under {years} years old. The network was trained on adults: the "
                "image is shown but not scored."
            ).format(years=ADULT_YEARS)
        )
