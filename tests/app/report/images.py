"""Images with known content, for everything that is exported as a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from app.report.content import ReportChoices, compose_report
from app.report.paper import Paper
from app.report.pdf import report_pdf
from app.report.reported_image import ReportedExplanation, ReportedImage
from app.session.readings import Reading
from bsnet_core.brixia import BrixiaScore
from bsnet_core.display import default_voi
from bsnet_core.radiograph import ImageMetadata, Radiograph
from tests.app.predictions import IMAGE_SHAPE, explanation, prediction
from tests.app.report.documents import texts_of

MADE_AT = datetime(2026, 3, 4, 17, 5, 9, tzinfo=timezone(timedelta(hours=1)))
READ_AT = datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
IDENTIFYING = {
    "patient_name": "Zimmermann^Xaver",
    "patient_id": "PID-4711",
    "patient_birth_date": "19340506",
    "study_uid": "1.2.826.0.1.77.1",
    "series_uid": "1.2.826.0.1.77.2",
    "sop_instance_uid": "1.2.826.0.1.77.3",
    "study_date": "20200102",
    "study_time": "101112",
    "study_description": "Thorax of Xaver Zimmermann",
    "accession_number": "ACC-0815",
    "institution": "Hospital Kreuzberg",
}
READER = "Dr. Quirin Ypsilon"
FOLDER = Path("/home/zimmermann/films")
IDENTIFYING_TEXTS = (
    *("Zimmermann", "Xaver", "PID-4711", "4711", "1934", "19340506", "1.2.826", "2020-01-02", "20200102", "10:11"),
    *("Thorax", "ACC-0815", "Kreuzberg", "Quirin", "2026-03-03", "films"),
)


def metadata(**changes: object) -> ImageMetadata:
    """Metadata that identify a person in every way a file can."""
    stated = {"patient_sex": "M", "patient_age": "085Y", "modality": "DX", "view_position": "AP"}
    return ImageMetadata(**(IDENTIFYING | stated | {"patient_orientation": ("L", "F")} | changes))


def radiograph(stored: np.ndarray | None = None, *, monochrome1: bool = False, **changes: object) -> Radiograph:
    """An even grey radiograph, or the given 8-bit codes; `changes` go into its metadata."""
    if stored is None:
        stored = np.full(IMAGE_SHAPE, 90, dtype=np.uint16)
        stored[0, :2] = 0, 255
    return Radiograph(
        stored=stored.astype(np.uint16),
        stored_offset=0,
        bits_stored=8,
        monochrome1=monochrome1,
        metadata=metadata(**changes),
        source=FOLDER / "film.dcm",
    )


def reading(score: str = "112300", *, blind: bool = True) -> Reading:
    return Reading(READER, BrixiaScore.from_text(score), READ_AT - timedelta(minutes=2), READ_AT, blind)


def reported(image: Radiograph | None = None, **changes: object) -> ReportedImage:
    """An image with everything: predicted 012321, read 112300, explained for zone D."""
    image = image if image is not None else radiograph()
    everything: dict[str, object] = {
        "voi": default_voi(image),
        "prediction": prediction("012321"),
        "reading": reading(),
        "explanation": ReportedExplanation(explanation({2: (0, 1, 3), 6: (1, 1, 2)})),
    }
    return ReportedImage(image, **(everything | changes))


def pixels_of(image) -> np.ndarray:
    """(H, W, 3) int of an RGB32 image."""
    array = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return array[:, : image.width(), 2::-1].astype(int)


def content_of(image=None, **choices):
    return compose_report(image if image is not None else reported(), ReportChoices(**choices), MADE_AT)


def text_of(image=None, **choices):
    return " ".join(texts_of(report_pdf(content_of(image, **choices), Paper.A4)))


def explained_d_and_e():
    """As `reported` has it, and masking super-pixel 2 does something else to every score of zone D."""
    made = explanation({2: (0, 1, 3), 6: (1, 1, 2)})
    made.contributions[2, 0, 1] = 0.204, -0.05, 0.146, -0.3
    return made
