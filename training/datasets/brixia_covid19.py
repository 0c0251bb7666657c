"""Brixia COVID-19: the paper's clinical images, each scored by one radiologist, 150 also by a panel."""

from __future__ import annotations

from pathlib import Path

from bsnet_core.brixia import BrixiaScore
from bsnet_core.language import translate as _
from training.datasets.sample import Sample
from training.datasets.tables import TableRow, load_table, rows_by, zone_columns

TABLE = "metadata_global_v2.csv"
CONSENSUS_TABLE = "metadata_consensus_v1.csv"
CONSENSUS_COLUMNS = zone_columns("Mode{}")
CONSENSUS_FLAG = "ConsensusTestset"
"""Column of the global table: 1 for a consensus image, even if the consensus table is not available."""


def load_brixia_covid19(root: Path) -> list[Sample]:
    """All rows of the table, with the consensus score if there is one.

    Consensus images are the publisher's test part: their patients are never trained on. MONOCHROME1 is handled when the
    DICOM files are loaded.

    Args:
        root: Folder with `dicom_clean` and `metadata_global_v2.csv`, and optionally `metadata_consensus_v1.csv`.

    Raises:
        DataSetError: a missing table or column, a row without file, subject or score, an image in two rows, or scores
            that do not add up.
    """
    images = root / "dicom_clean"
    consensus: dict[str, TableRow] = {}
    if (root / CONSENSUS_TABLE).exists():
        rows = load_table(root / CONSENSUS_TABLE, ("Filename", *CONSENSUS_COLUMNS))
        consensus = rows_by(rows, "Filename")
    columns = ("Filename", "BrixiaScore", "BrixiaScoreGlobal", "Subject", "StudyId", "Modality", "Manufacturer")
    samples = []
    row_of = rows_by(load_table(root / TABLE, columns, separator=";"), "Filename")
    for name, row in row_of.items():
        try:
            score = BrixiaScore.from_text(row.required("BrixiaScore"))
        except ValueError as error:
            raise row.fault(
                "BrixiaScore", _("{text!r} is not a Brixia score of six digits.").format(text=row["BrixiaScore"])
            ) from error
        if row.number("BrixiaScoreGlobal") != score.total:
            raise row.fault(
                "BrixiaScoreGlobal",
                _("{text} is not the sum of the zones {score}.").format(text=row["BrixiaScoreGlobal"], score=score),
            )
        samples.append(
            Sample(
                images / name,
                patient=f"brixia-{row.required('Subject')}",
                score=score,
                consensus_score=_consensus(consensus[name]) if name in consensus else None,
                published_test=True if _is_flagged(row) or name in consensus else None,
            )
        )
    for name, row in consensus.items():
        if name not in row_of:
            raise row.fault("Filename", _("{name} is not in {table}.").format(name=name, table=TABLE))
    return samples


def _consensus(row: TableRow) -> BrixiaScore:
    return BrixiaScore.from_values(row.zone_score(column) for column in CONSENSUS_COLUMNS)


def _is_flagged(row: TableRow) -> bool:
    return bool(row.values.get(CONSENSUS_FLAG, "").strip()) and row.number_within(CONSENSUS_FLAG, 0, 1) > 0
