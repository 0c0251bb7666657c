"""DICOM files of IHE's test sets, as the package pydicom-data brings them."""

from __future__ import annotations

from pathlib import Path

import pytest


def ihe_file(name: str) -> Path:
    """A file by its name without the suffix; skips the test if the package or the file is missing."""
    path = Path(pytest.importorskip("data_store").__file__).parent / "data" / f"{name}.dcm"
    if not path.is_file():
        pytest.skip("this pydicom-data has no such file")
    return path
