from datetime import date, datetime

import pytest

from bsnet_core.dicom_dates import day_of, moment_of, possible_days, shown_date

MALFORMED = ["", "2020", "20201399", "20210229", "2020010", "202001011", "\uff12\uff1020-0102", "19 Feb 20", "1/2/15"]


def test_a_date_is_read_and_shown_as_the_calendar_has_it():
    assert day_of(" 20200229 ") == date(2020, 2, 29)
    assert shown_date("20200229") == "2020-02-29"


def test_a_date_with_dots_as_before_1993_is_one_too():
    assert day_of("1992.12.31") == date(1992, 12, 31)
    assert shown_date("1992.12.31") == "1992-12-31"
    assert day_of("1992.1231") is None


@pytest.mark.parametrize(
    "stated",
    [
        *("2015-12-31", "2015/12/31", "2015 12 31", "31.12.2015", "31/12/2015", "12/31/2015", "31-12-2015", "31122015"),
        *("12312015", "31 DEC 2015", "31-Dec-2015", "December 31, 2015", "20151231120000", "20151231 12:00"),
        *("2015-12-31T00:00:00", "20151231101112.123456+0100", "12/31/2015 00:00:00", "２０１５１２３１"),
    ],
)
def test_a_date_in_another_notation_that_leaves_no_doubt_is_that_day(stated):
    assert day_of(stated) == date(2015, 12, 31)
    assert possible_days(stated) == (date(2015, 12, 31), date(2015, 12, 31))
    assert shown_date(stated) == "2015-12-31"


def test_a_day_of_one_digit_is_one_too():
    assert day_of("2020-1-2") == date(2020, 1, 2)
    assert day_of("1.2.2020") == date(2020, 2, 1)


@pytest.mark.parametrize("stated", MALFORMED)
def test_what_is_no_day_of_the_calendar_is_no_date_and_is_shown_as_stated(stated):
    assert day_of(stated) is None
    assert moment_of(stated, "120000") is None
    assert shown_date(stated) == stated


@pytest.mark.parametrize(
    ("stated", "first", "last"),
    [
        ("2015", (2015, 1, 1), (2015, 12, 31)),
        ("20150000", (2015, 1, 1), (2015, 12, 31)),
        ("20151399", (2015, 1, 1), (2015, 12, 31)),
        ("2015-00-00", (2015, 1, 1), (2015, 12, 31)),
        ("201502", (2015, 2, 1), (2015, 2, 28)),
        ("2016-02", (2016, 2, 1), (2016, 2, 29)),
        ("20160200", (2016, 2, 1), (2016, 2, 29)),
        ("20210229", (2021, 2, 1), (2021, 2, 28)),
        ("03/04/2015", (2015, 3, 4), (2015, 4, 3)),
    ],
)
def test_a_date_in_part_leaves_the_days_open_that_it_may_mean(stated, first, last):
    assert possible_days(stated) == (date(*first), date(*last))
    assert day_of(stated) is None
    assert shown_date(stated) == stated


@pytest.mark.parametrize(
    "stated", ["", "0000", "00000000", "19000101", "18991230", "99991231", "2558", "150101", "201012", "unknown", "-"]
)
def test_what_stands_for_no_date_leaves_none_open(stated):
    assert possible_days(stated) is None


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
