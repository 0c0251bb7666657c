"""A chest radiograph that has gone through a DICOM file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt
from pydicom.charset import convert_encodings

from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import Radiograph
from tests.dicom_files import chest_dataset, ramp, write_dicom


def image(folder: Path, pixels: npt.NDArray[Any] | None = None, **tags: Any) -> Radiograph:
    """A CR image of `pixels` or a ramp; `tags` replace or, as None, remove elements."""
    return load_radiograph(write_dicom(folder / "film", ramp() if pixels is None else pixels, None, **tags))


def image_in_any_letters(folder: Path, character_set: str, **tags: str) -> Radiograph:
    """As `image`, with `tags` in letters that they do not allow, as some devices write them."""
    encoding = convert_encodings(character_set)[0]
    dataset = chest_dataset(ramp(), None, SpecificCharacterSet=character_set)
    for keyword, text in tags.items():
        setattr(dataset, keyword, text.encode(encoding).decode("latin-1"))
    dataset.save_as(folder / "film", enforce_file_format=True)
    return load_radiograph(folder / "film")
