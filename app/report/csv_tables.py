"""Readings and results as CSV tables for spreadsheets and programs: functions that return text, and a writer of files.

Column names do not depend on the language, so that programs can rely on them, and every zone's column names the
patient's side.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from app.report.csv_rows import Cell, write_row
from app.report.provenance import software
from app.report.saving import save
from app.report.table_choices import TableChoices
from app.session.readings import ListedReading
from bsnet_core.agreement import compare_scores
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.dicom_dates import shown_date
from bsnet_core.errors import BSNetError, ReportError
from bsnet_core.language import translate as _
from bsnet_core.partial_score import ReadScore, assessed_zones
from bsnet_core.radiograph import ImageMetadata
from bsnet_core.shown_texts import visible

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import ModelIdentity, Prediction

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel decodes UTF-8 by the system's legacy code page."""
NOT_ASSESSED = "n/a"
"""A zone that the reader could not assess; data programs take it for a missing number."""
HEIGHTS = ("upper", "middle", "lower")
USE = "research use only, not a medical device"
"""Part of the file format, so not in the language in use."""


class Separator(StrEnum):
    """The character between two cells."""

    COMMA = ","
    SEMICOLON = ";"
    """For spreadsheets in locales with a decimal comma."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of one image of a batch: a score with its details, or a rejection.

    Attributes:
        image: A name that distinguishes the image from the others, such as its file name.
        study_uid, study_date: Study Instance UID and study date as in the file.
        series_uid, sop_uid: Series Instance UID and SOP Instance UID as in the file.
        patient: The patient's key in the library; empty if the patient is unknown.
        score: None for a rejected image.
        confidences, expected: One value per zone in the order A to F; empty for a rejected image.
        interval: Lowest and highest global score of the 90% interval; None without one.
        notes: Notes on the file, then quality notes.
        model: The model with its weights.
        device: The device it ran on.
        rejection: Why there is no score.
    """

    image: str
    study_uid: str = ""
    study_date: str = ""
    score: BrixiaScore | None = None
    confidences: tuple[float, ...] = ()
    expected: tuple[float, ...] = ()
    interval: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    model: ModelIdentity | None = None
    device: str = ""
    rejection: BSNetError | None = None
    series_uid: str = ""
    sop_uid: str = ""
    patient: str = ""

    @classmethod
    def of(cls, image: str, metadata: ImageMetadata, loading_notes: tuple[str, ...] = ()) -> BatchResult:
        """An image without a score, yet."""
        return cls(
            image=image,
            study_uid=metadata.study_uid,
            study_date=metadata.study_date,
            notes=loading_notes,
            series_uid=metadata.series_uid,
            sop_uid=metadata.sop_instance_uid,
        )

    def with_prediction(self, prediction: Prediction) -> BatchResult:
        """The result with a score; keeps numbers only, none of the prediction's maps."""
        return replace(
            self,
            score=prediction.score,
            confidences=tuple(prediction.confidence_of(zone) for zone in ZONES),
            expected=tuple(prediction.expected_value_of(zone) for zone in ZONES),
            interval=prediction.interval,
            notes=(*self.notes, *prediction.quality),
            model=prediction.model,
            device=prediction.device,
        )


def zone_column(what: str, zone: Zone) -> str:
    """The name of a zone's column, such as "Reading A (patient's right, upper)"."""
    side = "patient's right" if zone.is_patient_right else "patient's left"
    return f"{what} {zone.name} ({side}, {HEIGHTS[zone.row]})"


def readings_csv(
    readings: Iterable[ListedReading],
    choices: TableChoices = TableChoices(),  # noqa: B008 - frozen
    *,
    separator: Separator = Separator.COMMA,
) -> str:
    """A table of readings, one per row, beside the predictions for the same images.

    Args:
        readings: The readings in the order of the rows.
        choices: What of patient, image and reader it contains.
        separator: Character between cells.
    """
    header = [
        # "Study" is part of the file format, so it stays.
        *("Study", "Study date", "Reader", "Saved at (UTC)", "Blind"),
        *("Reading ID", "Superseded by", "Seconds from display to saving", "Comment", "Bundled sample"),
        *_key_columns(choices),
        *_score_columns("Reading"),
        "Zones assessed",
        *_score_columns("Predicted"),
        *_score_columns("Difference (predicted minus reading)"),
        *("Model", "Model version", "Weights SHA-256", "Input check", "Software", "Use"),
    ]
    return _csv(header, [_reading_row(one, choices) for one in readings], separator)


def batch_csv(
    results: Iterable[BatchResult],
    choices: TableChoices = TableChoices(file_names=True),  # noqa: B008 - frozen
    *,
    separator: Separator = Separator.COMMA,
) -> str:
    """A table of the results of a batch, one image per row; rejected images state the reason.

    Args:
        results: The results in the order of the rows.
        choices: What of patient and image it contains.
        separator: Character between cells.
    """
    header = [
        # "Film" is part of the file format, so it stays.
        *("Film", "Study date", "Input check", "Reason"),
        *_key_columns(choices),
        *_score_columns("Predicted"),
        *(zone_column("Confidence", zone) for zone in ZONES),
        *(zone_column("Expected value", zone) for zone in ZONES),
        *("Expected global", "Lowest global of 90% interval", "Highest global of 90% interval", "Quality notes"),
        *("Model", "Model version", "Weights SHA-256", "Computed on", "Software", "Use"),
    ]
    rows = [_batch_row(one, number, choices) for number, one in enumerate(results, 1)]
    return _csv(header, rows, separator)


def write_csv(text: str, path: Path, *, overwrite: bool = False) -> Path:
    """Writes a table as UTF-8 with a byte order mark; for a worker thread.

    Raises:
        ReportError: the file could not be written.
    """

    def check(data: bytes) -> None:
        if data.decode("utf-8-sig") != text:
            raise ReportError(_("The table was incomplete and has not been saved. Try again."))

    return save((BYTE_ORDER_MARK + text).encode(), path, overwrite=overwrite, check=check)


def _score_columns(what: str) -> list[str]:
    return [*(zone_column(what, zone) for zone in ZONES), f"{what} global"]


def _score_cells(score: ReadScore | None) -> list[Cell]:
    if score is None:
        return [""] * (len(ZONES) + 1)
    # A sum of nothing would read as a normal image.
    total: Cell = score.total if assessed_zones(score) else NOT_ASSESSED
    return [*(NOT_ASSESSED if zone is None else zone for zone in score.zones), total]


def _model_cells(model: ModelIdentity | None) -> list[Cell]:
    return ["", "", ""] if model is None else [model.name, model.version, model.sha256]


def _key_columns(choices: TableChoices) -> list[str]:
    uids = [choices.uid_column(name) for name in ("Study Instance UID", "Series Instance UID", "SOP Instance UID")]
    return ["Patient", *uids, "File name"]


def _key_cells(patient: str, uids: Sequence[str], file_name: str, choices: TableChoices) -> list[Cell]:
    return [patient, *(choices.uid_cell(uid) for uid in uids), file_name if choices.with_file_names else ""]


def _reading_row(one: ListedReading, choices: TableChoices) -> list[Cell]:
    reading, predicted, keys = one.reading, one.predicted, one.keys
    differences: list[Cell] = [""] * (len(ZONES) + 1)
    if predicted is not None:
        difference = compare_scores(predicted, reading.score)
        differences = [*(difference.zones.get(zone, NOT_ASSESSED) for zone in ZONES)]
        differences.append(difference.total if difference.is_whole else NOT_ASSESSED)
    seconds = reading.seconds_to_save
    return [
        one.image if choices.with_dates else f"#{keys.image}",
        shown_date(one.study_date) if choices.with_dates else "",
        reading.reader if choices.with_words else keys.reader,
        reading.saved_at.astimezone(UTC).isoformat(timespec="seconds") if choices.with_dates else "",
        "yes" if reading.blind else "no",
        keys.reading,
        keys.superseded_by,
        "" if seconds is None else round(seconds, 1),
        reading.comment if choices.with_words else "",
        "yes" if keys.is_sample else "no",
        *_key_cells(keys.patient, (keys.study_uid, keys.series_uid, keys.sop_uid), keys.file_name, choices),
        *_score_cells(reading.score),
        len(assessed_zones(reading.score)),
        *_score_cells(predicted),
        *differences,
        *_model_cells(one.model),
        "accepted" if predicted is not None else "",
        software(),
        USE,
    ]


def _batch_row(one: BatchResult, number: int, choices: TableChoices) -> list[Cell]:
    reason = "" if one.rejection is None else str(one.rejection)
    return [
        one.image if choices.with_file_names else f"#{number}",
        shown_date(one.study_date) if choices.with_dates else "",
        "accepted" if one.rejection is None else one.rejection.code.value,
        _without_name(reason, one, choices),
        *_key_cells(one.patient, (one.study_uid, one.series_uid, one.sop_uid), one.image, choices),
        *_score_cells(one.score),
        *_numbers(one.confidences),
        *_numbers(one.expected),
        round(sum(one.expected), 3) if one.expected else "",
        *(one.interval or ("", "")),
        _without_name(" ".join(one.notes), one, choices),
        *_model_cells(one.model),
        one.device,
        software(),
        USE,
    ]


def _without_name(text: str, one: BatchResult, choices: TableChoices) -> str:
    """A sentence without the name of the file, unless file names are written."""
    return text if choices.with_file_names or not one.image else text.replace(one.image, "…")


def _numbers(values: tuple[float, ...]) -> list[Cell]:
    return [round(value, 3) for value in values] if values else [""] * len(ZONES)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], separator: Separator) -> str:
    text = io.StringIO()
    write_row(text, header, separator.value)
    for row in rows:
        write_row(text, [visible(cell) if isinstance(cell, str) else cell for cell in row], separator.value)
    return text.getvalue()
