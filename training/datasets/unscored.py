"""Images without a Brixia score: the NIH's "No Finding", and the bedside series of Hannover Medical School."""

from __future__ import annotations

from pathlib import Path

from training.datasets.sample import Sample
from training.datasets.tables import files_in, load_table


def load_nih_no_finding(root: Path) -> list[Sample]:
    """Images that text mining found normal; file names are `PATIENT_STUDY.jpg`.

    Raises:
        DataSetError: no such folder, or no JPEG files in it.
    """
    return [
        Sample(image, patient=f"nih-{image.stem.split('_')[0]}", no_finding=True) for image in files_in(root, "*.jpg")
    ]


def load_hannover(root: Path) -> list[Sample]:
    """Serial bedside images without scores or masks.

    Args:
        root: Folder with `metadata.csv` and `images`.

    Raises:
        DataSetError: a missing table or column.
    """
    return [
        Sample(
            root / "images" / f"{row.required('image_id')}.jpg",
            patient=f"hannover-{row.required('patient_id')}",
            day=row.number("admission_offset") if row.values.get("admission_offset", "").strip() else None,
        )
        for row in load_table(root / "metadata.csv", ("patient_id", "image_id"))
    ]
