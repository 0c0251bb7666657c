"""Names of people and files: DICOM person names for display, file names that are safe on every system."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from bsnet_core.dicom_dates import shown_date
from bsnet_core.radiograph import ImageMetadata

MAX_NAME_BYTES = 120
"""Longest proposed file name without its suffix; leaves room below the 255 bytes of common file systems."""
RESERVED_ON_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\s.,;\'`$&!#%{}~]+')
DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Invisible characters that change the writing direction; in a name they could reverse the rest of the line."""


def visible(text: str) -> str:
    """A text from a file on one line, without control characters."""
    kept = DIRECTION_MARKS.sub("", text)
    return " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in kept).split())


def person_name(value: str) -> str:
    """A DICOM person name (PS3.5 6.2.1) for display.

    Args:
        value: Up to three groups separated by "=": alphabetic, ideographic, phonetic; name parts separated by "^".

    Returns:
        The first group, followed by the others in parentheses, such as "Yamada Tarou (山田 太郎)".
    """
    groups = [visible(group.replace("^", " ")) for group in value.split("=")]
    named = [group for group in groups if group]
    if len(named) < 2:
        return "".join(named)
    return f"{named[0]} ({', '.join(named[1:])})"


def file_name(stem: str, suffix: str, metadata: ImageMetadata | None, made_at: datetime) -> str:
    """A proposed file name, safe on Windows, macOS and Linux.

    Args:
        stem: The kind of file, such as "brixia-report".
        suffix: The extension, such as ".pdf".
        metadata: Source of the patient's name and the study date; None for a file that names nobody, which gets the
            current time instead, so that names in a folder differ.
        made_at: Now, with a time zone.
    """
    if metadata is None:
        parts = [stem, made_at.strftime("%Y-%m-%d-%H%M%S")]
    else:
        name = metadata.patient_name.split("=")[0] or metadata.patient_name
        parts = [stem, name.replace("^", "-"), shown_date(metadata.study_date)]
    return _safe("-".join(_safe(part) for part in parts if _safe(part))) + suffix


def _safe(text: str) -> str:
    name = FORBIDDEN.sub("-", DIRECTION_MARKS.sub("", unicodedata.normalize("NFC", text)))
    name = re.sub("-+", "-", name).strip("-")
    name = name.encode()[:MAX_NAME_BYTES].decode(errors="ignore").rstrip("-")
    return f"{name}-file" if RESERVED_ON_WINDOWS.fullmatch(name) else name
