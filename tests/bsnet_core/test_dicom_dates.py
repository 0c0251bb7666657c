from datetime import date, datetime

import pytest

from bsnet_core.dicom_dates import day_of, moment_of, shown_date

MALFORMED = ["", "2020", "20201399", "20210229", "2020010", "202001011", "2020-1-1", "\uff12\uff1020-0102", "19 Feb 20"]


def test_a_date_is_read_and_shown_as_the_calendar_has_it():
    assert day_of(" 20200229 ") == date(2020, 2, 29)
    assert shown_date("20200229") == "2020-02-29"


def test_a_date_with_dots_as_before_1993_is_one_too():
    assert day_of("1992.12.31") == date(1992, 12, 31)
    assert shown_date("1992.12.31") == "1992-12-31"
    assert day_of("1992.1231") is None


@pytest.mark.parametrize("stated", MALFORMED)
def test_what_is_no_day_of_the_calendar_is_no_date_and_is_shown_as_stated(stated):
    assert day_of(stated) is None
    assert moment_of(stated, "120000") is None
    assert shown_date(stated) == stated


def test_control_characters_and_endless_texts_are_not_shown():
    assert shown_date("2020\r\n\x1b[31m\u202e13") == "2020 [31m 13"
    assert len(shown_date("1" * 500)) == 20


@pytest.mark.parametrize(
    ("stated", "clock"),
    [
        ("", (0, 0, 0)),
        ("14", (14, 0, 0)),
        ("1405", (14, 5, 0)),
        ("140509.123456", (14, 5, 9)),
        ("146109", (0, 0, 0)),
        ("half past two", (0, 0, 0)),
    ],
)
def test_a_time_counts_as_far_as_it_is_stated(stated, clock):
    assert moment_of("20200102", stated) == datetime(2020, 1, 2, *clock)
