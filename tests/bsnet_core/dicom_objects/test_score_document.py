"""Numbers of a document."""

import pytest

from bsnet_core.dicom_objects import concept_codes
from bsnet_core.dicom_objects.score_document import number


@pytest.mark.parametrize("value", [1 / 3, 1e-9, 0.999999999, 0.0])
def test_any_probability_fits_into_a_decimal_string(value):
    (item,) = number(concept_codes.EXPECTED_VALUE, value)
    text = str(item.MeasuredValueSequence[0].NumericValue)
    assert len(text) <= 16
    assert float(text) == pytest.approx(value, abs=1e-5)
