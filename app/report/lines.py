"""Lines of a report, each a label and a value, and the way times are written in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A label and its value."""

    label: str
    value: str


def time_with_offset(when: datetime) -> str:
    """Date, time and offset from UTC, in the time zone of `when`."""
    offset = when.isoformat()[-6:] if when.utcoffset() else ""
    return f"{when:%Y-%m-%d %H:%M} UTC{offset}"
