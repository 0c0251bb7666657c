"""The library's tables as they are now; `migrations` brings older files to them.

Predictions, readings, annotations and the audit log are append-only: triggers reject every change and deletion. The
row of an image changes with the file's last path and with the privacy option; a draft changes while somebody enters
scores. Table and column names are those of existing files: images are in `studies`, their metadata in `facts`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

APPLICATION_ID = 0x42534E76
"""Written into the file's header ("BSNv"), so that a database of another program is never taken for a library."""
APPEND_ONLY = ("predictions", "readings", "annotations", "log")


class UtcTime(TypeDecorator[datetime]):
    """A moment as ISO 8601 text in UTC, which sorts as time does."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The moment as text; rejects one without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment in the library has a time zone.")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The moment, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


all_tables = MetaData()

properties = Table(
    "properties",
    all_tables,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

images = Table(
    "studies",
    all_tables,
    Column("id", Integer, primary_key=True),
    Column("identifier", Text, nullable=False, unique=True),  # uid:SOP instance UID, or sha256:hash of the file
    Column("patient_key", Text, nullable=False, index=True),
    Column("study_date", Text, nullable=False),
    Column("study_time", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("path", Text, nullable=False),
    Column("searched", Text, nullable=False),
    Column("thumbnail", LargeBinary, nullable=False),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
)

predictions = Table(
    "predictions",
    all_tables,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id"), nullable=False, index=True),
    Column("model_name", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("model_sha256", Text, nullable=False),
    Column("attention", Text, nullable=False),
    Column("score", Text, nullable=False),  # six digits ABCDEF
    Column("total", Integer, nullable=False),
    Column("probabilities", JSON, nullable=False),  # six zones A-F of four classes
    Column("expected_total", Float, nullable=False),
    Column("mask_area_fraction", Float, nullable=False),
    Column("quality", JSON, nullable=False),
    Column("alignment", JSON, nullable=False),
    Column("device", Text, nullable=False),
    Column("seconds", JSON, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("software_version", Text, nullable=False),
)

readings = Table(
    "readings",
    all_tables,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id"), nullable=False),
    Column("reader", Text, nullable=False),
    Column("score", Text, nullable=False),  # six characters ABCDEF: a digit, or x for a zone that is not assessable
    Column("total", Integer, nullable=False),  # of the assessed zones
    Column("started_at", UtcTime, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    Column("displayed_at", UtcTime, nullable=True),
    # A reading that is handed over twice, after a failure for instance, is one.
    UniqueConstraint("study_id", "reader", "saved_at", "score"),
)

drafts = Table(
    "drafts",
    all_tables,
    Column("study_id", ForeignKey("studies.id"), primary_key=True),
    Column("reader", Text, primary_key=True),
    Column("zones", JSON, nullable=False),  # letter of the zone: score, or -1 for a zone that is not assessable
    Column("started_at", UtcTime, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
)

kept_annotations = Table(
    "annotations",
    all_tables,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id"), nullable=False, index=True),
    Column("reader", Text, nullable=False),
    Column("items", JSON, nullable=False),  # all on the image at that moment: kind, points in image pixels
    Column("made_at", UtcTime, nullable=False),
)

log = Table(
    "log",
    all_tables,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("event", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("study_id", ForeignKey("studies.id"), nullable=True),
    Column("detail", Text, nullable=False),
)

Index("studies_by_last_seen", images.c.last_seen_at)
