import io

import pytest

from app.report.csv_rows import write_row


def written(*cells, separator=","):
    stream = io.StringIO(newline="")
    write_row(stream, cells, separator)
    return stream.getvalue()


@pytest.mark.parametrize("text", ["=1+2", "+44 1", "-x", "@SUM(A1)", "\t=1", "＝1"])  # noqa: RUF001
def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(text):
    assert written("a", text) == f"a,'{text}\r\n"


def test_numbers_stay_numbers_and_other_texts_stay_as_they_are():
    assert written(-7, 0.5, "a=b", "") == "-7,0.5,a=b,\r\n"


def test_a_cell_with_the_separator_is_quoted():
    assert written("0,5", "b") == '"0,5",b\r\n'
    assert written("0,5", "b", separator=";") == "0,5;b\r\n"
