"""The public Cohen images with the Brixia scores of two radiologists: as published, and as one folder with masks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bsnet_core.brixia import BrixiaScore
from bsnet_core.language import translate as _
from training.datasets.sample import (
    LARGEST_EXTENT,
    LARGEST_OPACITY,
    LARGEST_SEVERITY,
    DataSetError,
    OpacityReading,
    Sample,
    SeverityReading,
)
from training.datasets.tables import TableRow, load_table, rows_by, zone_columns

SENIOR, JUNIOR = zone_columns("S-{}"), zone_columns("J-{}")
NEVER_LABELLED = frozenset({"images/16660_5_1.jpg"})
"""Images that show another one again, which is kept apart: they take no label from any table but the first two."""


def load_cohen_annotations(root: Path) -> list[Sample]:
    """The annotated images, as the BrixIA project publishes them.

    Patients are named in the `metadata.csv` of the COVID-19 image data collection (columns `patientid`, `filename`);
    without it every image counts as a separate patient, and `bsnet-train prepare` says so.

    Args:
        root: Folder with `public-annotations.csv` and `public-cohen-subset`, and optionally `metadata.csv`.

    Raises:
        DataSetError: a missing table or column, an image in two rows, a row without a score by the senior
            radiologist, or a score that is not valid or does not add up.
    """
    patients: dict[str, str] = {}
    if (root / "metadata.csv").exists():
        for row in load_table(root / "metadata.csv", ("patientid", "filename")):
            patients[Path(row.required("filename")).stem] = row.required("patientid")
    samples = []
    columns = ("filename", *SENIOR, "S-Global", *JUNIOR, "J-Global")
    for name, row in rows_by(load_table(root / "public-annotations.csv", columns), "filename").items():
        image = root / "public-cohen-subset" / name
        score, second_score = _scores_of_both(row)
        if score is None:
            raise row.fault(SENIOR[0], _("the value is missing."))
        samples.append(
            Sample(
                image,
                patient=f"cohen-{patients.get(image.stem, image.stem)}",
                score=score,
                second_score=second_score,
                patient_known=image.stem in patients,
            )
        )
    return samples


def load_cohen_folder(root: Path) -> list[Sample]:
    """All frontal images, with lung masks, two readers' scores, extent and opacity, and lesions where they exist.

    Args:
        root: Folder with `metadata.csv`, `brixia-scores.csv`, `images` and `masks`, and optionally
            `geographic-opacity-scores.csv`, `covid-net-severity.csv`, and a folder `lesions` with files named like the
            images. If `metadata.csv` has the column `offset_days`, the images have a day.

    Raises:
        DataSetError: a missing table or column, an image in two rows, a score of an image that `metadata.csv` does not
            know, or a score that is not valid or does not add up.
    """
    images = rows_by(load_table(root / "metadata.csv", ("image", "mask", "patient_id")), "image")
    scores = rows_by(load_table(root / "brixia-scores.csv", ("image", *SENIOR, *JUNIOR)), "image")
    opacity = _optional_rows(root / "geographic-opacity-scores.csv", ("image", "geographic_mean", "opacity_mean"))
    severity = _optional_rows(root / "covid-net-severity.csv", ("image", "geographic_extent", "opacity"))
    lesions = _lesions_in(root / "lesions", images)
    for image, row in [*scores.items(), *opacity.items(), *severity.items()]:
        if image not in images:
            raise row.fault("image", _("{name} is not in {table}.").format(name=image, table="metadata.csv"))
    samples = []
    for image, row in images.items():
        other, newer = opacity.get(image), severity.get(image)
        labelled = image not in NEVER_LABELLED
        score, second_score = _scores_of_both(scores[image]) if image in scores else (None, None)
        samples.append(
            Sample(
                image=root / image,
                patient=f"cohen-{row.required('patient_id')}",
                masks=(root / row["mask"],) if row["mask"] else (),
                score=score,
                second_score=second_score,
                opacity=_opacity(other) if other else None,
                severity=_severity(newer) if newer and labelled else None,
                lesions=lesions.get(image) if labelled else None,
                day=row.number("offset_days") if row.values.get("offset_days", "").strip() else None,
            )
        )
    return samples


def _optional_rows(table: Path, columns: tuple[str, ...]) -> dict[str, TableRow]:
    """The rows by image; empty if there is no such table."""
    return rows_by(load_table(table, columns), "image") if table.exists() else {}


def _lesions_in(folder: Path, images: Mapping[str, TableRow]) -> dict[str, Path]:
    """The outlines by the image they belong to.

    Raises:
        DataSetError: outlines that belong to no image.
    """
    image_of = {Path(image).stem: image for image in images}
    found = {}
    for path in sorted(folder.glob("*.png")):
        if path.stem not in image_of:
            raise DataSetError(_("The outlines {path} belong to no image of the table.").format(path=path))
        found[image_of[path.stem]] = path
    return found


def _severity(row: TableRow) -> SeverityReading:
    extent, opacity = (row.number_within(column, 0, LARGEST_SEVERITY) for column in ("geographic_extent", "opacity"))
    return SeverityReading(extent, opacity)


def _scores_of_both(row: TableRow) -> tuple[BrixiaScore | None, BrixiaScore | None]:
    """The senior's and the junior's score, each checked against its global score if the table has one."""
    senior, junior = row.score(SENIOR), row.score(JUNIOR)
    row.check_total("S-Global", senior)
    row.check_total("J-Global", junior)
    return senior, junior


def _opacity(row: TableRow) -> OpacityReading:
    return OpacityReading(
        row.number_within("geographic_mean", 0, LARGEST_EXTENT), row.number_within("opacity_mean", 0, LARGEST_OPACITY)
    )
