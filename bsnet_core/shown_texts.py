"""Texts of a header as people write them: person names, ages, and any text on one line."""

from __future__ import annotations

import re
import unicodedata

from bsnet_core.language import translate_count

DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Invisible characters that change the writing direction; in a name they could reverse the rest of the line."""
_AGE = re.compile(r"0*(\d{1,3})([YMWD])")


def visible(text: str) -> str:
    """A text from a file on one line, without control characters."""
    kept = DIRECTION_MARKS.sub("", text)
    return " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in kept).split())


def person_name(value: str) -> str:
    """A DICOM person name for display.

    Args:
        value: Up to three groups separated by "=": alphabetic, ideographic, phonetic; name parts separated by "^".

    Returns:
        The first group, followed by the others in parentheses, such as "Yamada Tarou (山田 太郎)".

    Source: PS3.5 6.2.1.
    """
    groups = [visible(group.replace("^", " ")) for group in value.split("=")]
    named = [group for group in groups if group]
    if len(named) < 2:
        return "".join(named)
    return f"{named[0]} ({', '.join(named[1:])})"


def shown_age(stated: str) -> str:
    """A DICOM age such as "068Y" in words, such as "68 years"; empty if it is written otherwise.

    Source: PS3.5 6.2, AS.
    """
    age = _AGE.fullmatch(stated.strip().upper())
    if age is None:
        return ""
    count = int(age[1])
    if age[2] == "Y":
        return translate_count("{count} year", "{count} years", count).format(count=count)
    if age[2] == "M":
        return translate_count("{count} month", "{count} months", count).format(count=count)
    days = 7 * count if age[2] == "W" else count
    return translate_count("{count} day", "{count} days", days).format(count=days)
