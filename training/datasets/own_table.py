"""A hospital's own images: one table of image, patient, six zone scores and, if available, a lung mask."""

from __future__ import annotations

from pathlib import Path

from bsnet_core.language import translate as _
from training.datasets.sample import Sample
from training.datasets.tables import load_table, separator_of, zone_columns

TABLE = "table.csv"
ZONE_COLUMNS = zone_columns("{}")


def load_own_table(root: Path) -> list[Sample]:
    """All rows of `table.csv`: `image` and `mask` are paths relative to the table, `A` to `F` the zone scores.

    The column `mask` may be missing. All six scores may be empty: such an image is used for the segmentation if it has
    a mask. Columns are separated by comma, semicolon or tab, whichever the header uses most.

    Args:
        root: Folder with the table; or the table itself, under any name.

    Raises:
        DataSetError: a missing table or column, a row without image or patient, an image named twice, or a value
            that is not a zone score.
    """
    table = root if root.is_file() else root / TABLE
    samples: list[Sample] = []
    seen: set[Path] = set()
    for row in load_table(table, ("image", "patient", *ZONE_COLUMNS), separator_of(table)):
        image = table.parent / row.required("image")
        if image in seen:
            raise row.fault("image", _("{image} is in an earlier row too.").format(image=row["image"]))
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
