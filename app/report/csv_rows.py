"""Rows of CSV tables, written so that no spreadsheet runs a cell as a formula; without Qt, for `bsnet-score` too."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a cell that some spreadsheet takes for the start of a formula, among them full-width ones."""
Cell = str | int | float


def write_row(stream: TextIO, cells: Iterable[Cell], separator: str = ",") -> None:
    """Writes one row; numbers stay numbers, and text that looks like a formula gets an apostrophe in front.

    Args:
        stream: Opened with `newline=""`.
        cells: The row from left to right.
        separator: Character between cells.
    """
    writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n")
    writer.writerow([_without_formula(cell) for cell in cells])


def _without_formula(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell
