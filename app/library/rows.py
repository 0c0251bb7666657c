"""Conversion of the library's rows to frozen records and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.engine import RowMapping

from app.canvas.measuring import Angle, Annotation, Distance, Point, Region, RegionShape
from app.library.patients import searchable
from app.library.records import Draft, Event, KeptAnnotations, KeptImage, KeptPrediction, LogEntry
from app.session.readings import Reading
from bsnet_core.brixia import BrixiaScore, Zone
from bsnet_core.dicom_dates import shown_date
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.model.network_config import Attention
from bsnet_core.partial_score import read_score_from_text
from bsnet_core.radiograph import ImageMetadata, PixelSpacing, SpacingMeaning

METADATA_NAMES = frozenset(field.name for field in dataclasses.fields(ImageMetadata))


def described(metadata: ImageMetadata, path: str) -> dict[str, Any]:
    """The columns of an image's row that describe it."""
    name, date = Path(path).name, metadata.study_date
    words = (
        metadata.patient_name,
        metadata.patient_id,
        date,
        shown_date(date),
        metadata.study_description,
        metadata.view_position,
    )
    return {
        "facts": dataclasses.asdict(metadata),
        "study_date": date,
        "study_time": metadata.study_time,
        "path": path,
        "searched": searchable(*words, metadata.modality, name),
    }


def image_of(row: RowMapping) -> KeptImage:
    """An image."""
    return KeptImage(
        number=row["id"],
        patient_key=row["patient_key"],
        metadata=_metadata(row["facts"]),
        path=Path(row["path"]) if row["path"] else None,
        thumbnail=bytes(row["thumbnail"]),
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
    )


def _metadata(stored: Mapping[str, Any]) -> ImageMetadata:
    """Metadata from their JSON; names that this version does not know are ignored."""
    known = {name: value for name, value in stored.items() if name in METADATA_NAMES}
    if known.get("spacing") is not None:
        spacing = known["spacing"]
        known["spacing"] = PixelSpacing(spacing["row_mm"], spacing["column_mm"], SpacingMeaning(spacing["meaning"]))
    if known.get("patient_orientation") is not None:
        first, second = known["patient_orientation"]
        known["patient_orientation"] = (first, second)
    return ImageMetadata(**known)


def row_of_prediction(prediction: KeptPrediction) -> dict[str, Any]:
    """The columns of a prediction, without its image."""
    return {
        "model_name": prediction.model.name,
        "model_version": prediction.model.version,
        "model_sha256": prediction.model.sha256,
        "attention": prediction.attention.value,
        "score": str(prediction.score),
        "total": prediction.score.total,
        "probabilities": [list(shares) for shares in prediction.probabilities],
        "expected_total": prediction.expected_total,
        "mask_area_fraction": prediction.mask_area_fraction,
        "quality": list(prediction.quality),
        "alignment": [list(row) for row in prediction.alignment],
        "device": prediction.device,
        "seconds": dict(prediction.seconds),
        "made_at": prediction.made_at,
        "software_version": prediction.software_version,
    }


def prediction_of(row: RowMapping) -> KeptPrediction:
    """A prediction."""
    return KeptPrediction(
        model=model_of(row),
        attention=Attention(row["attention"]),
        score=BrixiaScore.from_text(row["score"]),
        probabilities=tuple(tuple(shares) for shares in row["probabilities"]),
        mask_area_fraction=row["mask_area_fraction"],
        quality=tuple(row["quality"]),
        alignment=tuple(tuple(values) for values in row["alignment"]),
        device=row["device"],
        seconds=row["seconds"],
        made_at=row["made_at"],
        software_version=row["software_version"],
    )


def model_of(row: RowMapping) -> ModelIdentity:
    """The weights of a prediction."""
    return ModelIdentity(row["model_name"], row["model_version"], row["model_sha256"])


def row_of_annotations(kept: KeptAnnotations) -> dict[str, Any]:
    """The columns of a reader's measurements, without their image."""
    items = [{"kind": _kind_of(item), "points": [list(point) for point in _points_of(item)]} for item in kept.items]
    return {"reader": kept.reader, "items": items, "made_at": kept.made_at}


def annotations_of(row: RowMapping) -> KeptAnnotations:
    """A reader's measurements; kinds that this version does not know are ignored."""
    items = (_annotation_of(item["kind"], [(x, y) for x, y in item["points"]]) for item in row["items"])
    return KeptAnnotations(row["reader"], tuple(item for item in items if item is not None), row["made_at"])


def _kind_of(item: Annotation) -> str:
    """The stored name of a measurement's kind; a kind without one is an error, never another kind."""
    match item:
        case Distance():
            return "distance"
        case Angle():
            return "angle"
        case Region(shape=RegionShape.RECTANGLE | RegionShape.ELLIPSE):
            return item.shape.name.lower()
    raise TypeError(f"The library cannot store this measurement: {item!r}.")


def _points_of(item: Annotation) -> tuple[Point, ...]:
    return (item.corner, item.opposite) if isinstance(item, Region) else item.handles


def _annotation_of(kind: str, points: Sequence[Point]) -> Annotation | None:
    match kind, points:
        case "distance", [start, end]:
            return Distance(start, end)
        case "angle", [start, vertex, end]:
            return Angle(start, vertex, end)
        case (("rectangle" | "ellipse"), [corner, opposite]):
            return Region(corner, opposite, RegionShape[kind.upper()])
    return None


def reading_of(row: RowMapping) -> Reading:
    """A reading."""
    return Reading(
        reader=row["reader"],
        score=read_score_from_text(row["score"]),
        started_at=row["started_at"],
        saved_at=row["saved_at"],
        blind=row["blind"],
        comment=row["comment"],
        displayed_at=row["displayed_at"],
    )


def row_of_reading(reading: Reading) -> dict[str, Any]:
    """The columns of a reading, without its image."""
    return {
        "reader": reading.reader,
        "score": str(reading.score),
        "total": reading.score.total,
        "started_at": reading.started_at,
        "saved_at": reading.saved_at,
        "blind": reading.blind,
        "comment": reading.comment,
        "displayed_at": reading.displayed_at,
    }


def draft_of(row: RowMapping) -> Draft:
    """A reading in progress."""
    zones = {Zone[name]: score for name, score in row["zones"].items()}
    return Draft(row["reader"], zones, row["started_at"], row["comment"])


def row_of_draft(draft: Draft) -> dict[str, Any]:
    """The columns of a reading in progress, without its image and its reader."""
    zones = {zone.name: score for zone, score in draft.zones.items()}
    return {"zones": zones, "started_at": draft.started_at, "comment": draft.comment}


def log_entry_of(row: RowMapping) -> LogEntry:
    """A line of the audit log."""
    return LogEntry(row["at"], Event(row["event"]), row["reader"], row["study_id"], row["detail"])


def row_of_log_entry(entry: LogEntry) -> dict[str, Any]:
    """The columns of a line of the audit log."""
    return {
        "at": entry.at,
        "event": entry.event.value,
        "reader": entry.reader,
        "study_id": entry.image,
        "detail": entry.detail,
    }
