"""Class probabilities of the BS-Net released by its authors, for images of the Cohen collection."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from bsnet_core.brixia import N_CLASSES
from bsnet_core.language import translate as _
from training.datasets.cohen import NEVER_LABELLED
from training.datasets.peer_predictions import PeerPredictions
from training.datasets.sample import Sample
from training.datasets.tables import TableRow, load_table, rows_by, zone_columns

COLUMNS = tuple(zone_columns("{}" + str(score)) for score in range(N_CLASSES))
"""Columns of the zones A to F for each score."""


def with_authors_predictions(samples: Sequence[Sample], table: Path) -> list[Sample]:
    """The samples, with the authors' probabilities where the table has their image.

    Args:
        samples: Images of the Cohen folder.
        table: Its column `image` names files as the folder's `metadata.csv` does, such as "images/one.jpg".

    Raises:
        DataSetError: a missing table or column, an image in two rows or that no sample has, or values that are no
            probabilities.
    """
    rows = rows_by(load_table(table, ("image", *(column for score in COLUMNS for column in score))), "image")
    names = {_name_of(sample) for sample in samples}
    for image, row in rows.items():
        if image not in names:
            raise row.fault("image", _("{name} is not in {table}.").format(name=image, table="metadata.csv"))
    return [
        dataclasses.replace(sample, peers=_peers(rows[_name_of(sample)]))
        if _name_of(sample) in rows.keys() - NEVER_LABELLED
        else sample
        for sample in samples
    ]


def _name_of(sample: Sample) -> str:
    return f"{sample.image.parent.name}/{sample.image.name}"


def _peers(row: TableRow) -> PeerPredictions:
    by_score = [[row.number_within(column, 0, 1) for column in columns] for columns in COLUMNS]
    try:
        return PeerPredictions(authors_probabilities=tuple(zip(*by_score, strict=True)))
    except ValueError as error:
        raise row.fault(COLUMNS[0][0], _("The probabilities of a zone do not add up to 1.")) from error
