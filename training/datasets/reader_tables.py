"""Scores of several readers on the same images, from a table such as the Cohen set's, or the viewer's of readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import ZONES
from bsnet_core.language import translate as _
from training.datasets.sample import DataSetError
from training.datasets.tables import TableRow, load_table, separator_of, zone_columns

Scores = npt.NDArray[np.int_]

IMAGE = "image"
PATIENTS = ("patient", "patient_id", "Patient")
VIEWER_IMAGES = ("SOP Instance UID", "SOP Instance UID (SHA-256)")
VIEWER_READER, VIEWER_SUPERSEDED = "Reader", "Superseded by"


@dataclass(frozen=True, slots=True)
class ReaderScores:
    """The readings of a table.

    Attributes:
        images: The images, in the order of the table.
        patients: The patient of each; the image itself where the table names none.
        scores: By reader, (N, 6) scores of the zones A to F; a row of -1 where the reader has not scored all six.
    """

    images: tuple[str, ...]
    patients: tuple[str, ...]
    scores: dict[str, Scores]

    def common(self, readers: Sequence[str]) -> npt.NDArray[np.intp]:
        """Rows of the images that all these readers have scored.

        Raises:
            DataSetError: a reader is not in the table, or there is no such image.
        """
        unknown = [reader for reader in readers if reader not in self.scores]
        if unknown:
            raise DataSetError(
                _("The table has no reader {unknown}; it has {known}.").format(
                    unknown=", ".join(unknown), known=", ".join(self.scores)
                )
            )
        rows = np.flatnonzero(np.all([self.scores[reader][:, 0] >= 0 for reader in readers], axis=0))
        if not len(rows):
            raise DataSetError(_("No image was scored by all of {readers}.").format(readers=", ".join(readers)))
        return rows


def load_reader_table(path: Path) -> ReaderScores:
    """Loads a table with columns `READER-A` to `READER-F` for each reader, or the viewer's table of readings.

    Of the viewer's table the readings count that are not superseded, and of these whole ones.

    Raises:
        DataSetError: no such file, another layout, a score that is none, or a reader twice on one image.
    """
    rows = load_table(path, (), separator_of(path))
    columns = list(rows[0].values)
    if VIEWER_READER in columns and any(column in columns for column in VIEWER_IMAGES):
        return _from_viewer(rows, columns)
    readers = [name.removesuffix("-A") for name in columns if name.endswith("-A")]
    readers = [reader for reader in readers if all(zone in columns for zone in zone_columns(f"{reader}-{{}}"))]
    if IMAGE not in columns or not readers:
        raise DataSetError(
            _(
                "The table {table} has no readings: it needs a column “image” and for each reader six columns, such as "
                "Rossi-A to Rossi-F, or it is the viewer's table of readings."
            ).format(table=path)
        )
    scores = {reader: np.full((len(rows), len(ZONES)), -1) for reader in readers}
    for number, row in enumerate(rows):
        for reader in readers:
            found = row.score(zone_columns(f"{reader}-{{}}"))
            if found is not None:
                scores[reader][number] = [found[zone] for zone in ZONES]
    return ReaderScores(tuple(row.required(IMAGE) for row in rows), _patients(rows, columns, IMAGE), scores)


def _from_viewer(rows: Sequence[TableRow], columns: Sequence[str]) -> ReaderScores:
    image = next(column for column in VIEWER_IMAGES if column in columns)
    zones = [next((name for name in columns if name.startswith(f"Reading {zone.name} ")), "") for zone in ZONES]
    if not all(zones):
        raise DataSetError(_("The table {table} has no scores of all six zones.").format(table=rows[0].table))
    valid = [row for row in rows if not row.values.get(VIEWER_SUPERSEDED, "").strip() and row.values[image].strip()]
    valid = [row for row in valid if all(row.values[zone].strip().isdigit() for zone in zones)]
    place = {name: number for number, name in enumerate(dict.fromkeys(row.required(image) for row in valid))}
    readers = dict.fromkeys(row.values[VIEWER_READER].strip() or _("not named") for row in valid)
    scores = {reader: np.full((len(place), len(ZONES)), -1) for reader in readers}
    first: dict[str, TableRow] = {}
    for row in valid:
        first.setdefault(row.required(image), row)
        mine = scores[row.values[VIEWER_READER].strip() or _("not named")]
        number = place[row.required(image)]
        if mine[number, 0] >= 0:
            raise row.fault(image, _("This reader has two readings of this image, and neither supersedes the other."))
        mine[number] = [row.zone_score(zone) for zone in zones]
    return ReaderScores(tuple(place), _patients(list(first.values()), columns, image), scores)


def _patients(rows: Sequence[TableRow], columns: Sequence[str], image: str) -> tuple[str, ...]:
    column = next((name for name in PATIENTS if name in columns), image)
    return tuple(row.values[column].strip() or row.required(image) for row in rows)
