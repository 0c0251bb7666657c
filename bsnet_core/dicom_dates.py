"""Dates and times in DICOM's notation (PS3.5 6.2): parsed, and formatted for people.

A value that is not a day of the calendar is not a date: it sorts and counts as if it were missing, and is shown as the
file states it, so that nobody takes a guess for a date.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

DATE_LENGTH = 8
DOTTED = re.compile(r"[0-9]{4}\.[0-9]{2}\.[0-9]{2}")
LONGEST_SHOWN = 20
"""Characters of a malformed date that are shown; a date has ten."""


def day_of(stated: str) -> date | None:
    """The day of a DA value, YYYYMMDD or YYYY.MM.DD as before 1993; None if it is empty or malformed."""
    text = stated.strip()
    if DOTTED.fullmatch(text):
        text = text.replace(".", "")
    if len(text) != DATE_LENGTH or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


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


def _time_of(stated: str) -> time:
    """The time of HHMMSS with or without minutes, seconds and fraction; midnight if malformed."""
    digits = stated.strip().split(".")[0].ljust(6, "0")
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return time()
    try:
        return time(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return time()
