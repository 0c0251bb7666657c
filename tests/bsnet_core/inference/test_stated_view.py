"""The view as files state it, in their own words, by code and in descriptions; through DICOM bytes."""

import pytest
from pydicom.sequence import Sequence

from bsnet_core.errors import UnsuitableImageError
from bsnet_core.inference.input_check import reject_unsuitable
from bsnet_core.radiograph import ImageMetadata, Radiograph
from tests.bsnet_core.loaded_dicom import image, image_in_any_letters
from tests.dicom_files import coded, ramp

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")

LATERAL_POSITIONS = [
    *(
        "LL",
        "RL",
        "LAT",
        "Lat.",
        "lateral",
        "LLAT",
        "RLAT",
        "L LAT",
        "LT LAT",
        "LEFT LATERAL",
        "Lateral_LL",
        "XTABLE LATERAL",
        "SWIMMERS",
        "X-TABLE LAT",
    ),
    *(
        "CROSSTABLE LATERAL",
        "SIDE VIEW",
        "PROFILE",
        "SEITLICH",
        "seitl.",
        "Seite",
        "stl.",
        "SIDEBILD",
        "Seitenaufnahme",
        "von der Seite",
    ),
    *("PROFIL",),
    *("DE PROFIL", "Profil gauche", "LATERALE", "L-L", "L.L.", "latero-laterale", "PROFILO", "PERFIL", "LATERAL IZQ"),
    *(
        "Lateraal",
        "ZIJDELINGS",
        "dwars",
        "boczne",
        "z boku",
        "BOK",
        "боковая",
        "левый бок",
        "профиль",
        "YAN",
        "sol yan",
    ),
    *(
        "側面",
        "侧位",
        "左侧位",
        "側位",
        "측면",
        "πλάγια",
        "SIDA",
        "DORSAL DECUBITUS LATERAL",
        "CHEST LAT",
        "ChestLateral",
    ),
    *(
        "THORAXLAT",
        "LLO",
        "RLO",
        "LPO",
        "RPO",
        "LAO",
        "RAO",
        "OBL",
        "Oblique",
        "schräg",
        "oblicua",
        "obliqua",
        "skośne",
    ),
    *("PA OBLIQUE", "left anterior oblique", "AP OBL", "косая", "斜位", "lateral oblique"),
]
FRONTAL_POSITIONS = [
    *("PA", "AP", "ap", "P.A.", "A-P", "P/A", "AP supine", "AP ERECT", "PA/AP", "postero-anterior", "Frontal"),
    *("FACE",),
    *(
        "de frente",
        "LLD",
        "RLD",
        "left lateral decubitus",
        "LAT DECUB",
        "Decubito laterale dx",
        "decúbito lateral",
        "PA LLD",
    ),
    *(
        "Linksseitenlage",
        "左侧卧位",
        "側臥位",
        "正位",
        "正面",
        "прямая",
        "AP LORDOTIC",
        "L",
        "R",
        "bilateral",
        "UNILATERAL",
    ),
    *(
        "ERECT",
        "STANDING",
        "SUPINE",
        "unknown",
        "LATERALITY",
        "collateral",
        "latitude",
        "flat",
        "plate",
        "dilated",
        "late",
    ),
    *("PA/LAT", "AP AND LATERAL", "正侧位", "PA + LL", "2 VIEWS", "LATERAL PA", ""),
]
LATERAL_DESCRIPTIONS = [
    *(
        "Chest Lateral",
        "W Chest Lat",
        "CHEST LAT",
        "CXR LAT",
        "Chest LAT1",
        "W033Chest_lat",
        "LATERAL CHEST",
        "Chest lat.erect",
    ),
    *(
        "Thorax seitlich",
        "Thorax stl.",
        "Rö-Thorax seitl.",
        "Thoraxlat",
        "Thorax lateral links",
        "Thorax li. anl.",
        "Thorax de profil",
        "Rx pulmonaire profil",
    ),
    *("Torace LL", "Torace laterale", "Torace L-L", "Rx tórax lateral", "Tórax perfil", "Torax perfil esquerdo"),
    *("X-thorax lateraal", "Thorax zijdelings", "Klatka piersiowa boczne", "RTG klp bok lewy"),
    *("ОГК боковая проекция",),
    *(
        "Thorax Seite",
        "klatka piersiowa bok",
        "Lungor sida",
        "Akciğer yan",
        "胸部側面",
        "胸部侧位",
        "흉부 측면",
        "Chest obl.",
        "Thorax RAO",
        "Chest, 2 of 2: Lateral",
    ),
]
FRONTAL_DESCRIPTIONS = [
    *(
        "Chest PA",
        "Chest AP portable",
        "PA and lateral",
        "Chest PA/LAT",
        "Chest 2 views",
        "Thorax pa und seitlich",
        "CXR 2V",
    ),
    *(
        "Chest lateral decubitus",
        "Thorax in 2 Ebenen",
        "Torace PA e LL",
        "Torace 2P (PA+LL)",
        "face et profil",
        "胸部正側",
    ),
    *(
        "Bilateral effusion",
        "Collateral vessels",
        "Unilateral ribs",
        "Contralateral",
        "Palatal",
        "Late follow-up",
        "Platelets",
    ),
    *("Klatka, dzieci do 10 lat", "po 20 latach", "Laterality L", "flat panel", "", "Chest"),
]


