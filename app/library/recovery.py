"""Recovering a damaged library: every row that is still intact is written as JSON lines."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.library.copies import write_json_lines
from app.library.opening import companions_of, library_errors

TABLES = ("studies", "predictions", "readings", "drafts", "annotations", "log")


@dataclass(frozen=True, slots=True)
class Recovered:
    """The outcome of a recovery.

    Attributes:
        rows: Number of rows by table, for the tables with any.
    """

    rows: dict[str, int]


def recover(damaged: Path, to: Path) -> Recovered:
    """Writes every row that is still intact, one JSON object per line with its table's name.

    Args:
        damaged: The quarantined file; it is copied first and never changed.
        to: File to write, readable by its owner only.

    Raises:
        LibraryUnwritableError: the damaged file cannot be copied, or the new one cannot be written.
    """
    rows: list[tuple[str, dict[str, Any]]] = []
    with library_errors(to), tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "damaged.sqlite3")
        shutil.copyfile(damaged, copy)
        for companion, its_copy in zip(companions_of(damaged), companions_of(copy), strict=True):
            if not companion.name.endswith("-shm") and companion.exists():
                shutil.copyfile(companion, its_copy)
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA writable_schema = ON")  # goes on where the file is shorter than its header says
            connection.row_factory = sqlite3.Row
            connection.text_factory = lambda text: text.decode(errors="replace")
            for table in TABLES:
                rows += [(table, dict(row)) for row in _intact_rows(connection, table)]
    write_json_lines(to, rows)
    return Recovered(dict(Counter(table for table, _row in rows)))


def _intact_rows(connection: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """Rows from the first up to the damage, then from the last back to it."""
    seen: set[int] = set()
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error):
            for row in connection.execute(f"SELECT rowid AS row, * FROM {table} ORDER BY rowid {order}"):
                if row["row"] in seen:
                    break
                seen.add(row["row"])
                yield row
