"""The reader's choices for a table: what of patient, image and reader it contains."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableChoices:
    """Contents of a table. Patients are keys of the library in every table, never names.

    Attributes:
        deidentified: Leaves out the reader's name and comments, dates and file names, and writes hashes for UIDs.
        keep_dates: Keeps the dates of study and reading in a de-identified table.
        hashed: Writes hashes for UIDs.
        file_names: Writes the names of the files.
    """

    deidentified: bool = False
    keep_dates: bool = False
    hashed: bool = False
    file_names: bool = False

    @property
    def with_dates(self) -> bool:
        """Whether dates are written."""
        return not self.deidentified or self.keep_dates

    @property
    def with_words(self) -> bool:
        """Whether names of readers, comments and other free text are written."""
        return not self.deidentified

    @property
    def with_hashes(self) -> bool:
        """Whether hashes stand for UIDs."""
        return self.deidentified or self.hashed

    @property
    def with_file_names(self) -> bool:
        """Whether the names of files are written."""
        return self.file_names and not self.deidentified

    def uid_column(self, name: str) -> str:
        """The name of a column of UIDs."""
        return f"{name} SHA-256" if self.with_hashes else name

    def uid_cell(self, uid: str) -> str:
        """A UID, or its SHA-256: whoever has the UIDs can compute it, and so join tables. Empty for none."""
        uid = uid.strip()
        return hashlib.sha256(uid.encode()).hexdigest() if uid and self.with_hashes else uid
