"""Numbers of a document."""

from pathlib import Path

import pytest
from highdicom.sr import CodedConcept

from bsnet_core.dicom_objects import concept_codes
from bsnet_core.dicom_objects.score_document import number


@pytest.mark.parametrize("value", [1 / 3, 1e-9, 0.999999999, 0.0])
def test_any_probability_fits_into_a_decimal_string(value):
    (item,) = number(concept_codes.EXPECTED_VALUE, value)
    text = str(item.MeasuredValueSequence[0].NumericValue)
    assert len(text) <= 16
    assert float(text) == pytest.approx(value, abs=1e-5)


def test_every_private_code_is_documented():
    document = (Path(__file__).parents[3] / "docs" / "dicom.md").read_text(encoding="utf-8")
    codes = [value for value in vars(concept_codes).values() if isinstance(value, CodedConcept)]
    private = {
        code.value for code in (*codes, *concept_codes.CLASS_PROBABILITIES) if code.scheme_designator == "99BSNET"
    }
    assert len(private) >= 17
    assert {code for code in private if code not in document} == set()
