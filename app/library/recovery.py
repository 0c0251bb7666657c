"""What can still be read of a damaged library, written out as JSON lines."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.library.library import write_lines
from app.library.opening import COMPANIONS, in_words

TABLES = ("studies", "predictions", "readings", "drafts", "annotations", "log")


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many rows of each table were found; tables of which nothing was are left out."""

    rows: dict[str, int]


def recover(damaged: Path, to: Path) -> Recovered:
    """Writes every row that can be read, one JSON object per line with its table's name.

    Args:
        damaged: The file kept aside; it is read as a copy and stays as it is.
        to: File to write, readable by its owner only.

    Raises:
        LibraryUnwritableError: the damaged file cannot be copied, or the new one not written.
    """
    lines: list[str] = []
    found: dict[str, int] = {}
    with in_words(to), tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "damaged.sqlite3")
        shutil.copyfile(damaged, copy)
        for ending in COMPANIONS:
            companion = damaged.with_name(damaged.name + ending)
            if ending != "-shm" and companion.exists():
                shutil.copyfile(companion, copy.with_name(copy.name + ending))
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA writable_schema = ON")  # reads on where the file is shorter than it says
            connection.row_factory = sqlite3.Row
            connection.text_factory = lambda text: text.decode(errors="replace")
            for table in TABLES:
                rows = [dict(row) for row in _readable_rows(connection, table)]
                lines += [json.dumps({"table": table, **row}, default=_as_text, ensure_ascii=False) for row in rows]
                if rows:
                    found[table] = len(rows)
    write_lines(to, lines)
    return Recovered(found)


def _readable_rows(connection: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """Rows from the first on as far as they can be read, then those from the last back to where the damage is."""
    seen: set[int] = set()
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error):
            for row in connection.execute(f"SELECT rowid AS row, * FROM {table} ORDER BY rowid {order}"):
                if row["row"] in seen:
                    break
                seen.add(row["row"])
                yield row


def _as_text(value: object) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)
