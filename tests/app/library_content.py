"""Images and readings with known content, for tests of the library and of what shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.library.library import Library
from app.library.records import KeptPrediction
from app.session.readings import Reading
from bsnet_core.brixia import BrixiaScore
from bsnet_core.radiograph import ImageMetadata, PixelSpacing, SpacingMeaning
from tests.app.predictions import prediction

MORNING = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
THUMBNAIL = bytes(cv2.imencode(".png", np.full((80, 66), 96, dtype=np.uint8))[1])
"""A small PNG."""


def metadata(number: int = 1, patient: str = "P-4711", name: str = "Müller^Änne", **more: Any) -> ImageMetadata:
    """An image of the day `number` of March 2026."""
    known: dict[str, Any] = {
        "patient_name": name,
        "patient_id": patient,
        "patient_birth_date": "19500131",
        "accession_number": "ACC-99",
        "sop_instance_uid": f"1.2.3.{patient}.{number}",
        "study_date": f"202603{number:02d}",
        "study_time": "120000",
        "study_description": "Chest AP",
        "modality": "CR",
        "view_position": "AP",
        "patient_orientation": ("L", "F"),
        "spacing": PixelSpacing(0.15, 0.15, SpacingMeaning.DETECTOR),
    }
    return ImageMetadata(**(known | more))


def image(number: int = 1, **more: Any) -> tuple[ImageMetadata, Path, bytes]:
    """What `remember_image` takes."""
    return metadata(number, **more), Path(f"/films/Müller Änne/{number}.dcm"), THUMBNAIL


def kept_prediction(score: str = "012321", minutes: float = 0, confidence: float = 0.7) -> KeptPrediction:
    """A prediction as it is kept."""
    return KeptPrediction.of(prediction(score, confidence), MORNING + timedelta(minutes=minutes), "0.1.0")


def reading(score: str = "111111", reader: str = "Reader One", minutes: float = 10, *, blind: bool = True) -> Reading:
    """A reading begun in the morning and saved some minutes later."""
    return Reading(reader, BrixiaScore.from_text(score), MORNING, MORNING + timedelta(minutes=minutes), blind)


def fill(library: Library, patients: int, images_each: int = 1) -> None:
    """Adds many images."""
    for patient in range(patients):
        for number in range(1, images_each + 1):
            known = metadata(number, patient=f"P{patient:04d}", name=f"Patient^{patient:04d}")
            seen_at = MORNING + timedelta(minutes=patient)
            library.remember_image(known, Path(f"/films/{patient}-{number}.dcm"), THUMBNAIL, at=seen_at)
