"""The metadata of a DICOM header: patient, study, view and pixel spacing."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.dataset import Dataset

from bsnet_core.loading.header import number_of, pair_of, text_of, value_of
from bsnet_core.radiograph import ImageMetadata, PixelSpacing, SpacingMeaning


def metadata_of(header: Dataset, transfer_syntax: str) -> ImageMetadata:
    """Everything that the program keeps of a header besides the pixels."""
    orientation = value_of(header, "PatientOrientation")
    letters = [str(part).strip() for part in orientation] if orientation and not isinstance(orientation, str) else []
    return ImageMetadata(
        patient_name=text_of(header, "PatientName"),
        patient_id=text_of(header, "PatientID"),
        patient_birth_date=text_of(header, "PatientBirthDate"),
        patient_sex=text_of(header, "PatientSex"),
        patient_age=text_of(header, "PatientAge"),
        study_uid=text_of(header, "StudyInstanceUID"),
        series_uid=text_of(header, "SeriesInstanceUID"),
        sop_instance_uid=text_of(header, "SOPInstanceUID"),
        sop_class_uid=text_of(header, "SOPClassUID"),
        study_date=text_of(header, "StudyDate") or text_of(header, "AcquisitionDate"),
        study_time=text_of(header, "StudyTime"),
        study_description=text_of(header, "StudyDescription"),
        accession_number=text_of(header, "AccessionNumber"),
        institution=text_of(header, "InstitutionName"),
        manufacturer=text_of(header, "Manufacturer"),
        modality=text_of(header, "Modality").upper(),
        body_part=text_of(header, "BodyPartExamined"),
        view_position=_view(header),
        image_laterality=text_of(header, "ImageLaterality") or text_of(header, "Laterality"),
        patient_orientation=(letters[0], letters[1]) if len(letters) == 2 and all(letters) else None,
        burned_in_annotation=text_of(header, "BurnedInAnnotation"),
        transfer_syntax=transfer_syntax,
        lossy_compressed=text_of(header, "LossyImageCompression") == "01",
        spacing=_spacing(header),
    )


def _view(header: Dataset) -> str:
    position = text_of(header, "ViewPosition")
    if position:
        return position
    codes = value_of(header, "ViewCodeSequence")
    return text_of(codes[0], "CodeMeaning") if isinstance(codes, Sequence) and len(codes) else ""


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
