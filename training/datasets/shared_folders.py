"""The folders `cohen`, `nih-no-finding` and `hannover` as described in their README."""

from __future__ import annotations

import csv
from pathlib import Path

from bsnet_core.brixia import BrixiaScore, Zone
from training.datasets.sample import DataSetError, Sample


def read_cohen(root: Path) -> list[Sample]:
    """The frontal films of the public Cohen set, with lung masks and two readers' Brixia scores where they exist.

    Args:
        root: Folder holding `metadata.csv`, `brixia-scores.csv`, `images` and `masks`.

    Raises:
        DataSetError: a missing file or column, or a score that is none.
    """
    scores = {row["image"]: row for row in _rows(root / "brixia-scores.csv", ("image", "S-A", "J-A"))}
    samples = []
    for row in _rows(root / "metadata.csv", ("image", "mask", "patient_id")):
        reading = scores.get(row["image"])
        samples.append(
            Sample(
                image=_existing(root / row["image"]),
                patient=f"cohen-{row['patient_id']}",
                mask=_existing(root / row["mask"]) if row["mask"] else None,
                score=_score(reading, "S", root) if reading else None,
                second_score=_score(reading, "J", root) if reading else None,
            )
        )
    return samples


def read_nih_no_finding(root: Path) -> list[Sample]:
    """Normal films by text mining; file names are `PATIENT_STUDY.jpg`."""
    images = sorted(root.glob("*.jpg"))
    if not images:
        raise DataSetError(f"There are no JPEG images in {root}.")
    return [Sample(image, patient=f"nih-{image.stem.split('_')[0]}", no_finding=True) for image in images]


def read_hannover(root: Path) -> list[Sample]:
    """Serial bedside films, neither scored nor outlined."""
    rows = _rows(root / "metadata.csv", ("patient_id", "image_id"))
    return [
        Sample(_existing(root / "images" / f"{row['image_id']}.jpg"), patient=f"hannover-{row['patient_id']}")
        for row in rows
    ]


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise DataSetError(f"The table {path} cannot be read: {error.strerror}.") from error
    missing = [column for column in columns if not rows or column not in rows[0]]
    if missing:
        raise DataSetError(f"The table {path} has no column {', '.join(missing)}.")
    return rows


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise DataSetError(f"The file {path} is missing.")
    return path


def _score(row: dict[str, str], reader: str, root: Path) -> BrixiaScore:
    try:
        return BrixiaScore.from_values(int(row[f"{reader}-{zone.name}"]) for zone in Zone)
    except (KeyError, ValueError) as error:
        raise DataSetError(
            f"{root / 'brixia-scores.csv'}: {row['image']}: no Brixia score of reader {reader}."
        ) from error
