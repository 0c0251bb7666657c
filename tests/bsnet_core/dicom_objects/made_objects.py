"""Objects as another program finds them: made, saved, and loaded again by pydicom alone."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from bsnet_core.dicom_objects.object_files import as_bytes
from bsnet_core.dicom_objects.original_image import OriginalImage, original_image_from
from bsnet_core.frames import Aspect, Frames
from bsnet_core.inference.prediction import Prediction
from bsnet_core.standard_orientation import StandardOrientation
from tests.app.predictions import SIDE, alignment, prediction
from tests.dicom_files import chest_dataset, ramp

NOW = datetime(2026, 3, 1, 22, 30, 15, tzinfo=UTC)


def original(**tags: object) -> OriginalImage:
    """The header of a CR image of 400 × 320 pixels; `tags` replace or, as None, remove elements."""
    return original_image_from(chest_dataset(ramp(400, 320), None, **tags))


def predicted(image: OriginalImage, angle_deg: float = 12.0, **more: object) -> Prediction:
    """A prediction for this image, in the orientation that it states."""
    header = image.header
    stated = header.get("PatientOrientation")
    turn = StandardOrientation.of(tuple(stated) if stated else None)
    frames = Frames.fit((header.Rows, header.Columns), SIDE, Aspect.STRETCH, turn)
    return replace(prediction(**more), frames=frames.with_alignment(alignment(angle_deg)))


def loaded(instance: Dataset) -> Dataset:
    return pydicom.dcmread(io.BytesIO(as_bytes(instance)))


def items_named(item: Dataset, meaning: str) -> list[Dataset]:
    """All content items of a document whose concept has this meaning."""
    return [found for found in all_items(item) if meaning_of(found) == meaning]


def all_items(item: Dataset) -> Iterator[Dataset]:
    yield item
    for child in item.get("ContentSequence", []):
        yield from all_items(child)


def meaning_of(item: Dataset) -> str:
    return item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else ""


def groups_of(document: Dataset) -> list[Dataset]:
    """The measurement groups: zones A to F, then both lungs."""
    return items_named(document, "Measurement Group")


def measured(group: Dataset) -> dict[str, float]:
    return {
        meaning_of(item): float(item.MeasuredValueSequence[0].NumericValue)
        for item in group.ContentSequence
        if item.ValueType == "NUM"
    }


def faults_of(instance: Dataset, folder: Path) -> list[str]:
    """The errors that dciodvfy finds; skips the test where it is not installed."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy of Debian's dicom3tools is not installed")
    file = folder / "instance.dcm"
    file.write_bytes(as_bytes(instance))
    found = subprocess.run(["dciodvfy", file], capture_output=True, check=False).stderr
    return [line for line in found.decode("utf-8", "replace").splitlines() if line.startswith("Error")]
