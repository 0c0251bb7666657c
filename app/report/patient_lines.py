"""The lines of a report on the patient and the image."""

from __future__ import annotations

from app.report.lines import Line
from bsnet_core.dicom_dates import shown_date
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata, Radiograph
from bsnet_core.shown_texts import person_name, shown_age, visible

OLDEST_STATED_AGE = 89
"""Highest age in a de-identified report: so few people are older that their age may identify them (45 CFR 164.514)."""


def patient_lines(radiograph: Radiograph, *, deidentified: bool, keep_dates: bool) -> tuple[Line, ...]:
    """Patient, study and image, without lines that would be empty.

    Args:
        radiograph: The image and its metadata.
        deidentified: Whether everything that identifies the patient is left out.
        keep_dates: Whether the study date stays in a de-identified report.
    """
    metadata = radiograph.metadata
    sex = {"M": _("male"), "F": _("female"), "O": _("other")}.get(metadata.patient_sex.strip().upper(), "")
    view = " ".join(part for part in (metadata.modality, metadata.view_position) if part)
    height, width = radiograph.shape
    shared = [
        Line(_("Sex"), sex),
        Line(_("Age"), _age(metadata.patient_age, deidentified=deidentified)),
        Line(_("View"), visible(view)),
        Line(_("Image"), _("{width} × {height} pixels").format(width=width, height=height)),
    ]
    dates = Line(_("Study date"), _study_date_and_time(metadata))
    if deidentified:
        lines = [Line(_("Patient"), _("de-identified")), *shared, *([dates] if keep_dates else [])]
    else:
        names = [
            Line(_("Patient"), person_name(metadata.patient_name)),
            Line(_("Patient ID"), visible(metadata.patient_id)),
            Line(_("Birth date"), shown_date(metadata.patient_birth_date)),
        ]
        study = [
            dates,
            Line(_("Study description"), visible(metadata.study_description)),
            Line(_("Accession number"), visible(metadata.accession_number)),
            Line(_("Institution"), visible(metadata.institution)),
        ]
        # An image without a header is identified by its file alone.
        file = radiograph.source.name if radiograph.source is not None and not metadata.sop_instance_uid else ""
        lines = [*names, *shared, *study, Line(_("File"), visible(file))]
    return tuple(line for line in lines if line.value)


def _study_date_and_time(metadata: ImageMetadata) -> str:
    time = metadata.study_time.strip()
    clock = f"{time[:2]}:{time[2:4]}" if len(time) >= 4 and time[:4].isdigit() else ""
    return f"{shown_date(metadata.study_date)} {clock}".strip() if metadata.study_date else ""


def _age(stated: str, *, deidentified: bool) -> str:
    years = shown_age(stated) and stated.strip().upper().removesuffix("Y")
    if deidentified and years.isdigit() and int(years) > OLDEST_STATED_AGE:
        return _("over {count} years").format(count=OLDEST_STATED_AGE)
    return shown_age(stated)
