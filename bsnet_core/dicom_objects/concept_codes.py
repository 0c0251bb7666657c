"""The codes of documents and segments: standard ones where they exist, else the private scheme of docs/dicom.md."""

from __future__ import annotations

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import CodedConcept

from bsnet_core.brixia import N_CLASSES, Zone

PRIVATE_SCHEME = "99BSNET"


def _standard(value: str, meaning: str, scheme: str = "SCT") -> CodedConcept:
    return CodedConcept(value, scheme, meaning)


def _private(value: str, meaning: str) -> CodedConcept:
    return CodedConcept(value, PRIVATE_SCHEME, meaning)


LUNG = _standard("39607008", "Lung")
RIGHT, LEFT, BOTH_SIDES = (
    _standard("24028007", "Right"),
    _standard("7771000", "Left"),
    _standard("51440002", "Bilateral"),
)
LUNG_ZONES = (
    _standard("281392002", "Upper zone of lung"),
    _standard("281393007", "Middle zone of lung"),
    _standard("281394001", "Lower zone of lung"),
)
"""By row of the grid."""
ANATOMICAL_STRUCTURE = _standard("91723000", "Anatomical Structure")
RIGHT_LUNG, LEFT_LUNG = _standard("3341006", "Right lung"), _standard("44029006", "Left lung")
RADIOGRAPHY = _standard("43468-8", "XR unspecified body region", "LN")
REPORT = _standard("18748-4", "Diagnostic imaging study", "LN")
ARTIFICIAL_INTELLIGENCE = _standard("123110", "Artificial Intelligence", "DCM")
PERSON = _standard("121006", "Person", "DCM")
DEVICE = _standard("121007", "Device", "DCM")
MEAN = _standard("373098007", "Mean")
NO_UNITS = _standard("1", "no units", "UCUM")
SCORE_UNITS = _standard("{score}", "score", "UCUM")

ZONE_SCORE = _private("BX001", "Brixia score of a lung zone")
GLOBAL_SCORE = _private("BX002", "Brixia global score")
SUM_OF_ASSESSED = _private("BX006", "Sum of Brixia scores of the assessable lung zones")
EXPECTED_VALUE = _private("BX003", "Expected value of the score")
INTERVAL = (
    _private("BX004", "Lowest global score of the 90% interval"),
    _private("BX005", "Highest global score of the 90% interval"),
)
CLASS_PROBABILITIES = tuple(
    _private(f"BX01{score}", f"Probability of a zone score of {score}") for score in range(N_CLASSES)
)
PREDICTION_HIDDEN = _private("BX020", "Prediction during the reading")
HIDDEN, SHOWN = _private("BX021", "Hidden (blind reading)"), _private("BX022", "Visible")
ASSESSABILITY, NOT_ASSESSABLE = _private("BX023", "Assessability of the lung zone"), _private("BX024", "Not assessable")
ZONE_FINDING = _private("BX030", "Lung zone of the Brixia score")
WHOLE_FINDING = _private("BX031", "Both lungs, all six zones of the Brixia score")
QUALITY_NOTE = _private("BX040", "Quality note")
INTENDED_USE = _private("BX041", "Intended use")
MODEL_METHOD = _private("BX050", "Brixia score by BS-Net")
READER_METHOD = _private("BX051", "Brixia score by a reader")


def side_of(zone: Zone) -> CodedConcept:
    """Laterality of a zone's lung."""
    return RIGHT if zone.is_patient_right else LEFT


def private_scheme() -> CodingSchemeIdentificationItem:
    """The item of Coding Scheme Identification Sequence that says whose the private codes are."""
    return CodingSchemeIdentificationItem(
        designator=PRIVATE_SCHEME,
        name="Brixia score of BS-Net Viewer, described in its docs/dicom.md",
        version="1",
        responsible_organization="BS-Net Viewer contributors",
    )
