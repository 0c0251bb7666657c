"""A chest radiograph that has gone through a DICOM file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt

from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import Radiograph
from tests.dicom_files import ramp, write_dicom


def image(folder: Path, pixels: npt.NDArray[Any] | None = None, **tags: Any) -> Radiograph:
    """A CR image of `pixels` or a ramp; `tags` replace or, as None, remove elements."""
    return load_radiograph(write_dicom(folder / "film", ramp() if pixels is None else pixels, None, **tags))
