"""Cut-out lungs of the RSNA Pneumonia Detection Challenge, with a class and boxes by radiologists."""

from __future__ import annotations

from pathlib import Path

from bsnet_core.language import translate as _
from training.datasets.opacity_boxes import LungClass, OpacityBox
from training.datasets.sample import Sample
from training.datasets.tables import TableRow, load_table, rows_by

TABLE = "labels.csv"
BETWEEN_BOXES = ";"


def load_rsna_lungs(root: Path) -> list[Sample]:
    """All images of the table. Everything but the lungs is cut away, so that an image looks unlike a whole radiograph.

    The challenge does not name the NIH's patients: every image counts as a separate one. A row may come again, as long
    as it says the same.

    Args:
        root: Folder with `labels.csv` and `images`.

    Raises:
        DataSetError: a missing table or column, an image in two rows that differ, an unknown class, a box outside the
            image, or boxes that do not fit the class.
    """
    samples = []
    for image, row in rows_by(_without_repetitions(root / TABLE), "image").items():
        lung_class = _class_of(row)
        boxes = _boxes_of(row)
        if (lung_class is LungClass.OPACITY) != bool(boxes):
            raise row.fault("boxes", _("Images of the class opacity have boxes, others have none."))
        samples.append(
            Sample(
                root / image,
                patient=f"rsna-{Path(image).stem}",
                lung_class=lung_class,
                opacity_boxes=boxes,
                patient_known=False,
            )
        )
    return samples


def _without_repetitions(table: Path) -> list[TableRow]:
    found: dict[tuple[str, ...], TableRow] = {}
    for row in load_table(table, ("image", "class", "boxes")):
        found.setdefault(tuple(row.values.values()), row)
    return list(found.values())


def _class_of(row: TableRow) -> LungClass:
    try:
        return LungClass(row.required("class"))
    except ValueError as error:
        raise row.fault(
            "class", _("{text!r} is not one of {classes}.").format(text=row["class"], classes=", ".join(LungClass))
        ) from error


def _boxes_of(row: TableRow) -> tuple[OpacityBox, ...]:
    if not row["boxes"].strip():
        return ()
    try:
        return tuple(OpacityBox.from_text(text) for text in row["boxes"].split(BETWEEN_BOXES))
    except ValueError as error:
        raise row.fault(
            "boxes", _("{text!r} is not a box of left, top, width and height within 0 to 1.").format(text=row["boxes"])
        ) from error
