"""The public Cohen images with the Brixia scores of two radiologists: as published, and as one folder with masks."""

from __future__ import annotations

from pathlib import Path

from bsnet_core.brixia import BrixiaScore
from bsnet_core.language import translate as _
from training.datasets.sample import LARGEST_EXTENT, LARGEST_OPACITY, OpacityReading, Sample
from training.datasets.tables import TableRow, load_table, rows_by, zone_columns

SENIOR, JUNIOR = zone_columns("S-{}"), zone_columns("J-{}")


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
    """All frontal images, with lung masks, two readers' scores, and extent and opacity where they exist.

    Args:
        root: Folder with `metadata.csv`, `brixia-scores.csv`, `images` and `masks`, and optionally
            `geographic-opacity-scores.csv`.

    Raises:
        DataSetError: a missing table or column, an image in two rows, a score of an image that `metadata.csv` does not
            know, or a score that is not valid or does not add up.
    """
    images = rows_by(load_table(root / "metadata.csv", ("image", "mask", "patient_id")), "image")
    scores = rows_by(load_table(root / "brixia-scores.csv", ("image", *SENIOR, *JUNIOR)), "image")
    opacity_table = root / "geographic-opacity-scores.csv"
    opacity: dict[str, TableRow] = {}
    if opacity_table.exists():
        opacity = rows_by(load_table(opacity_table, ("image", "geographic_mean", "opacity_mean")), "image")
    for image, row in [*scores.items(), *opacity.items()]:
        if image not in images:
            raise row.fault("image", _("{name} is not in {table}.").format(name=image, table="metadata.csv"))
    samples = []
    for image, row in images.items():
        other = opacity.get(image)
        score, second_score = _scores_of_both(scores[image]) if image in scores else (None, None)
        samples.append(
            Sample(
                image=root / image,
                patient=f"cohen-{row.required('patient_id')}",
                masks=(root / row["mask"],) if row["mask"] else (),
                score=score,
                second_score=second_score,
                opacity=_opacity(other) if other else None,
            )
        )
    return samples


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
