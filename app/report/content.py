"""What a report says, put together once and never changed: made of plain data, so any thread may make and write it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from app.canvas.overlays.explanation_map import image_of, place_of_superpixel, strongest_superpixel
from app.report import image_painting
from app.report.fonts import can_draw, load_fonts
from app.report.names import person_name, visible
from app.session.readings import Reading
from bsnet_core.agreement import ACCEPTED_TOTAL_ERROR, ACCEPTED_ZONE_ERROR
from bsnet_core.backends import TORCH
from bsnet_core.brixia import N_CLASSES, ZONES, Zone
from bsnet_core.dicom_dates import shown_date
from bsnet_core.display import Voi
from bsnet_core.errors import UnsuitableImageError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading.input_check import reject_unsuitable, stated_age_years
from bsnet_core.radiograph import ImageMetadata, LookupTable, Radiograph

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.prediction import Prediction

DISTRIBUTION = "bsnet-viewer"
LEAST_MAP_OPACITY = 0.3
"""A map that was asked for on paper can be seen, however faint it is on the screen."""
COARSE_WINDOW = 20.0
"""Width from which centre and width are written without decimals."""
LUNGS_SIDE_PX = 640
OLDEST_STATED_AGE = 89
"""Of a de-identified report; few enough are older to be known by their age alone (45 CFR 164.514)."""


@dataclass(frozen=True)
class ReportedExplanation:
    """An explanation map and how it was made.

    Attributes:
        map: What was found.
        zones: Shown in the picture, as on the screen; if none, there is no picture.
        opacity: Of the map on the screen, in [0, 1].
        exact: Every super-pixel by the full network; False for the fast mode.
        share_done: Share of the super-pixels that were masked, in [0, 1]; under 1 for a map that was stopped.
    """

    map: Explanation
    zones: tuple[Zone, ...] = ZONES
    opacity: float = 0.75
    exact: bool = True
    share_done: float = 1.0


@dataclass(frozen=True)
class ReportedImage:
    """All that is known of one study when a report of it is wanted.

    Attributes:
        radiograph: As read.
        voi, inverted: How the reader sees it.
        prediction: What the network said; None where it said nothing.
        prediction_is_hidden: Whether the reader must not see the prediction yet. Then nothing that comes from the
            network enters the report, not even the outline of the lungs.
        reading: The reader's saved reading.
        explanation: Of `prediction`.
        problem: Why there is no prediction, in a sentence.
    """

    radiograph: Radiograph
    voi: Voi
    inverted: bool = False
    prediction: Prediction | None = None
    prediction_is_hidden: bool = False
    reading: Reading | None = None
    explanation: ReportedExplanation | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ReportChoices:
    """What the reader wants in the report.

    Attributes:
        deidentified: Leaves out name, id, birth date, accession number, institution, study description, UIDs, file
            name, the reader's name and, unless `keep_dates`, the dates of study and reading.
        keep_dates: States them in a de-identified report as well.
        with_reading, with_explanation, with_lungs: The parts of the same name.
    """

    deidentified: bool = False
    keep_dates: bool = False
    with_reading: bool = True
    with_explanation: bool = True
    with_lungs: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what stands behind it."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class StrongestPart:
    """What masking the super-pixel that speaks most for a zone's predicted score does.

    Attributes:
        zone: Predicted over 0.
        score: The predicted one.
        changes: Of the probabilities of the scores 0 to 3, each in [-1, 1]; None where no super-pixel speaks for it.
    """

    zone: Zone
    score: int
    changes: tuple[float, ...] | None


@dataclass(frozen=True)
class MapImage:
    """The explanation map over the film and a sentence on how it was made.

    Attributes:
        image: With the letter of every zone on its strongest part.
        made_how: Exact or fast, whole or partial, of which zones.
        strongest: Of every zone shown that is predicted over 0.
    """

    image: QImage
    made_how: str
    strongest: tuple[StrongestPart, ...] = ()


@dataclass(frozen=True)
class LungImages:
    """The picture as the network scores it: aligned, and with all but the lungs blanked out."""

    aligned: QImage
    masked: QImage


@dataclass(frozen=True)
class ReportContent:
    """Everything that stands in a report.

    Attributes:
        patient_lines: Patient and study, or what a de-identified report may say of them.
        deidentified: Whether that is all it says.
        image: The film, with lungs and grid where there is a prediction.
        image_caption: What the film shows.
        prediction: None where there is none or where it is hidden.
        no_prediction: Why there is none; empty where there is one.
        reading: The reader's, None where there is none or it is not wanted.
        reading_lines: Who read, when, and whether blind.
        agreement: How reading and prediction compare, in sentences.
        notes: Quality notes.
        map: The explanation.
        lungs: Aligned and masked lungs.
        provenance: Model, hash, device, input gate, software, time.
        made_at: With a time zone.
    """

    patient_lines: tuple[Line, ...]
    deidentified: bool
    image: QImage
    image_caption: str
    prediction: Prediction | None
    no_prediction: str
    reading: Reading | None
    reading_lines: tuple[Line, ...]
    agreement: tuple[str, ...]
    notes: tuple[str, ...]
    map: MapImage | None
    lungs: LungImages | None
    provenance: tuple[Line, ...]
    made_at: datetime


def research_only() -> str:
    """What stands on every page and under every picture."""
    return _("Research use only. Not a medical device.")


def software() -> str:
    """Name and version of this program."""
    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:  # started from its sources alone
        version = _("of unknown version")
    return f"BS-Net Viewer {version}"


def compose_report(reported: ReportedImage, choices: ReportChoices, made_at: datetime) -> ReportContent:
    """Puts a report together; takes a second or so, not for the thread of the window.

    Args:
        reported: What is known.
        choices: What is wanted.
        made_at: Now, with a time zone.
    """
    load_fonts()
    radiograph = reported.radiograph
    patient_lines, reading_lines = _image_lines(radiograph, choices), _reading_lines(reported, choices)
    prediction = None if reported.prediction_is_hidden else reported.prediction
    reading = reported.reading if choices.with_reading else None
    layers = image_painting.ImageLayers(lungs=prediction is not None, zones=prediction is not None)
    image = image_painting.paint_image(
        radiograph, reported.voi, inverted=reported.inverted, prediction=prediction, layers=layers
    )
    return ReportContent(
        patient_lines=patient_lines,
        deidentified=choices.deidentified,
        image=image.image,
        image_caption=_image_caption(reported, prediction),
        prediction=prediction,
        no_prediction="" if prediction is not None else _why_no_prediction(reported),
        reading=reading,
        reading_lines=reading_lines,
        agreement=_agreement(prediction, reading),
        notes=(*_notes(radiograph.metadata, prediction), *_undrawable([*patient_lines, *reading_lines])),
        map=_map(reported, prediction) if choices.with_explanation else None,
        lungs=_lungs(prediction) if choices.with_lungs else None,
        provenance=_provenance(radiograph, prediction, made_at),
        made_at=made_at,
    )


def signed(difference: int) -> str:
    """A difference with its sign, in the signs of print."""
    return f"{difference:+d}".replace("-", "−") if difference else "0"


def moment(when: datetime) -> str:
    """Date, time and offset from UTC, on the clock that `when` carries."""
    offset = when.isoformat()[-6:] if when.utcoffset() else ""
    return f"{when:%Y-%m-%d %H:%M} UTC{offset}"


def _image_lines(radiograph: Radiograph, choices: ReportChoices) -> tuple[Line, ...]:
    metadata = radiograph.metadata
    sex = {"M": _("male"), "F": _("female"), "O": _("other")}.get(metadata.patient_sex.strip().upper(), "")
    view = " ".join(part for part in (metadata.modality, metadata.view_position) if part)
    height, width = radiograph.shape
    shared = [
        Line(_("Sex"), sex),
        Line(_("Age"), _age(metadata.patient_age, choices.deidentified)),
        Line(_("View"), visible(view)),
        Line(_("Picture"), _("{width} × {height} pixels").format(width=width, height=height)),
    ]
    dates = Line(_("Study date"), _study_moment(metadata))
    if choices.deidentified:
        lines = [Line(_("Patient"), _("de-identified")), *shared, *([dates] if choices.keep_dates else [])]
    else:
        names = [
            Line(_("Patient"), person_name(metadata.patient_name)),
            Line(_("Patient ID"), visible(metadata.patient_id)),
            Line(_("Birth date"), shown_date(metadata.patient_birth_date)),
        ]
        image = [
            dates,
            Line(_("Study"), visible(metadata.study_description)),
            Line(_("Accession number"), visible(metadata.accession_number)),
            Line(_("Institution"), visible(metadata.institution)),
        ]
        # A picture without a header is known by its file alone.
        file = radiograph.source.name if radiograph.source is not None and not metadata.sop_instance_uid else ""
        lines = [*names, *shared, *image, Line(_("File"), visible(file))]
    return tuple(line for line in lines if line.value)


def _study_moment(metadata: ImageMetadata) -> str:
    time = metadata.study_time.strip()
    clock = f"{time[:2]}:{time[2:4]}" if len(time) >= 4 and time[:4].isdigit() else ""
    return f"{shown_date(metadata.study_date)} {clock}".strip() if metadata.study_date else ""


def _age(value: str, deidentified: bool) -> str:
    number, unit = value.strip()[:-1], value.strip()[-1:]
    if not number.isdigit():
        return ""
    count = int(number)
    if unit == "Y":
        if deidentified and count > OLDEST_STATED_AGE:
            return _("over {count} years").format(count=OLDEST_STATED_AGE)
        return translate_count("{count} year", "{count} years", count).format(count=count)
    if unit == "M":
        return translate_count("{count} month", "{count} months", count).format(count=count)
    days = {"W": 7 * count, "D": count}.get(unit)
    return "" if days is None else translate_count("{count} day", "{count} days", days).format(count=days)


def _image_caption(reported: ReportedImage, prediction: Prediction | None) -> str:
    if prediction is None:
        parts = [_("Film.")]
    elif _has_lungs(prediction):
        parts = [_("Film with lung outline and zone grid: predicted score and confidence in every zone.")]
    else:
        parts = [_("Film with zone grid: predicted score and confidence in every zone.")]
    parts.append(_how_shown(reported.voi))
    if reported.inverted:
        parts.append(_("Greys inverted."))
    return " ".join(parts)


def _how_shown(voi: Voi) -> str:
    if isinstance(voi, LookupTable):
        return _("Greys by the look-up table of the file.")
    digits = 0 if voi.width >= COARSE_WINDOW else 3
    centre, width = (f"{value:.{digits}f}" for value in (voi.centre, voi.width))
    return _("Window: centre {centre}, width {width}.").format(centre=centre, width=width)


def _has_lungs(prediction: Prediction) -> bool:
    """Whether the model outlines lungs; the baseline does not."""
    return bool(prediction.lung_probability.any())


def _why_no_prediction(reported: ReportedImage) -> str:
    if reported.prediction_is_hidden:
        return _("Blind reading: the prediction is hidden.")
    return visible(reported.problem) or _("This film has not been analysed.")


def _reading_lines(reported: ReportedImage, choices: ReportChoices) -> tuple[Line, ...]:
    reading = reported.reading
    if reading is None or not choices.with_reading:
        return ()
    lines = []
    if not choices.deidentified:
        lines.append(Line(_("Reader"), visible(reading.reader) or _("not named")))
    if not choices.deidentified or choices.keep_dates:
        lines.append(Line(_("Saved"), moment(reading.saved_at)))
    how = _("hidden until the reading was saved (blind)") if reading.blind else _("in view during the reading")
    lines.append(Line(_("Prediction"), how))
    return tuple(lines)


def _agreement(prediction: Prediction | None, reading: Reading | None) -> tuple[str, ...]:
    if prediction is None or reading is None:
        return ()
    difference = prediction.score.total - reading.score.total
    mean = sum(abs(prediction.score[zone] - reading.score[zone]) for zone in ZONES) / len(ZONES)
    inside, outside = _("inside"), _("outside")
    return (
        _("Global difference {difference} (prediction minus reading): {place} the accepted ±{limit}.").format(
            difference=signed(difference),
            place=inside if abs(difference) <= ACCEPTED_TOTAL_ERROR else outside,
            limit=ACCEPTED_TOTAL_ERROR,
        ),
        _("Mean zone difference {mean:.2f}: {place} the accepted {limit}.").format(
            mean=mean,
            place=inside if mean <= ACCEPTED_ZONE_ERROR else outside,
            limit=ACCEPTED_ZONE_ERROR,
        ),
    )


def _notes(metadata: ImageMetadata, prediction: Prediction | None) -> tuple[str, ...]:
    notes: list[str] = []
    if image_painting.sides_are_in_doubt(metadata, prediction):
        notes.append(
            _(
                "The file says that the patient's left is on the left of this picture. The zones are named for the "
                "usual way round: A–C and D–F may be exchanged."
            )
        )
    return (*notes, *(prediction.quality if prediction is not None else ()))


def _undrawable(lines: Sequence[Line]) -> tuple[str, ...]:
    labels = [line.label for line in lines if not can_draw(line.value)]
    if not labels:
        return ()
    note = _("This machine has no font for some letters of: {labels}. They are shown as boxes.")
    return (note.format(labels=", ".join(labels)),)


def _map(reported: ReportedImage, prediction: Prediction | None) -> MapImage | None:
    explained = reported.explanation
    if explained is None or prediction is None or not explained.zones:
        return None
    painted = paint_map(reported, prediction, explained)
    # Keyed by the super-pixel, as one may be the strongest of several zones.
    letters: dict[int, list[str]] = {}
    strongest = []
    for zone in explained.zones:
        if prediction.score[zone] == 0:
            continue
        index, changes = strongest_superpixel(explained.map, prediction, zone), None
        if index is not None:
            letters.setdefault(index, []).append(zone.name)
            of_zone = explained.map.contributions[index, zone.row, zone.column]
            changes = tuple(float(of_zone[score]) for score in range(N_CLASSES))
        strongest.append(StrongestPart(zone, prediction.score[zone], changes))
    places = {
        " ".join(names): painted.to_units.map(place_of_superpixel(explained.map, prediction, index))
        for index, names in letters.items()
    }
    image = QImage(painted.image)
    image_painting.paint_letters(image, places)
    return MapImage(image, made_how(explained), tuple(strongest))


def paint_map(
    reported: ReportedImage, prediction: Prediction, explained: ReportedExplanation
) -> image_painting.PaintedImage:
    """The film under the map of the zones shown, as strongly as on the screen."""
    drawn = image_of(explained.map, prediction, explained.zones)
    layers = image_painting.ImageLayers(explanation=(drawn, max(explained.opacity, LEAST_MAP_OPACITY)))
    return image_painting.paint_image(
        reported.radiograph, reported.voi, inverted=reported.inverted, prediction=prediction, layers=layers
    )


def made_how(explained: ReportedExplanation) -> str:
    """Sentences on the map: exact or fast, whole or partial, of which zones."""
    count = len(explained.map.contributions)
    parts = [
        _("Exact map: each super-pixel masked in turn, the full network in torch every time.")
        if explained.exact
        else _("Fast map: an approximation of the exact one."),
    ]
    if explained.share_done < 1.0:
        parts.append(
            _("Partial: {share:.0%} of {count} super-pixels done.").format(share=explained.share_done, count=count)
        )
        parts.append(_("Hatched: not masked."))
    else:
        parts.append(_("Complete: {count} super-pixels.").format(count=count))
    if len(explained.zones) == len(ZONES):
        parts.append(_("All zones."))
    else:
        zones = ", ".join(zone.name for zone in explained.zones)
        only = translate_count("Only zone {zones}.", "Only zones {zones}.", len(explained.zones))
        parts.append(only.format(zones=zones))
    return " ".join(parts)


def _lungs(prediction: Prediction | None) -> LungImages | None:
    if prediction is None or not _has_lungs(prediction):
        return None
    masked = prediction.aligned_image * prediction.aligned_lung_probability
    return LungImages(
        image_painting.grey_image(prediction.aligned_image, LUNGS_SIDE_PX),
        image_painting.grey_image(masked, LUNGS_SIDE_PX),
    )


def attention_name(prediction: Prediction) -> str:
    """The scoring head in words."""
    names = {"ha": _("hard attention"), "sa": _("soft attention"), "ens": _("ensemble of hard and soft attention")}
    return names[prediction.attention.value]


def computed_on(prediction: Prediction) -> str:
    """The device, and what computed the score where that is not the reference."""
    return prediction.device if prediction.backend == TORCH else f"{prediction.device} ({prediction.backend})"


def gate_outcome(radiograph: Radiograph) -> str:
    """What the check of the input said: accepted, and what the file did not state; or the reason for the refusal."""
    try:
        reject_unsuitable(radiograph)
    except UnsuitableImageError as rejection:
        return _("refused: {reason}").format(reason=rejection)
    metadata = radiograph.metadata
    stated = {
        _("view"): metadata.view_position,
        _("body part"): metadata.body_part,
        _("age"): stated_age_years(metadata),
    }
    missing = [name for name, value in stated.items() if value in ("", None)]
    if not missing:
        return _("accepted as a frontal chest film of an adult")
    return _("accepted as a frontal chest film; the file does not state: {missing}").format(missing=", ".join(missing))


def _provenance(radiograph: Radiograph, prediction: Prediction | None, made_at: datetime) -> tuple[Line, ...]:
    lines = []
    if prediction is not None:
        model = prediction.model
        lines = [
            Line(_("Model"), f"{model.name} {model.version}"),
            Line(_("Weights SHA-256"), model.sha256),
            Line(_("Scoring head"), attention_name(prediction)),
            Line(_("Computed on"), computed_on(prediction)),
        ]
    lines += [
        Line(_("Input check"), gate_outcome(radiograph)),
        Line(_("Software"), software()),
        Line(_("Report made"), moment(made_at)),
    ]
    return tuple(lines)
