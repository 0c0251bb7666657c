"""CSV tables of data sets, with errors that name file, line and column."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.language import translate as _
from training.datasets.sample import DataSetError

SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row and its position in the file.

    Attributes:
        table: The file.
        line: Line number in the file, counted from 1.
        values: Text by column name.
    """

    table: Path
    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def fault(self, column: str, reason: str) -> DataSetError:
        """An error that names this row and a column."""
        return DataSetError(
            _("{table}, line {line}, column {column}: {reason}").format(
                table=self.table, line=self.line, column=column, reason=reason
            )
        )

    def required(self, column: str) -> str:
        """The text of a column that must not be empty.

        Raises:
            DataSetError: it is empty.
        """
        text = self.values[column].strip()
        if not text:
            raise self.fault(column, _("the value is missing."))
        return text

    def number(self, column: str) -> float:
        """The value of a column as a number.

        Raises:
            DataSetError: it is not a number.
        """
        text = self.required(column)
        try:
            return float(text)
        except ValueError as error:
            raise self.fault(column, _("{text!r} is not a number.").format(text=text)) from error

    def number_within(self, column: str, low: float, high: float) -> float:
        """The value of a column as a number in a range, both ends included.

        Raises:
            DataSetError: it is not a number, or outside the range.
        """
        value = self.number(column)
        if not low <= value <= high:  # false for NaN too
            raise self.fault(column, _("{text} is not {low} to {high}.").format(text=self[column], low=low, high=high))
        return value

    def whole_number_within(self, column: str, low: int, high: int) -> int:
        """The value of a column as a whole number in a range, both ends included.

        Raises:
            DataSetError: it is not a whole number, or outside the range.
        """
        value = self.number_within(column, low, high)
        if value != int(value):
            raise self.fault(column, _("{text} is not a whole number.").format(text=self[column]))
        return int(value)

    def zone_score(self, column: str) -> int:
        """The value of a column as a zone score.

        Raises:
            DataSetError: not 0, 1, 2 or 3.
        """
        value = self.number(column)
        if value not in (0, 1, 2, 3):
            raise self.fault(column, _("{text} is not a zone score of 0 to 3.").format(text=self[column]))
        return int(value)

    def score(self, columns: Sequence[str]) -> BrixiaScore | None:
        """The Brixia score in six columns A to F; None if all six are empty.

        Raises:
            DataSetError: a zone without a score, or a value that is not a zone score.
        """
        if not any(self.values[column].strip() for column in columns):
            return None
        return BrixiaScore.from_values(self.zone_score(column) for column in columns)

    def check_total(self, column: str, score: BrixiaScore | None) -> None:
        """Checks that the global score in a column, if there is one, is the sum of the zones.

        Raises:
            DataSetError: they differ.
        """
        if score is not None and self.values.get(column, "").strip() and self.number(column) != score.total:
            raise self.fault(
                column, _("{text} is not the sum of the zones {score}.").format(text=self[column], score=score)
            )


def rows_by(rows: Sequence[TableRow], column: str) -> dict[str, TableRow]:
    """Rows keyed by a column whose values must be unique.

    Raises:
        DataSetError: a row with no such text, or two rows with the same.
    """
    found: dict[str, TableRow] = {}
    for row in rows:
        name = row.required(column)
        if name in found:
            raise row.fault(column, _("{image} is in an earlier row too.").format(image=name))
        found[name] = row
    return found


def zone_columns(pattern: str) -> tuple[str, ...]:
    """Column names of the zones A to F; `pattern` has `{}` in place of the letter."""
    return tuple(pattern.format(zone.name) for zone in ZONES)


def load_table(path: Path, columns: Sequence[str], separator: str = ",") -> list[TableRow]:
    """Loads a table in UTF-8, with or without a byte-order mark.

    Args:
        path: The file.
        columns: Column names that it must have; it may have others too.
        separator: Character between the columns.

    Raises:
        DataSetError: no such file, not UTF-8, no rows, a column missing, or a row shorter than the header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=separator, strict=True)
            header = list(reader.fieldnames or ())
            missing = [column for column in columns if column not in header]
            if missing:
                raise DataSetError(
                    _("The table {table} has no column {columns}.").format(table=path, columns=", ".join(missing))
                )
            rows = []
            for values in reader:
                row = TableRow(path, reader.line_num, values)
                short = [name for name in header if values[name] is None]
                if short or None in values:
                    raise row.fault(
                        short[0] if short else header[-1],
                        _("the row does not have as many columns as the header."),
                    )
                rows.append(row)
    except OSError as error:
        raise DataSetError(
            _("The table {table} cannot be loaded: {reason}.").format(table=path, reason=error.strerror)
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataSetError(
            _("The table {table} is not a table in UTF-8: {reason}.").format(table=path, reason=error)
        ) from error
    if not rows:
        raise DataSetError(_("The table {table} has no rows.").format(table=path))
    return rows


def separator_of(table: Path) -> str:
    """The character between the columns: comma, semicolon or tab, whichever the header uses most.

    Raises:
        DataSetError: no such file, or not UTF-8.
    """
    try:
        with table.open(encoding="utf-8-sig") as file:
            header = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise DataSetError(
            _("The table {table} cannot be loaded: {reason}.").format(table=table, reason=error)
        ) from error
    return max(SEPARATORS, key=header.count)


def files_in(folder: Path, pattern: str) -> list[Path]:
    """The matching files of a folder, at least one, sorted by name.

    Raises:
        DataSetError: no such folder, or nothing in it matches.
    """
    if not folder.is_dir():
        raise DataSetError(_("The folder {folder} is missing.").format(folder=folder))
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not found:
        raise DataSetError(_("There are no files {pattern} in {folder}.").format(pattern=pattern, folder=folder))
    return found
