"""The metadata of a DICOM header: patient, study, view and pixel spacing."""

from __future__ import annotations

from pydicom.dataset import Dataset

from bsnet_core.dicom_dates import EARLIEST_YEAR, day_of, possible_days
from bsnet_core.loading.coded_terms import coded_body_part, coded_view
from bsnet_core.loading.header import number_of, pair_of, text_in_any_letters_of, text_of, value_of
from bsnet_core.radiograph import ImageMetadata, PixelSpacing, SpacingMeaning

IMAGE_DATES = (
    *("StudyDate", "AcquisitionDate", "AcquisitionDateTime", "SeriesDate", "PerformedProcedureStepStartDate"),
    "ContentDate",
)
"""Dates of the image, the one that people call its date first."""


def metadata_of(header: Dataset, transfer_syntax: str) -> ImageMetadata:
    """Everything that the program keeps of a header besides the pixels."""
    orientation = value_of(header, "PatientOrientation")
    letters = [str(part).strip() for part in orientation] if orientation and not isinstance(orientation, str) else []
    return ImageMetadata(
        patient_name=text_of(header, "PatientName"),
        patient_id=text_of(header, "PatientID"),
        patient_birth_date=text_of(header, "PatientBirthDate"),
        patient_sex=text_of(header, "PatientSex"),
        patient_age=text_in_any_letters_of(header, "PatientAge"),
        study_uid=text_of(header, "StudyInstanceUID"),
        series_uid=text_of(header, "SeriesInstanceUID"),
        sop_instance_uid=text_of(header, "SOPInstanceUID"),
        sop_class_uid=text_of(header, "SOPClassUID"),
        study_date=_study_date(header),
        study_time=text_of(header, "StudyTime"),
        study_description=text_of(header, "StudyDescription"),
        series_description=text_of(header, "SeriesDescription"),
        protocol_name=text_of(header, "ProtocolName"),
        step_description=text_of(header, "PerformedProcedureStepDescription"),
        processing_description=text_of(header, "AcquisitionDeviceProcessingDescription"),
        creation_date=text_of(header, "InstanceCreationDate"),
        accession_number=text_of(header, "AccessionNumber"),
        institution=text_of(header, "InstitutionName"),
        manufacturer=text_of(header, "Manufacturer"),
        modality=text_of(header, "Modality").upper(),
        body_part=text_in_any_letters_of(header, "BodyPartExamined"),
        coded_body_part=coded_body_part(header),
        view_position=text_in_any_letters_of(header, "ViewPosition") or coded_view(header),
        coded_view=coded_view(header),
        image_laterality=text_of(header, "ImageLaterality") or text_of(header, "Laterality"),
        patient_orientation=(letters[0], letters[1]) if len(letters) == 2 and all(letters) else None,
        burned_in_annotation=text_of(header, "BurnedInAnnotation"),
        transfer_syntax=transfer_syntax,
        lossy_compressed=text_of(header, "LossyImageCompression") == "01",
        spacing=_spacing(header),
    )


def _study_date(header: Dataset) -> str:
    """The first date of the image that is whole, else the first that is one in part, as the file states it."""
    stated = [text for keyword in IMAGE_DATES if (text := text_of(header, keyword))]
    for text in stated:
        day = day_of(text) if possible_days(text) else None
        if day is not None:
            return day.strftime("%Y%m%d") if day.year >= EARLIEST_YEAR else text
    return next((text for text in stated if possible_days(text)), stated[0] if stated else "")


def _spacing(header: Dataset) -> PixelSpacing | None:
    """Pixel Spacing counts as calibrated only if it says so or differs from the detector's (PS3.3 10.7.1.3)."""
    detector = pair_of(header, "ImagerPixelSpacing") or pair_of(header, "NominalScannedPixelSpacing")
    stated = pair_of(header, "PixelSpacing")
    factor = number_of(header, "EstimatedRadiographicMagnificationFactor")
    is_own = stated is not None and detector is not None and stated != detector
    if stated is not None and (is_own or value_of(header, "PixelSpacingCalibrationType")):
        return PixelSpacing(*stated, SpacingMeaning.CORRECTED)
    if detector is not None and factor is not None and factor > 1:
        return PixelSpacing(detector[0] / factor, detector[1] / factor, SpacingMeaning.CORRECTED)
    uncorrected = stated or detector
    if uncorrected is not None:
        return PixelSpacing(*uncorrected, SpacingMeaning.DETECTOR)
    shape = pair_of(header, "PixelAspectRatio")
    return PixelSpacing(shape[0] / shape[1], 1.0, SpacingMeaning.UNKNOWN) if shape is not None else None
