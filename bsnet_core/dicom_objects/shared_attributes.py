"""The attributes that an object has in common with the image that it is about."""

from __future__ import annotations

PATIENT = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "TypeOfPatientID", "IssuerOfPatientIDQualifiersSequence"),
    *("ReferencedPatientSequence", "GroupOfPatientsIdentificationSequence", "SourcePatientGroupIdentificationSequence"),
    *("PatientBirthDate", "PatientBirthTime", "PatientSex", "QualityControlSubject", "OtherPatientNames"),
    *("OtherPatientIDsSequence", "EthnicGroupCodeSequence", "PatientComments", "PatientIdentityRemoved"),
    *("DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    *("ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialProtocolName", "ClinicalTrialSiteID"),
    *("ClinicalTrialSiteName", "ClinicalTrialSubjectID", "ClinicalTrialSubjectReadingID"),
)
"""Patient and Clinical Trial Subject modules (PS3.3 C.7.1.1, C.7.1.3), without those of animals."""
OF_THE_STUDY = (
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "IssuerOfAccessionNumberSequence"),
    *("ReferringPhysicianName", "ReferringPhysicianIdentificationSequence", "ConsultingPhysicianName"),
    *("StudyDescription", "ProcedureCodeSequence", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy"),
    *("ReferencedStudySequence", "RequestingService", "RequestingServiceCodeSequence"),
    *("AdmittingDiagnosesDescription", "AdmittingDiagnosesCodeSequence", "PatientAge", "PatientSize", "PatientWeight"),
    *("MedicalAlerts", "Allergies", "Occupation", "SmokingStatus", "AdditionalPatientHistory", "PregnancyStatus"),
    *("LastMenstrualDate", "AdmissionID", "IssuerOfAdmissionIDSequence", "ServiceEpisodeID", "ReasonForVisit"),
    *("ClinicalTrialTimePointID", "ClinicalTrialTimePointDescription"),
)
"""General Study, Patient Study and Clinical Trial Study modules (PS3.3 C.7.2.1 to C.7.2.3)."""
IMAGE = (
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality", "BodyPartExamined", "ViewPosition"),
    *("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions", "InstitutionName"),
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit"),
    *("PixelRepresentation", "PixelSpacing", "ImagerPixelSpacing", "PatientOrientation", "ImageLaterality"),
    *("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod", "NumberOfFrames"),
    *("AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime", "InstanceNumber", "SeriesNumber"),
)
"""The image itself, for references to it and for what is derived from it."""
IDENTITY = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "AccessionNumber"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"),
)
"""Copied as they are stated, right or wrong: without them the object would belong to nobody."""
EMPTY_IF_UNKNOWN = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "ReferringPhysicianName"),
)
"""Attributes of Type 2."""
ENUMERATED = {
    "PatientSex": frozenset({"M", "F", "O"}),
    "SmokingStatus": frozenset({"YES", "NO", "UNKNOWN"}),
    "QualityControlSubject": frozenset({"YES", "NO"}),
    "PatientIdentityRemoved": frozenset({"YES", "NO"}),
    "TypeOfPatientID": frozenset({"TEXT", "RFID", "BARCODE"}),
    "LossyImageCompression": frozenset({"00", "01"}),
}
"""Attributes that only have these values; another one is left out."""
