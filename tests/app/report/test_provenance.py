import dataclasses

from app.report.provenance import input_check_outcome
from tests.app.predictions import prediction
from tests.app.report.images import (
    radiograph,
    reported,
    text_of,
)


def test_the_report_says_what_computed_the_score_where_it_is_not_the_reference():
    by_another = dataclasses.replace(prediction("012321"), backend="openvino-int8")
    assert "Computed on cpu Software" in text_of()
    assert "Computed on cpu (openvino-int8)" in text_of(reported(prediction=by_another))


def test_the_input_check_says_what_the_file_did_not_state():
    stated = {"body_part": "CHEST", "patient_age": "085Y", "view_position": "AP"}
    assert input_check_outcome(radiograph(**stated)) == "accepted as a frontal chest radiograph of an adult"
    silent = radiograph(**dict.fromkeys((*stated, "patient_birth_date"), ""))
    assert input_check_outcome(silent).endswith("not stated: view, body part, age")
    assert input_check_outcome(radiograph(**(stated | {"patient_age": "009Y"}))).startswith(
        "rejected: According to the file"
    )


def test_an_age_that_is_not_certainly_an_adults_is_not_called_one():
    perhaps = {"body_part": "CHEST", "patient_age": "", "patient_birth_date": "2002", "study_date": "20200102"}
    assert input_check_outcome(radiograph(**perhaps)).endswith("not stated: age")
    assert input_check_outcome(radiograph(**(perhaps | {"patient_birth_date": "1950"}))).endswith("of an adult")
