"""A hospital's own films: one table of image, patient, six zone scores and, if there is one, a lung mask."""

from __future__ import annotations

from pathlib import Path

from bsnet_core.language import translate as _
from training.datasets.sample import DataSetError, Sample
from training.datasets.tables import read_table, zone_columns

TABLE = "table.csv"
ZONE_COLUMNS = zone_columns("{}")
SEPARATORS = (",", ";", "\t")


def read_own_table(root: Path) -> list[Sample]:
    """Every row of `table.csv`: `image` and `mask` are paths relative to the table, `A` to `F` the zone scores.

    The column `mask` may be missing. All six scores may be empty: such a film serves the segmentation, or nothing.
    Comma, semicolon and tab may separate the columns; the header decides.

    Args:
        root: Folder holding the table; or the table itself, whatever its name.

    Raises:
        DataSetError: a missing table or column, a row without image or patient, an image named twice, or a score that
            is none.
    """
    table = root if root.is_file() else root / TABLE
    samples: list[Sample] = []
    seen: set[Path] = set()
    for row in read_table(table, ("image", "patient", *ZONE_COLUMNS), _separator_of(table)):
        image = table.parent / row.required("image")
        if image in seen:
            raise row.fault("image", _("{image} stands in an earlier row as well.").format(image=row["image"]))
        seen.add(image)
        mask = row.values.get("mask", "").strip()
        samples.append(
            Sample(
                image,
                # The table's name keeps patients of two hospitals apart.
                patient=f"{table.parent.name}-{row.required('patient')}",
                masks=(table.parent / mask,) if mask else (),
                score=row.score(ZONE_COLUMNS),
            )
        )
    return samples


def _separator_of(table: Path) -> str:
    try:
        with table.open(encoding="utf-8-sig") as file:
            header = file.readline()
    except (OSError, UnicodeDecodeError) as error:
        raise DataSetError(
            _("The table {table} cannot be read: {reason}.").format(table=table, reason=error)
        ) from error
    return max(SEPARATORS, key=header.count)
