"""The body part as files state it, in the standard's terms, by code, and in other words; through DICOM bytes."""

import pytest
from pydicom.sequence import Sequence

from bsnet_core.errors import RejectionCode, UnsuitableImageError
from bsnet_core.inference.body_part_terms import CHEST_TERMS, OTHER_TERMS
from bsnet_core.inference.input_check import reject_unsuitable
from bsnet_core.loading.anatomic_region_codes import ANATOMIC_REGIONS
from tests.bsnet_core.loaded_dicom import image, image_in_any_letters
from tests.dicom_files import coded

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")

OTHERS = [
    *("ABDOMEN", "ANKLE", "ARM", "CLAVICLE", "COCCYX", "CSPINE", "ELBOW", "EXTREMITY", "FEMUR", "FINGER", "FOOT"),
    *("HAND",),
    *("HEAD", "HIP", "HUMERUS", "JAW", "KNEE", "LEG", "LSPINE", "NECK", "PELVIS", "SCAPULA", "SHOULDER", "SKULL"),
    *("SPINE",),
    *("TOE", "TSPINE", "WRIST", "ZYGOMA", "BREAST", "THUMB", "SINUS", "RIB", "STERNUM", "PATELLA", "TIBIA"),
    *("TIBIAFIBULA",),
    *("CALCANEUS", "SACRUM", "SIJOINT", "ACJOINT", "TMJ", "MANDIBLE", "MAXILLA", "MASTOID", "ORBIT", "NOSE"),
    *("FACE", "TLSPINE"),
    *("LSSPINE", "CTSPINE", "ABDOMENPELVIS", "HEADNECK", "WHOLEBODY", "LARYNX", "TRACHEA", "ESOPHAGUS", "STOMACH"),
    *("COLON",),
    *("HANDS", "Hands", "FEET", "TOES", "KNEES", "RIBS", "SINUSES", "VERTEBRAE", "CLAVICLES", "EXTREMITIES"),
    *("PELVES",),
    *("L-SPINE", "L SPINE", "L_SPINE", "LSPINE", "T-SPINE", "C.SPINE", "LUMBAR SPINE", "Thoracic Spine"),
    *("LUMBOSACRAL SPINE",),
    *("LEFT HAND", "HAND LT", "R KNEE", "RT. FOOT", "KNEE AP", "LOWER LEG", "UPPER ARM", "AC JOINT"),
    *("FACIAL BONES", "SKULL PA"),
    *("PARANASAL SINUS", "WHOLE BODY", "LOWER EXTREMITY", "UPPER_LIMB", "OS CALCIS", "RIB CAGE", "SHOULDER BLADE"),
    *(
        "KUB",
        "UP_EXM",
        "LOW_EXM",
        "L-S SPINE",
        "SPINAL",
    ),
    *("MANO", "Knie", "GENOU", "BACINO", "BECKEN", "Schädel", "LWS", "BWS", "RODILLA", "Rachis", "MIEDNICA"),
    *("ABDOME",),
]
CHESTS = [
    *("CHEST", "Chest", "CHEST ", "THORAX", "LUNG", "LUNGS", "HEART", "MEDIASTINUM", "BRONCHUS", "CHESTABDOMEN"),
    *("NECKCHEST",),
    *("CHESTABDPELVIS", "CHEST PA", "PORT CHEST", "CHEST/RIBS", "CHEST ABDOMEN", "CHEST-ABD", "THORAX AP"),
    *("TORAX AP", "CXR"),
    *("TORACE", "Poumons", "Lunge", "PULMAO", "HEMITHORAX", "PORTABLE", "UNKNOWN", "OTHER", "C-ARM", "C ARM"),
    *("FARM", "HANDLE"),
    *("HARMONY", "LEGAL", "EARLY", "SHIPPING", "MANUAL", "TRUNK", "BODY", "XR", "1", "CHESTS", "CHEST 2V LAT?", ""),
]


def is_rejected(radiograph):
    try:
        reject_unsuitable(radiograph)
    except UnsuitableImageError as rejection:
        return rejection.code is RejectionCode.NOT_FRONTAL_CHEST and "not the chest" in str(rejection)
    return False


@pytest.mark.parametrize("text", OTHERS)
def test_another_part_in_any_spelling_is_rejected(tmp_path, text):
    shown = image_in_any_letters(tmp_path, "ISO_IR 100", BodyPartExamined=text)
    assert is_rejected(shown)


@pytest.mark.parametrize("text", CHESTS)
def test_the_chest_and_unknown_words_are_scored(tmp_path, text):
    assert not is_rejected(image(tmp_path, BodyPartExamined=text))


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        *(("手", True), ("胸椎", True), ("腹部", True), ("胸部", False), ("胸部・腹部", False), ("흉추", True)),
        *(("흉부", False), ("колено", True), ("грудная клетка", False), ("θώρακας", False)),
    ],
)
@pytest.mark.parametrize("character_set", ["ISO_IR 192", "GB18030"])
def test_parts_in_other_letters(tmp_path, character_set, text, rejected):
    assert is_rejected(image_in_any_letters(tmp_path, character_set, BodyPartExamined=text)) is rejected


@pytest.mark.parametrize(
    ("code", "rejected"),
    [
        (("85562004", "SCT", "Hand"), True),
        (("T-D8700", "SRT", "Main"), True),
        (("T-D8700", "SNM3", "Chest"), True),
        (("122495006", "SCT", "Chest"), True),
        (("T-D3000", "SRT", "Hand"), False),
        (("816094009", "SCT", "Brustkorb"), False),
        (("51185008", "SCT", "x"), False),
        (("416550000", "SCT", "x"), False),
        (("39607008", "SCT", "Lung"), False),
        (("H1", "99HOSPITAL", "Left hand"), True),
        (("H1", "99HOSPITAL", "Thorax"), False),
        (("1234", "SCT", "something"), False),
    ],
)
def test_the_code_of_the_region_decides_where_the_body_part_does_not(tmp_path, code, rejected):
    value, scheme, meaning = code
    region = Sequence([coded(value, meaning, scheme)])
    assert is_rejected(image(tmp_path, BodyPartExamined=None, AnatomicRegionSequence=region)) is rejected
    assert is_rejected(image(tmp_path, BodyPartExamined="ROOM 7", AnatomicRegionSequence=region)) is rejected
    assert not is_rejected(image(tmp_path, BodyPartExamined="CHEST", AnatomicRegionSequence=region))
    assert is_rejected(image(tmp_path, BodyPartExamined="KNEE", AnatomicRegionSequence=region))


def test_a_rejection_quotes_the_part_but_not_the_rest_of_the_text(tmp_path):
    with pytest.raises(UnsuitableImageError, match="L SPINE") as rejection:
        reject_unsuitable(image(tmp_path, BodyPartExamined="L-SPINE GEHEIM"))
    assert "GEHEIM" not in str(rejection.value)


def test_every_term_that_a_code_stands_for_is_known():
    terms = {term.lower() for term in ANATOMIC_REGIONS.values()}
    assert terms <= CHEST_TERMS | OTHER_TERMS


def test_no_term_is_both_the_chest_and_another_part():
    assert not CHEST_TERMS & OTHER_TERMS
