"""Montgomery County chest films with one mask per lung (Jaeger et al. 2014)."""

from __future__ import annotations

from pathlib import Path

from training.datasets.sample import Sample
from training.datasets.tables import existing_file, files_in

TEST_IMAGES = 50
"""The first of the sorted file names are the test part (paper, Table 1; `glob` gave the authors any order)."""


def read_montgomery(root: Path) -> list[Sample]:
    """All films of `CXR_png`, each with `ManualMask/leftMask` and `ManualMask/rightMask` of the same file name.

    Args:
        root: The folder `MontgomerySet`.

    Raises:
        DataSetError: a missing folder, or a mask without its film or a film without its masks.
    """
    left, right = root / "ManualMask" / "leftMask", root / "ManualMask" / "rightMask"
    images = files_in(root / "CXR_png", "*.png")
    for mask in [*files_in(left, "*.png"), *files_in(right, "*.png")]:
        existing_file(root / "CXR_png" / mask.name)
    return [
        Sample(
            image,
            patient=f"montgomery-{patient_of(image)}",
            masks=(existing_file(left / image.name), existing_file(right / image.name)),
            published_test=index < TEST_IMAGES,
        )
        for index, image in enumerate(images)
    ]


def patient_of(image: Path) -> str:
    """The patient's number in names such as `MCUCXR_0001_0.png`: the last number says only normal or not."""
    return image.stem.rsplit("_", 1)[0]
