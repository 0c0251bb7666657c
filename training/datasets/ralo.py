"""RALO: images of COVID-19 patients of one hospital, in series, each lung scored by two raters (Stony Brook)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from bsnet_core.agreement import MAX_TOTAL
from bsnet_core.language import translate as _
from training.datasets.lung_scores import LARGEST_OF_LUNG, LungScore, LungScores
from training.datasets.peer_predictions import PeerPredictions
from training.datasets.sample import Sample
from training.datasets.tables import TableRow, load_table, rows_by

TABLE = "scores.csv"
RATERS = ("rater1", "rater2")
SCORES = ("{}-right-extent", "{}-right-opacity", "{}-left-extent", "{}-left-opacity")
AUTHORS_GLOBAL, PXS = "bsnet_authors_global", "pxs_net"
WHOLE_SECONDS = len("20200330_212953")
SECONDS_A_DAY = 86400


def load_ralo(root: Path) -> list[Sample]:
    """All rows of the table.

    Args:
        root: Folder with `scores.csv` and `images`. The columns `bsnet_authors_global` and `pxs_net` may be missing.

    Raises:
        DataSetError: a missing table or column, an image in two rows, a time of examination that is none, or a score
            that is not valid.
    """
    columns = ("image", "patient", "exam", *(score.format(rater) for rater in RATERS for score in SCORES))
    return [
        Sample(
            root / image,
            patient=f"ralo-{row.required('patient')}",
            lung_scores=tuple(_scores_of(row, rater) for rater in RATERS),
            day=_day(row),
            peers=_peers(row),
        )
        for image, row in rows_by(load_table(root / TABLE, columns), "image").items()
    ]


def _scores_of(row: TableRow, rater: str) -> LungScores:
    right_extent, right_opacity, left_extent, left_opacity = (
        row.whole_number_within(column.format(rater), 0, LARGEST_OF_LUNG) for column in SCORES
    )
    return LungScores(LungScore(right_extent, right_opacity), LungScore(left_extent, left_opacity))


def _day(row: TableRow) -> float:
    text = row.required("exam")
    try:
        exam = datetime.strptime(text[:WHOLE_SECONDS], "%Y%m%d_%H%M%S")
    except ValueError as error:
        raise row.fault("exam", _("{text!r} is not a time such as 20200330_212953.").format(text=text)) from error
    return exam.toordinal() + (exam - datetime.combine(exam.date(), datetime.min.time())).seconds / SECONDS_A_DAY


def _peers(row: TableRow) -> PeerPredictions | None:
    has_global, has_pxs = (row.values.get(column, "").strip() for column in (AUTHORS_GLOBAL, PXS))
    if not has_global and not has_pxs:
        return None
    return PeerPredictions(
        authors_global=row.whole_number_within(AUTHORS_GLOBAL, 0, MAX_TOTAL) if has_global else None,
        pxs=row.number(PXS) if has_pxs else None,
    )
