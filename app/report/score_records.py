"""One result of `bsnet-score` as a JSON record and as a row of its table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.report.csv_rows import Cell

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction

CSV_ZONES = tuple("ABCDEF")
CSV_COLUMNS = (
    "file",
    *CSV_ZONES,
    "global",
    "lowest global",
    "highest global",
    *(f"expected {zone}" for zone in CSV_ZONES),
    "confidence",
    "quality",
    "model",
    "version",
    "sha256",
    "error",
    "code",
    "findings",
    "repairs",
)


def record_of(path: Path, prediction: Prediction, load_seconds: float, notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """One result as plain JSON values; its quality notes begin with those on the file."""
    from bsnet_core.brixia import Zone

    return {
        "file": str(path),
        "scores": {zone.name: prediction.score[zone] for zone in Zone},
        "global": prediction.score.total,
        "interval": None if prediction.interval is None else list(prediction.interval),
        "probabilities": {
            zone.name: [round(float(share), 5) for share in prediction.probabilities_of(zone)] for zone in Zone
        },
        "expected": {zone.name: round(prediction.expected_value_of(zone), 4) for zone in Zone},
        "mask_area_fraction": round(prediction.mask_area_fraction, 5),
        "quality": [*notes, *prediction.quality],
        "model": {
            "name": prediction.model.name,
            "version": prediction.model.version,
            "sha256": prediction.model.sha256,
        },
        "findings": [str(finding) for finding in prediction.content],
        "repairs": list(prediction.repairs),
        "backend": prediction.backend,
        "seconds": {"read": round(load_seconds, 4)}
        | {step: round(seconds, 4) for step, seconds in prediction.seconds.items()},
    }


def row_of(path: Path, prediction: Prediction, loading_notes: tuple[str, ...] = ()) -> dict[str, Cell]:
    """One result as a row of the table; its confidence is the lowest of the six zones."""
    from bsnet_core.brixia import Zone

    low, high = prediction.interval or ("", "")
    return {
        "file": as_utf8(path),
        **{zone.name: prediction.score[zone] for zone in Zone},
        "global": prediction.score.total,
        "lowest global": low,
        "highest global": high,
        **{f"expected {zone.name}": f"{prediction.expected_value_of(zone):.4f}" for zone in Zone},
        "confidence": f"{min(prediction.confidence_of(zone) for zone in Zone):.4f}",
        "quality": " ".join((*loading_notes, *prediction.quality)),
        "model": prediction.model.name,
        "version": prediction.model.version,
        "sha256": prediction.model.sha256,
        "findings": " ".join(prediction.content),
        "repairs": " ".join(prediction.repairs),
    }


def as_utf8(path: Path) -> str:
    """A path as text that UTF-8 can encode, whatever bytes are in it."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
