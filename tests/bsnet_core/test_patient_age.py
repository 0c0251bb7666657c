"""The patient's age as files state it, through DICOM bytes; the study is of 2 January 2020 unless said otherwise."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsnet_core.patient_age import age_notes, possible_age
from bsnet_core.radiograph import ImageMetadata
from tests.bsnet_core.loaded_dicom import image, image_in_any_letters

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")

CHILDREN = [
    *("005Y", "017Y", "010M", "215M", "003W", "002D", "000D", "000M", "999D"),
    *(
        "9 Y",
        "0009Y",
        "9Y",
        "09Y",
        "009y",
        "9 years",
        "9 yrs old",
        "9YEARS",
        "9A",
        "9 ans",
        "9 Jahre",
        "9 J.",
        "9 anni",
    ),
    *("9 años", "9 anos", "9 jaar", "9 lat", "9 anos", "9Y6M", "9Y 06M", "9.5Y", "9,5 Y"),
    *("Y009", "Y9", "9 mo", "18 months", "3 Wochen", "009", "9", "17", "<1Y", "<18Y"),
]
ADULTS = [
    *("018Y", "216M", "101Y", "70 Y", "0070Y", "70 years", "70 ans", "70A", "70Y6M", "Y070", ">89Y", "90Y+"),
]
UNKNOWN = [
    "",
    "Y",
    "000",
    "0",
    "999Y",
    "-9Y",
    "9-12Y",
    "9 or 10 Y",
    "child",
    "9X",
    "1E1Y",
    "9Y9Y",
    "3M2Y",
    "045",
    "70",
    "9 P",
]
OTHER_LETTERS = [("9 лет", True), ("10 дней", True), ("9 yaş", True), ("9岁", True), ("9歳", True), ("9 세", True)]
OTHER_LETTERS += [("６Ｙ", True), ("70岁", False), ("70 лет", False)]


def age_of(**tags):
    return possible_age(ImageMetadata(**({"study_date": "20200102"} | tags)))


@pytest.mark.parametrize("stated", CHILDREN)
def test_an_age_of_a_child_in_any_notation_is_one(tmp_path, stated):
    age = possible_age(image(tmp_path, PatientAge=stated).metadata)
    assert age is not None
    assert age.is_child
    assert not age.is_adult


@pytest.mark.parametrize("stated", [stated for stated in ADULTS])
def test_an_age_of_an_adult_in_any_notation_is_one(tmp_path, stated):
    age = possible_age(image(tmp_path, PatientAge=stated).metadata)
    assert age is not None
    assert age.is_adult
    assert not age.is_child


@pytest.mark.parametrize(("stated", "is_child"), OTHER_LETTERS)
def test_ages_in_other_letters(stated, is_child):
    age = age_of(patient_age=stated)
    assert (age.is_child, age.is_adult) == (is_child, not is_child)


@pytest.mark.parametrize("character_set", ["ISO_IR 192", "GB18030"])
def test_an_age_in_letters_that_the_tag_does_not_allow_is_that_age(tmp_path, character_set):
    assert possible_age(image_in_any_letters(tmp_path, character_set, PatientAge="9岁").metadata) == (9, 10, True)
    assert possible_age(image_in_any_letters(tmp_path, character_set, PatientAge="70岁").metadata).is_adult


def test_a_unit_in_an_unknown_language_is_left_open():
    assert age_of(patient_age="9 ปี").is_child
    assert not age_of(patient_age="70 ปี").is_adult


@pytest.mark.parametrize("stated", UNKNOWN)
def test_what_leaves_doubt_is_neither(tmp_path, stated):
    age = possible_age(image(tmp_path, PatientAge=stated).metadata)
    assert age is None or not (age.is_child or age.is_adult)


@pytest.mark.parametrize(
    ("birth", "study", "is_child", "is_adult"),
    [
        ("20020103", "20200102", True, False),
        ("20020102", "20200102", False, True),
        ("2015-01-01", "20200301", True, False),
        ("2015", "20200101", True, False),
        ("20150000", "20200101", True, False),
        ("20150600", "20200101", True, False),
        ("20151399", "2020", True, False),
        ("1.1.2015", "2020.01.01", True, False),
        ("2002", "20200102", False, False),  # 17 or 18
        ("200201", "20200102", False, False),
        ("2001", "20200102", False, True),
        ("20010000", "2020", False, True),
        ("20020215", "2020", False, False),
        ("03/04/2015", "20200101", True, False),
        ("20200101", "20200102", True, False),
        ("20210101", "20200102", False, False),
        ("19000101", "20200102", False, False),
        ("18500101", "20200102", False, False),
        ("", "20200102", False, False),
        ("20100101", "", False, False),
    ],
)
def test_dates_decide_only_what_they_leave_no_doubt_about(tmp_path, birth, study, is_child, is_adult):
    age = possible_age(image(tmp_path, PatientBirthDate=birth, StudyDate=study).metadata)
    assert (age is not None and age.is_child, age is not None and age.is_adult) == (is_child, is_adult)


@pytest.mark.parametrize(
    "tag",
    ["AcquisitionDate", "SeriesDate", "ContentDate", "PerformedProcedureStepStartDate", "AcquisitionDateTime"],
)
@pytest.mark.parametrize("study", ["", None, "19000101", "unknown"])
def test_another_date_of_the_image_stands_for_the_study_date(tmp_path, tag, study):
    child = image(tmp_path, StudyDate=study, PatientBirthDate="20100101", **{tag: "20200102"})
    assert child.metadata.study_date == "20200102"
    assert possible_age(child.metadata).is_child


def test_the_date_of_the_file_tells_only_how_old_the_patient_was_at_most(tmp_path):
    made_later = {"StudyDate": "", "InstanceCreationDate": "20200102"}
    child = image(tmp_path, PatientBirthDate="20100101", **made_later)
    assert possible_age(child.metadata).is_child
    assert child.metadata.study_date == ""
    grown_up = possible_age(image(tmp_path, PatientBirthDate="19500101", **made_later).metadata)
    assert not grown_up.is_adult
    assert not grown_up.is_child


@pytest.mark.parametrize("placeholder", ["000Y", "000D", "000M", "000W", "0Y", "0 D", "999Y", "000", "009"])
def test_an_age_that_nobody_entered_gives_way_to_the_dates_and_is_noted(tmp_path, placeholder):
    radiograph = image(tmp_path, PatientAge=placeholder, PatientBirthDate="19500101", StudyDate="20200101")
    assert possible_age(radiograph.metadata).is_adult
    contradicts = placeholder not in ("999Y", "000")  # those say nothing
    assert any("contradicts its dates" in note for note in radiograph.loading_notes) is contradicts


@pytest.mark.parametrize("birth", ["20200101", "20191231", "20190701", "", "19000101"])
def test_a_newborn_remains_a_child(tmp_path, birth):
    radiograph = image(tmp_path, PatientAge="000D", PatientBirthDate=birth)
    assert possible_age(radiograph.metadata).is_child
    assert radiograph.loading_notes == ()


def test_another_age_takes_precedence_over_the_dates_and_their_contradiction_is_noted(tmp_path):
    young = image(tmp_path, PatientAge="005Y", PatientBirthDate="19500101")
    assert possible_age(young.metadata).is_child
    assert "child's age" in young.loading_notes[0]
    old = image(tmp_path, PatientAge="070Y", PatientBirthDate="20150101")
    assert possible_age(old.metadata).is_adult
    assert "adult's age" in old.loading_notes[0]
    assert image(tmp_path, PatientAge="070Y", PatientBirthDate="19500101").loading_notes == ()


def test_a_patient_between_17_and_18_is_noted(tmp_path):
    (note,) = image(tmp_path, PatientBirthDate="2002").loading_notes
    assert "between 17 and 18 years" in note
    assert image(tmp_path, PatientBirthDate="2001").loading_notes == ()
    assert image(tmp_path, PatientAge="045").loading_notes == ()


def test_no_note_tells_an_age_that_identifies_the_patient():
    for age, birth in (("000Y", "19250101"), ("005Y", "19250101"), ("094Y", "20150101")):
        (note,) = age_notes(ImageMetadata(patient_age=age, patient_birth_date=birth, study_date="20200102"))
        assert not re.search(r"9[0-9]|1925|2015", note)


@given(born=st.dates(date(1930, 1, 1), date(2020, 1, 1)), days=st.integers(0, 30000))
def test_less_known_about_a_date_never_turns_a_child_into_an_adult_or_back(born, days):
    made = born + timedelta(days=days)
    whole = age_of(patient_birth_date=f"{born:%Y%m%d}", study_date=f"{made:%Y%m%d}")
    for birth in (f"{born:%Y}", f"{born:%Y%m}00", f"{born:%Y-%m-%d}", f"{born:%d/%m/%Y}"):
        for study in (f"{made:%Y}", f"{made:%Y.%m.%d}", f"{made:%Y%m%d}"):
            partly = age_of(patient_birth_date=birth, study_date=study)
            if partly is not None and partly.is_child:
                assert whole.is_child
            if partly is not None and partly.is_adult:
                assert whole.is_adult
