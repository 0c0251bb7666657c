"""Montgomery County chest radiographs with one mask per lung (Jaeger et al. 2014)."""

from __future__ import annotations

from pathlib import Path

from training.datasets.sample import Sample
from training.datasets.tables import files_in

TEST_IMAGES = 50
"""The first of the sorted file names are the test part (paper, Table 1; the authors took them in `glob` order)."""


def load_montgomery(root: Path) -> list[Sample]:
    """All images of `CXR_png`, each with `ManualMask/leftMask` and `ManualMask/rightMask` of the same file name.

    Args:
        root: The folder `MontgomerySet`.

    Raises:
        DataSetError: a missing folder.
    """
    images, left, right = root / "CXR_png", root / "ManualMask" / "leftMask", root / "ManualMask" / "rightMask"
    # Of every image and every mask, so that a missing one is reported.
    names = sorted({file.name for folder in (images, left, right) for file in files_in(folder, "*.png")})
    return [
        Sample(
            images / name,
            patient=f"montgomery-{patient_of(images / name)}",
            masks=(left / name, right / name),
            published_test=index < TEST_IMAGES,
        )
        for index, name in enumerate(names)
    ]


def patient_of(image: Path) -> str:
    """The patient's number in names such as `MCUCXR_0001_0.png`; the last digit only means normal or abnormal."""
    return image.stem.rsplit("_", 1)[0]
