"""Shenzhen Hospital chest radiographs; most have one mask of both lungs (Jaeger et al. 2014, Stirenko et al. 2018)."""

from __future__ import annotations

from pathlib import Path

from training.datasets.montgomery import TEST_IMAGES, patient_of
from training.datasets.sample import Sample
from training.datasets.tables import files_in

MASK_ENDING = "_mask.png"


def load_shenzhen(root: Path) -> list[Sample]:
    """All images of `CXR_png`, with `mask/NAME_mask.png` if it exists; the test part is the first 50 with a mask.

    Args:
        root: The folder `ChinaSet_AllFiles`.

    Raises:
        DataSetError: a missing folder.
    """
    masks = files_in(root / "mask", f"*{MASK_ENDING}")
    order = {root / "CXR_png" / _image_name(mask): index for index, mask in enumerate(masks)}
    return [
        Sample(
            image,
            patient=f"shenzhen-{patient_of(image)}",
            masks=(masks[order[image]],) if image in order else (),
            published_test=order[image] < TEST_IMAGES if image in order else None,
        )
        # Of every mask too, so that its missing image is reported.
        for image in sorted({*files_in(root / "CXR_png", "*.png"), *order})
    ]


def _image_name(mask: Path) -> str:
    return mask.name.removesuffix(MASK_ENDING) + ".png"
