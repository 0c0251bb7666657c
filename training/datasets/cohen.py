"""The public Cohen films with the Brixia scores of two radiologists: as published, and as the shared data folder."""

from __future__ import annotations

from pathlib import Path

from training.datasets.sample import OpacityReading, Sample
from training.datasets.tables import TableRow, existing_file, read_table, zone_columns

SENIOR, JUNIOR = zone_columns("S-{}"), zone_columns("J-{}")


def read_cohen_annotations(root: Path) -> list[Sample]:
    """The annotated films, as the BrixIA project publishes them.

    Whose image it is stands in the `metadata.csv` of the COVID-19 image data collection (columns `patientid`,
    `filename`); without it every image counts as a patient of its own, and `bsnet-train prepare` says so.

    Args:
        root: Folder holding `public-annotations.csv` and the folder `public-cohen-subset`, and perhaps `metadata.csv`.

    Raises:
        DataSetError: a missing file or column, a row without a score, or a score that is none.
    """
    patients: dict[str, str] = {}
    if (root / "metadata.csv").exists():
        for row in read_table(root / "metadata.csv", ("patientid", "filename")):
            patients[Path(row.required("filename")).stem] = row.required("patientid")
    samples = []
    for row in read_table(root / "public-annotations.csv", ("filename", *SENIOR, "S-Global", *JUNIOR, "J-Global")):
        image = existing_file(root / "public-cohen-subset" / row.required("filename"))
        samples.append(
            Sample(
                image,
                patient=f"cohen-{patients.get(image.stem, image.stem)}",
                score=row.score(SENIOR),
                second_score=row.score(JUNIOR),
                patient_known=image.stem in patients,
            )
        )
    return samples


def read_cohen_folder(root: Path) -> list[Sample]:
    """All frontal films, with lung masks, two readers' scores, and extent and opacity where they exist.

    Args:
        root: Folder holding `metadata.csv`, `brixia-scores.csv`, `images` and `masks`, and perhaps
            `geographic-opacity-scores.csv`.

    Raises:
        DataSetError: a missing file or column, or a score that is none.
    """
    scores = _by_image(read_table(root / "brixia-scores.csv", ("image", *SENIOR, *JUNIOR)))
    opacity_table = root / "geographic-opacity-scores.csv"
    opacity = (
        _by_image(read_table(opacity_table, ("image", "geographic_mean", "opacity_mean")))
        if opacity_table.exists()
        else {}
    )
    samples = []
    for row in read_table(root / "metadata.csv", ("image", "mask", "patient_id")):
        image = row.required("image")
        reading, other = scores.get(image), opacity.get(image)
        samples.append(
            Sample(
                image=existing_file(root / image),
                patient=f"cohen-{row.required('patient_id')}",
                masks=(existing_file(root / row["mask"]),) if row["mask"] else (),
                score=reading.score(SENIOR) if reading else None,
                second_score=reading.score(JUNIOR) if reading else None,
                opacity=OpacityReading(other.number("geographic_mean"), other.number("opacity_mean"))
                if other
                else None,
            )
        )
    return samples


def _by_image(rows: list[TableRow]) -> dict[str, TableRow]:
    return {row.required("image"): row for row in rows}
