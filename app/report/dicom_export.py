"""The DICOM objects of an open image: those that may be shown, beside the reader's own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydicom.dataset import Dataset

from app.report.content import ReportChoices, compose_report
from app.report.paper import Paper
from app.report.pdf import report_pdf
from app.report.reported_image import ReportedImage
from bsnet_core.errors import ReportError
from bsnet_core.language import translate as _


def export_dicom(reported: ReportedImage, path: Path, folder: Path, paper: Paper, made_at: datetime) -> Path:
    """Writes prediction, reading and report as DICOM objects, each into a file of its own; for a worker thread.

    A prediction that is hidden from the reader is left out, and so is where it found the zones.

    Args:
        reported: The image with its results.
        path: The file of the image.
        folder: The folder to write to.
        paper: The paper size of the report.
        made_at: Now, with a time zone.

    Returns:
        `folder`.

    Raises:
        ReportError: there is no result yet, the image did not come as DICOM, or the folder cannot be written to.
        UnreadableImageError: the file is gone or damaged.
    """
    from bsnet_core.dicom_objects.encapsulated_report import encapsulated_report
    from bsnet_core.dicom_objects.object_files import write_objects
    from bsnet_core.dicom_objects.original_image import original_image_of
    from bsnet_core.dicom_objects.reading_document import ReadByPerson, reading_document
    from bsnet_core.dicom_objects.result_objects import objects_of_prediction

    prediction = None if reported.prediction_is_hidden else reported.prediction
    reading = reported.reading
    if prediction is None and reading is None:
        raise ReportError(
            _("There is no result to export yet: neither a saved reading nor a prediction that is shown.")
        )
    original = original_image_of(path)
    objects: list[Dataset] = []
    if prediction is not None:
        objects += objects_of_prediction(path, reported.radiograph, prediction, made_at, reported.voi)
    if reading is not None:
        read = ReadByPerson(reading.reader, reading.score, reading.saved_at, reading.blind)
        frames = prediction.frames if prediction is not None else None
        objects.append(reading_document(original, read, frames, made_at))
    pdf = report_pdf(compose_report(reported, ReportChoices(), made_at), paper)
    objects.append(encapsulated_report(original, pdf, made_at))
    write_objects(objects, folder)
    return folder
