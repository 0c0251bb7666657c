"""Dates and times in DICOM's notation (PS3.5 6.2): parsed, and formatted for people.

A date in another common notation counts if only one day can be meant. A value that is no day of the calendar sorts and
counts as if it were missing, and is shown as the file states it, so that nobody takes a guess for a date. It may still
leave only some days open (`possible_days`), such as those of a year.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, datetime, time
from typing import NamedTuple

LONGEST_SHOWN = 20
"""Characters of a malformed date that are shown; a date has ten."""
EARLIEST_YEAR, LATEST_YEAR = 1850, 2199
"""Years of births and images. A number outside is no year, except in DICOM's own notation."""
UNKNOWN_DAYS = frozenset({date(1, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(9999, 12, 31)})
"""Days that programs write for an unknown date: the first or last one that they can store."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DICOM = re.compile(r"(\d{4})(\d\d)(\d\d)")
_DAY_LAST = re.compile(r"(\d\d)(\d\d)(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})([-./ ])(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-./ ])(\d{1,2})\2(\d{4})")
_NAMED_MONTH = re.compile(r"(\d{1,2})[-./ ]*([a-z]{3})[a-z]*[-./, ]*(\d{4})")
_NAMED_MONTH_FIRST = re.compile(r"([a-z]{3})[a-z]*[-./ ]*(\d{1,2})[-./, ]+(\d{4})")
_YEAR_AND_MONTH = re.compile(r"(\d{4})[-./ ]?(\d\d)?")
_TIME_AFTER = re.compile(
    r"(?<=\d{4}[-./]\d\d[-./]\d\d)[t ].*|(?<=^\d{8})(?:[t ]?\d{2,6}(?:[.:]\d+)*(?:[+-]\d{4})?|[t ]\S*)$"
    r"|(?<=\d{4}) \d{1,2}:\d\d.*"
)


class DayRange(NamedTuple):
    """The days that a date may mean, both ends included."""

    first: date
    last: date


def day_of(stated: str) -> date | None:
    """The day of a DA value; None if it is empty or malformed, or may mean several days.

    Besides YYYYMMDD, and YYYY.MM.DD as before 1993: other separators, a time behind the date, day or month first where
    that is unambiguous, English names of months.
    """
    days = _days_of(stated)
    return days.first if days is not None and days.first == days.last else None


def possible_days(stated: str) -> DayRange | None:
    """The days that a DA value leaves open: one for a whole date, more for a year or if the day is not known.

    Returns:
        None for a value that is empty, no date, or written by programs for an unknown date.
    """
    days = _days_of(stated)
    return None if days is None or days.first in UNKNOWN_DAYS else days


def moment_of(stated_date: str, stated_time: str = "") -> datetime | None:
    """Day and time of a DA and a TM value, without a zone; None without a day, midnight without a time."""
    day = day_of(stated_date)
    return None if day is None else datetime.combine(day, _time_of(stated_time))


def shown_date(stated: str) -> str:
    """A DA value for people: YYYY-MM-DD, or the file's own text, on one line and without control characters."""
    day = day_of(stated)
    if day is not None:
        return day.isoformat()
    printable = "".join(sign if sign.isprintable() else " " for sign in stated)
    return " ".join(printable.split())[:LONGEST_SHOWN]


def _days_of(stated: str) -> DayRange | None:
    text = unicodedata.normalize("NFKC", stated[:64]).strip().lower()
    text = _TIME_AFTER.sub("", text).strip()
    whole = _DICOM.fullmatch(text)
    if whole:
        exact = _one_day(int(whole[1]), int(whole[2]), int(whole[3]))
        return exact or _day_first(text) or _part_of_year(int(whole[1]), int(whole[2]))
    separated = _YEAR_FIRST.fullmatch(text)
    if separated:
        year, month, day = int(separated[1]), int(separated[3]), int(separated[4])
        return _one_day(year, month, day) or _part_of_year(year, month)
    return _day_first(text) or _with_named_month(text) or _year_alone(text)


def _day_first(text: str) -> DayRange | None:
    """Day and month before the year, in either order where the numbers do not tell; with dots, the day comes first."""
    match = _YEAR_LAST.fullmatch(text)
    separator = match[2] if match else ""
    numbers = (match[1], match[3], match[4]) if match else None
    if numbers is None:
        packed = _DAY_LAST.fullmatch(text)
        numbers = (packed[1], packed[2], packed[3]) if packed else None
    if numbers is None or not EARLIEST_YEAR <= int(numbers[2]) <= LATEST_YEAR:
        return None
    first, second, year = (int(number) for number in numbers)
    orders = [(first, second)] if separator == "." else [(first, second), (second, first)]
    days = [found.first for day, month in orders if (found := _one_day(year, month, day)) is not None]
    return DayRange(min(days), max(days)) if days else None


def _with_named_month(text: str) -> DayRange | None:
    match = _NAMED_MONTH.fullmatch(text)
    day, name, year = (match[1], match[2], match[3]) if match else ("", "", "")
    if not match:
        match = _NAMED_MONTH_FIRST.fullmatch(text)
        name, day, year = (match[1], match[2], match[3]) if match else ("", "", "")
    return _one_day(int(year), MONTHS.index(name) + 1, int(day)) if name in MONTHS else None


def _year_alone(text: str) -> DayRange | None:
    match = _YEAR_AND_MONTH.fullmatch(text)
    if not match:
        return None
    year, month = int(match[1]), int(match[2] or 0)
    # Six digits may also be a date with a year of two digits, unless that had no month.
    is_ambiguous = len(text) == 6 and 1 <= year % 100 <= 12
    return None if is_ambiguous else _part_of_year(year, month)


def _one_day(year: int, month: int, day: int) -> DayRange | None:
    try:
        only = date(year, month, day)
    except ValueError:
        return None
    return DayRange(only, only)


def _part_of_year(year: int, month: int) -> DayRange | None:
    """The days of a month, or of a year whose month is 00 or no month."""
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return None
    if 1 <= month <= 12:
        return DayRange(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
    return DayRange(date(year, 1, 1), date(year, 12, 31))


def _time_of(stated: str) -> time:
    """The time of HHMMSS with or without minutes, seconds and fraction; midnight if malformed."""
    digits = stated.strip().split(".")[0].ljust(6, "0")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return time()
    try:
        return time(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return time()
