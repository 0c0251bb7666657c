"""Names of files that are safe on every system."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from bsnet_core.dicom_dates import shown_date
from bsnet_core.radiograph import ImageMetadata
from bsnet_core.shown_texts import DIRECTION_MARKS

MAX_NAME_BYTES = 120
"""Longest proposed file name without its suffix; leaves room below the 255 bytes of common file systems."""
RESERVED_ON_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\s.,;\'`$&!#%{}~]+')


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
