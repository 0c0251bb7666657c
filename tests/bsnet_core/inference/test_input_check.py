"""Which images are scored, and with which code and sentence the others are rejected."""

import numpy as np
import pytest
from pydicom.sequence import Sequence

from bsnet_core.errors import (
    BSNetError,
    NotAdultError,
    RejectionCode,
    UnsuitableImageError,
)
from bsnet_core.inference.input_check import reject_unsuitable
from tests.bsnet_core.loaded_dicom import image
from tests.dicom_files import coded, ramp

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


@pytest.mark.parametrize("view", ["LL", "RL", "LAT", "lateral", "LLO", "LEFT LATERAL"])
def test_a_lateral_view_is_shown_but_not_scored(tmp_path, view):
    radiograph = image(tmp_path, ViewPosition=view)
    assert radiograph.shape == ramp().shape
    with pytest.raises(UnsuitableImageError, match="lateral") as rejection:
        reject_unsuitable(radiograph)
    assert rejection.value.code is RejectionCode.NOT_FRONTAL_CHEST


def test_a_lateral_view_by_its_code(tmp_path):
    code = coded("R-10236", "left lateral", "SRT")
    with pytest.raises(UnsuitableImageError, match="lateral"):
        reject_unsuitable(image(tmp_path, ViewPosition=None, ViewCodeSequence=Sequence([code])))


def test_a_lateral_view_by_its_orientation(tmp_path):
    with pytest.raises(UnsuitableImageError, match="lateral"):
        reject_unsuitable(image(tmp_path, ViewPosition="", PatientOrientation=["A", "F"]))


@pytest.mark.parametrize(
    "view", ["PA", "AP", "", "ap", "AP supine", "LLD", "postero-anterior", "left lateral decubitus"]
)
def test_frontal_and_unstated_views_are_scored(tmp_path, view):
    reject_unsuitable(image(tmp_path, ViewPosition=view))


@pytest.mark.parametrize("body_part", ["HAND", "SKULL", "knee", "L SPINE"])
def test_another_body_part_is_not_scored(tmp_path, body_part):
    with pytest.raises(UnsuitableImageError, match="not the chest"):
        reject_unsuitable(image(tmp_path, BodyPartExamined=body_part))


@pytest.mark.parametrize("body_part", ["CHEST", "", None, "THORAX", "LUNG", "TORAX AP", "PORT CHEST"])
def test_the_chest_by_any_name_is_scored(tmp_path, body_part):
    reject_unsuitable(image(tmp_path, BodyPartExamined=body_part))


@pytest.mark.parametrize(
    "tags",
    [
        {"PatientAge": "005Y"},
        {"PatientAge": "017Y"},
        {"PatientAge": "010M"},
        {"PatientAge": "215M"},
        {"PatientAge": "003W"},
        {"PatientAge": "002D"},
        {"PatientAge": "010y "},
        {"PatientAge": "5Y", "PatientBirthDate": "19500101"},
        {"PatientBirthDate": "20020103", "StudyDate": "20200102"},
        {"PatientBirthDate": "2019.12.31", "StudyDate": "2020.01.02"},
        {"PatientAge": "unknown", "PatientBirthDate": "20100101", "StudyDate": "20200102"},
        {"PatientAge": "017"},
        {"PatientAge": "9 Y"},
        {"PatientBirthDate": "20101399", "StudyDate": "20200102"},
        {"PatientBirthDate": "2010", "StudyDate": "20200102"},
        {"PatientBirthDate": "2010-01-01", "StudyDate": None, "SeriesDate": "20200102"},
    ],
)
def test_a_child_is_shown_but_not_scored(tmp_path, tags):
    radiograph = image(tmp_path, **tags)
    assert radiograph.shape == ramp().shape
    with pytest.raises(NotAdultError, match="under 18 years") as rejection:
        reject_unsuitable(radiograph)
    assert rejection.value.code is RejectionCode.NOT_ADULT
    assert isinstance(rejection.value, UnsuitableImageError)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"PatientAge": "018Y"},
        {"PatientAge": "216M"},
        {"PatientAge": "101Y", "PatientBirthDate": "20200101"},
        {"PatientAge": "018"},
        {"PatientAge": "Y"},
        {"PatientAge": "000Y", "PatientBirthDate": "19500101"},
        {"PatientBirthDate": "20020102", "StudyDate": "20200102"},
        {"PatientBirthDate": "20100101", "StudyDate": ""},
        {"PatientBirthDate": "20210101", "StudyDate": "20200102"},
        {"PatientBirthDate": "2002", "StudyDate": "20200102"},
        {"PatientBirthDate": "10", "StudyDate": "20200102"},
    ],
)
def test_adults_and_patients_of_unknown_age_are_scored(tmp_path, tags):
    reject_unsuitable(image(tmp_path, **tags))


def test_a_colour_photograph_is_not_scored(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    photograph = image(tmp_path, colours, PhotometricInterpretation="RGB", SamplesPerPixel=3, PlanarConfiguration=0)
    with pytest.raises(UnsuitableImageError, match="colour"):
        reject_unsuitable(photograph)


@pytest.mark.parametrize(
    ("pixels", "match"),
    [
        (ramp(100, 300), "too few"),
        (ramp(200, 900), "shape"),
        (np.full((200, 200), 700, np.uint16), "blank"),
    ],
)
def test_tiny_odd_and_blank_pictures_are_not_scored(tmp_path, pixels, match):
    with pytest.raises(UnsuitableImageError, match=match):
        reject_unsuitable(image(tmp_path, pixels))


def test_no_refusal_names_the_patient(tmp_path):
    shown = ({"ViewPosition": "LL"}, {"PatientAge": "005Y"})
    for tags in ({"Modality": "CT"}, {"Rows": 0}, {"PixelData": None}, {"Rows": 60000}, *shown):
        with pytest.raises(BSNetError) as rejection:
            reject_unsuitable(image(tmp_path, PatientName="Secret^Name", PatientID="ID-4711", **tags))
        assert "Secret" not in str(rejection.value)
        assert "4711" not in str(rejection.value)
