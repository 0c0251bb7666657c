"""The content of a report, composed once and never changed: plain data, so that any thread may make and write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from app.canvas.drawing.orientation import side_names
from app.report import image_painting
from app.report.explanation_part import MapImage, map_image
from app.report.fonts import can_draw, load_fonts
from app.report.lines import Line, time_with_offset
from app.report.patient_lines import patient_lines
from app.report.prior_change import PriorChange, change_since
from app.report.provenance import provenance_lines
from app.report.reported_image import ReportedImage
from app.report.score_differences import describe_total_difference, describe_zone_difference
from app.session.readings import Reading
from bsnet_core.agreement import compare_scores
from bsnet_core.display import Voi
from bsnet_core.language import translate as _
from bsnet_core.radiograph import LookupTable, Radiograph
from bsnet_core.shown_texts import visible

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction

COARSE_WINDOW = 20.0
"""Width from which centre and width are written without decimals."""
LUNGS_SIDE_PX = 640


@dataclass(frozen=True, slots=True)
class ReportChoices:
    """The reader's choices for a report.

    Attributes:
        deidentified: Leaves out name, id, birth date, accession number, institution, study description, UIDs, file
            name, the reader's name and comment and, unless `keep_dates`, the dates of study and reading.
        keep_dates: Keeps these dates in a de-identified report.
        with_reading, with_explanation, with_lungs: Whether the part of that name is included.
    """

    deidentified: bool = False
    keep_dates: bool = False
    with_reading: bool = True
    with_explanation: bool = True
    with_lungs: bool = True


@dataclass(frozen=True)
class LungImages:
    """The image as the network scores it: aligned, and with everything but the lungs black."""

    aligned: QImage
    masked: QImage


@dataclass(frozen=True)
class ReportContent:
    """Everything in a report.

    Attributes:
        patient_lines: Patient, study and image; in a de-identified report without anything that identifies.
        deidentified: Whether the report is de-identified.
        image: The radiograph alone.
        image_caption: Description of `image`.
        outlined: The radiograph with lungs and grid; None without a prediction.
        outlined_caption: Description of `outlined`.
        prediction: None if there is none or it is hidden.
        no_prediction: Why there is none; empty if there is one.
        reading: The reader's reading; None if there is none or it is not requested.
        reading_lines: Who read, when, and whether blind.
        agreement: Comparison of reading and prediction, in sentences.
        notes: Notes on the file, then quality notes.
        map: The explanation.
        lungs: The aligned image, and the lungs only.
        change: What has changed since the prior image; None without one.
        signed_by: Name beside the line for the signature; None where a signature would name the reader.
        provenance: Model, hash, device, input check, software, time.
        made_at: Time of the report, with a time zone.
        sides: Names of the patient's right and left above the zones.
    """

    patient_lines: tuple[Line, ...]
    deidentified: bool
    image: QImage
    image_caption: str
    outlined: QImage | None
    outlined_caption: str
    prediction: Prediction | None
    no_prediction: str
    reading: Reading | None
    reading_lines: tuple[Line, ...]
    agreement: tuple[str, ...]
    notes: tuple[str, ...]
    map: MapImage | None
    lungs: LungImages | None
    change: PriorChange | None
    signed_by: str | None
    provenance: tuple[Line, ...]
    made_at: datetime
    sides: tuple[str, str]


def compose_report(reported: ReportedImage, choices: ReportChoices, made_at: datetime) -> ReportContent:
    """Composes a report; takes a second or so, so not for the GUI thread.

    Args:
        reported: The image with its results.
        choices: The reader's choices.
        made_at: Now, with a time zone.
    """
    load_fonts()
    radiograph = reported.radiograph
    about_patient = patient_lines(radiograph, deidentified=choices.deidentified, keep_dates=choices.keep_dates)
    about_reading = _reading_lines(reported, choices)
    prediction = None if reported.prediction_is_hidden else reported.prediction
    reading = reported.reading if choices.with_reading else None
    with_dates = not choices.deidentified or choices.keep_dates
    painted = image_painting.paint_image(
        radiograph, reported.voi, inverted=reported.inverted, prediction=prediction, layers=image_painting.PLAIN
    )
    return ReportContent(
        patient_lines=about_patient,
        deidentified=choices.deidentified,
        image=painted.image,
        image_caption=_image_caption(reported),
        outlined=None if prediction is None else _outlined(reported, prediction),
        outlined_caption="" if prediction is None else _outlined_caption(prediction),
        prediction=prediction,
        no_prediction="" if prediction is not None else _why_no_prediction(reported),
        reading=reading,
        reading_lines=about_reading,
        agreement=_agreement(prediction, reading),
        notes=(*_notes(radiograph, prediction), *_undrawable([*about_patient, *about_reading])),
        map=map_image(reported, prediction) if choices.with_explanation else None,
        lungs=_lungs(prediction) if choices.with_lungs else None,
        change=change_since(reported.prior, radiograph.metadata, prediction, reading, with_dates=with_dates),
        signed_by=None if choices.deidentified else _name_to_sign(reading),
        provenance=provenance_lines(radiograph, prediction, made_at),
        made_at=made_at,
        sides=side_names(radiograph.metadata.patient_orientation),
    )


def _outlined(reported: ReportedImage, prediction: Prediction) -> QImage:
    layers = image_painting.ImageLayers(lungs=True, lung_fill=reported.lung_fill, zones=True)
    return image_painting.paint_image(
        reported.radiograph, reported.voi, inverted=reported.inverted, prediction=prediction, layers=layers
    ).image


def _image_caption(reported: ReportedImage) -> str:
    parts = [_("Radiograph."), _describe_voi(reported.voi)]
    if reported.inverted:
        parts.append(_("Grey levels inverted."))
    return " ".join(parts)


def _outlined_caption(prediction: Prediction) -> str:
    if _has_lungs(prediction):
        return _("Radiograph with lung outline and zone grid: predicted score and confidence in every zone.")
    return _("Radiograph with zone grid: predicted score and confidence in every zone.")


def _describe_voi(voi: Voi) -> str:
    if isinstance(voi, LookupTable):
        return _("Grey levels from the file's lookup table.")
    digits = 0 if voi.width >= COARSE_WINDOW else 3
    centre, width = (f"{value:.{digits}f}" for value in (voi.centre, voi.width))
    return _("Window: centre {centre}, width {width}.").format(centre=centre, width=width)


def _has_lungs(prediction: Prediction) -> bool:
    """Whether the model outlines lungs; the baseline does not."""
    return bool(prediction.lung_probability.any())


def _why_no_prediction(reported: ReportedImage) -> str:
    if reported.prediction_is_hidden:
        return _("Blind reading: the prediction is hidden.")
    return visible(reported.problem) or _("This image has not been analysed.")


def _reading_lines(reported: ReportedImage, choices: ReportChoices) -> tuple[Line, ...]:
    reading = reported.reading
    if reading is None or not choices.with_reading:
        return ()
    lines = []
    if not choices.deidentified:
        lines.append(Line(_("Reader"), visible(reading.reader) or _("not named")))
    if not choices.deidentified or choices.keep_dates:
        lines.append(Line(_("Saved"), time_with_offset(reading.saved_at)))
    visibility = _("hidden until the reading was saved (blind)") if reading.blind else _("visible during the reading")
    lines.append(Line(_("Prediction"), visibility))
    if reading.comment and not choices.deidentified:  # free text may name anybody
        lines.append(Line(_("Comment"), visible(reading.comment)))
    return tuple(lines)


def _name_to_sign(reading: Reading | None) -> str:
    return "" if reading is None else visible(reading.reader)


def _agreement(prediction: Prediction | None, reading: Reading | None) -> tuple[str, ...]:
    if prediction is None or reading is None:
        return ()
    difference = compare_scores(prediction.score, reading.score)
    if not difference.zones:
        return ()
    return (
        describe_total_difference(difference, _("prediction minus reading")),
        describe_zone_difference(difference),
    )


def _notes(radiograph: Radiograph, prediction: Prediction | None) -> tuple[str, ...]:
    notes: list[str] = []
    if image_painting.sides_are_in_doubt(radiograph.metadata, prediction):
        notes.append(
            _(
                "According to the file, the patient's left is on the left of this image. The zones are named for the "
                "standard orientation: A–C and D–F may be swapped."
            )
        )
    return (*notes, *radiograph.loading_notes, *(prediction.quality if prediction is not None else ()))


def _undrawable(lines: Sequence[Line]) -> tuple[str, ...]:
    labels = [line.label for line in lines if not can_draw(line.value)]
    if not labels:
        return ()
    note = _("This computer has no font for some characters of: {labels}. They are shown as boxes.")
    return (note.format(labels=", ".join(labels)),)


def _lungs(prediction: Prediction | None) -> LungImages | None:
    if prediction is None or not _has_lungs(prediction):
        return None
    masked = prediction.aligned_image * prediction.aligned_lung_probability
    return LungImages(
        image_painting.grey_image(prediction.aligned_image, LUNGS_SIDE_PX),
        image_painting.grey_image(masked, LUNGS_SIDE_PX),
    )
