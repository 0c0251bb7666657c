"""A report in PDF as a DICOM object (PS3.3 A.45.1, C.24)."""

from __future__ import annotations

from datetime import datetime

from highdicom import SOPClass
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from bsnet_core.dicom_objects.concept_codes import REPORT
from bsnet_core.dicom_objects.new_instance import NewSeries, complete, identification
from bsnet_core.dicom_objects.original_image import OriginalImage
from bsnet_core.errors import ReportError
from bsnet_core.language import translate as _

SERIES_NUMBER = 9707
SIGNATURE = b"%PDF-"


def encapsulated_report(original: OriginalImage, pdf: bytes, made_at: datetime) -> Dataset:
    """Wraps a report of the image.

    Args:
        original: The image that the report is about.
        pdf: The whole file.
        made_at: Now, with a time zone.

    Raises:
        ReportError: the file is not a PDF.
    """
    if not pdf.startswith(SIGNATURE):
        raise ReportError(_("This report is not a PDF, so it cannot become a DICOM object."))
    header, now = original.header, original.local(made_at)
    series = NewSeries(SERIES_NUMBER, _("Brixia score, report"))
    instance = SOPClass(
        study_instance_uid=header.StudyInstanceUID,
        sop_class_uid=EncapsulatedPDFStorage,
        modality="DOC",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        patient_id=header.PatientID,
        patient_name=header.PatientName,
        patient_birth_date=header.PatientBirthDate,
        patient_sex=header.PatientSex,
        accession_number=header.AccessionNumber,
        study_id=header.StudyID,
        study_date=header.StudyDate,
        study_time=header.StudyTime,
        referring_physician_name=header.ReferringPhysicianName,
        **identification(series, original, made_at),
    )
    instance.copy_patient_and_study_information(header)
    instance.ConversionType = "WSD"
    instance.BurnedInAnnotation = "YES"
    instance.DocumentTitle = original.repertoire.spelled(series.description)
    instance.ConceptNameCodeSequence = [CodedConcept.from_code(REPORT)]
    instance.MIMETypeOfEncapsulatedDocument = "application/pdf"
    instance.AcquisitionDateTime = now.strftime("%Y%m%d%H%M%S%z")
    instance.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    instance.EncapsulatedDocumentLength = len(pdf)
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    instance.SourceInstanceSequence = [reference]
    return complete(instance, original, made_at)