def tagged(folder, **tags):
    view = tags.get("ViewPosition", "")
    if not view.isascii():
        return image_in_any_letters(folder, "ISO_IR 192", ViewPosition=view)
    return image(folder, **({"ViewPosition": "", "PatientOrientation": None} | tags))


def is_rejected(radiograph):
    try:
        reject_unsuitable(radiograph)
    except UnsuitableImageError as rejection:
        return "lateral" in str(rejection)
    return False


@pytest.mark.parametrize("view", LATERAL_POSITIONS)
def test_a_lateral_or_oblique_view_position_in_any_words_is_rejected(tmp_path, view):
    assert is_rejected(tagged(tmp_path, ViewPosition=view))


@pytest.mark.parametrize("view", FRONTAL_POSITIONS)
def test_a_view_position_that_does_not_say_lateral_is_scored(tmp_path, view):
    assert not is_rejected(tagged(tmp_path, ViewPosition=view))


@pytest.mark.parametrize("text", LATERAL_DESCRIPTIONS)
@pytest.mark.parametrize("tag", ["SeriesDescription", "ProtocolName", "AcquisitionDeviceProcessingDescription"])
def test_a_description_of_the_image_that_says_lateral_is_believed(tmp_path, tag, text):
    assert is_rejected(tagged(tmp_path, **{tag: text}))


@pytest.mark.parametrize("text", FRONTAL_DESCRIPTIONS)
@pytest.mark.parametrize(
    "tag", ["SeriesDescription", "ProtocolName", "StudyDescription", "PerformedProcedureStepDescription"]
)
def test_a_description_that_does_not_say_which_view_this_is_rejects_nothing(tmp_path, tag, text):
    assert not is_rejected(tagged(tmp_path, **{tag: text}))


@pytest.mark.parametrize("text", ["XR CHEST LATERAL", "Thorax seitlich", "Rx tórax lateral", "Thorax profil"])
@pytest.mark.parametrize("tag", ["StudyDescription", "PerformedProcedureStepDescription"])
def test_an_examination_of_nothing_but_a_lateral_view_is_believed(tmp_path, tag, text):
    assert is_rejected(tagged(tmp_path, **{tag: text}))


@pytest.mark.parametrize("text", ["Chest with lateral", "Thorax + seitlich", "CHEST 2V LAT", "AP, lateral", "Chest LL"])
def test_an_examination_of_several_views_says_nothing_of_this_image(tmp_path, text):
    assert not is_rejected(tagged(tmp_path, StudyDescription=text))


