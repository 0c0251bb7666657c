"""Copies of the library: one SQLite file for this program, or JSON lines for others."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from app.library.opening import library_errors
from app.library.schema import all_tables, drafts, kept_annotations, predictions, properties, readings
from app.session.visibility import Visibility
from bsnet_core.private_files import private_file, write_private

OF_READERS = (readings.name, drafts.name, kept_annotations.name)
"""Tables whose rows are what one reader entered."""


def copy_database(engine: Engine, path: Path) -> None:
    """Writes the whole database as one SQLite file, as of one moment, readable by its owner only.

    Raises:
        LibraryUnwritableError: the copy could not be written; a former file of that name is unchanged.
    """
    with library_errors(path), engine.connect() as connection, private_file(path) as temporary:
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError("The library needs SQLite's own driver.")
        with closing(sqlite3.connect(temporary)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions


def all_rows(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
    """Every row of the library with its table's name, except what the library needs for itself."""
    return [
        (table.name, dict(row))
        for table in all_tables.sorted_tables
        if table is not properties
        for row in connection.execute(sa.select(table)).mappings()
    ]


def visible_rows(
    rows: Sequence[tuple[str, dict[str, Any]]], visibility: Visibility
) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """The rows that a reader may be shown, and the number of images whose results are left out.

    Of an image that must be read blind first, predictions and whatever other readers entered are left out.
    """
    readers: dict[int, set[str]] = {}
    for table, row in rows:
        if table == readings.name:
            readers.setdefault(row["study_id"], set()).add(row["reader"])
    visible, hidden = [], set()
    for table, row in rows:
        is_result = table == predictions.name or (table in OF_READERS and row["reader"] != visibility.reader)
        if is_result and not visibility.allows(readers.get(row["study_id"], ())):
            hidden.add(row["study_id"])
        else:
            visible.append((table, row))
    return visible, len(hidden)


def write_json_lines(path: Path, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Writes rows, one JSON object per line with its table's name; readable by its owner only.

    Args:
        path: File to write, whole or not at all.
        rows: Names of tables, each with a row: column names and values.

    Raises:
        LibraryUnwritableError: the file could not be written; a former file of that name is unchanged.
    """
    lines = (json.dumps({"table": table, **row}, default=_as_text, ensure_ascii=False) for table, row in rows)
    with library_errors(path):
        write_private(path, "".join(f"{line}\n" for line in lines).encode("utf-8"))


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"No JSON for {type(value).__name__}.")