@pytest.mark.parametrize(
    ("tags", "rejected"),
    [
        ({"ViewPosition": "PA", "SeriesDescription": "Chest Lateral"}, False),
        ({"ViewPosition": "LL", "SeriesDescription": "Chest PA"}, True),
        ({"SeriesDescription": "Chest PA", "ProtocolName": "Chest Lat"}, False),
        ({"SeriesDescription": "Chest Lat", "ProtocolName": "Chest PA", "StudyDescription": "CHEST PA AND LAT"}, True),
        ({"SeriesDescription": "1", "ProtocolName": "Thorax lat", "StudyDescription": "Thorax 2 Ebenen"}, True),
        ({"ViewPosition": "ERECT", "SeriesDescription": "Chest Lateral"}, True),
        ({"ViewPosition": "PA/LAT", "SeriesDescription": "Lateral"}, True),
        ({"PatientOrientation": ["L", "F"], "SeriesDescription": "Chest Lateral"}, True),
        ({"PatientOrientation": ["A", "F"]}, True),
        ({"PatientOrientation": ["P", "F"], "ViewPosition": "ERECT"}, True),
        ({"PatientOrientation": ["A", "F"], "ViewPosition": "PA"}, False),
        ({"PatientOrientation": ["A", "F"], "SeriesDescription": "Chest PA"}, True),
    ],
)
def test_the_tag_nearest_to_the_image_decides(tmp_path, tags, rejected):
    assert is_rejected(tagged(tmp_path, **tags)) is rejected


@pytest.mark.parametrize(
    ("code", "rejected"),
    [
        (("R-10236", "SRT", "left lateral"), True),
        (("R-10232", "SNM3", "vue de profil droite"), True),
        (("399067008", "SCT", ""), True),
        (("399173006", "SCT", "postero-anterior"), True),
        (("R-40985", "SRT", "vorne rechts"), True),
        (("399182000", "SCT", "x"), True),
        (("R-10206", "SRT", "lateral"), False),
        (("R-10214", "SRT", "seitlich"), False),
        (("R-40888", "SRT", "LATERAL"), False),
        (("399033003", "SCT", "Frontal"), False),
        (("X7", "99HOSPITAL", "Lateral links"), True),
        (("X7", "99HOSPITAL", "Thorax p.a."), False),
        (("R-10236", "99HOSPITAL", "frontal"), False),
    ],
)
def test_a_known_code_decides_whatever_words_are_beside_it(tmp_path, code, rejected):
    value, scheme, meaning = code
    item = coded(value, meaning, scheme)
    assert is_rejected(tagged(tmp_path, ViewCodeSequence=Sequence([item]))) is rejected
    assert is_rejected(tagged(tmp_path, ViewCodeSequence=Sequence([item]), ViewPosition="ERECT")) is rejected
    assert not is_rejected(tagged(tmp_path, ViewCodeSequence=Sequence([item]), ViewPosition="PA"))


def test_a_modifier_of_the_view_counts_by_its_code(tmp_path):
    frontal = coded("R-10206", "AP", "SRT")
    frontal.ViewModifierCodeSequence = Sequence([coded("R-102C1", "x", "SRT")])
    assert is_rejected(tagged(tmp_path, ViewCodeSequence=Sequence([frontal])))
    frontal.ViewModifierCodeSequence = Sequence([coded("R-10242", "lateral", "SRT")])
    assert not is_rejected(tagged(tmp_path, ViewCodeSequence=Sequence([frontal])))


def test_a_rejection_quotes_the_word_and_its_tag_but_not_the_rest_of_the_text(tmp_path):
    radiograph = tagged(tmp_path, SeriesDescription="Thorax seitlich Herr Geheim")
    with pytest.raises(UnsuitableImageError, match=r"Series Description \(“seitlich”\)") as rejection:
        reject_unsuitable(radiograph)
    assert "Geheim" not in str(rejection.value)


def test_the_name_of_a_plain_image_is_no_description():
    metadata = ImageMetadata(study_description="chest lateral")
    assert not is_rejected(Radiograph(ramp(), 0, 12, monochrome1=False, metadata=metadata))
