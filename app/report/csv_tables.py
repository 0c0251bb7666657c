"""Readings and results as CSV tables for spreadsheets and programs: functions that return text, and a writer of files.

Column names do not depend on the language, so that programs can rely on them, and every zone's column names the
patient's side.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from app.report.csv_rows import Cell, write_row
from app.report.names import visible
from app.report.provenance import software
from app.report.saving import save
from app.session.readings import ComparedReading, Reading
from bsnet_core.agreement import compare_scores
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.dicom_dates import shown_date
from bsnet_core.errors import BSNetError, ReportError
from bsnet_core.language import translate as _
from bsnet_core.partial_score import ReadScore

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


class ImageNaming(Enum):
    """The content of the first column."""

    LABEL = "Study"
    """A column name is part of the file format, so it stays "Study", not "Image"."""
    UID = "Study Instance UID"


@dataclass(frozen=True, slots=True)
class TabledReading:
    """A saved reading with the prediction for the same radiograph, if there is one.

    Attributes:
        image: A label that names no person.
        study_uid: The Study Instance UID; empty if there is none.
        study_date: YYYYMMDD as in the file; empty if not stated.
        predicted, model: Predicted score and its model; both or neither.
    """

    image: str
    study_uid: str
    study_date: str
    reading: Reading
    predicted: BrixiaScore | None = None
    model: ModelIdentity | None = None

    @classmethod
    def from_compared(cls, compared: ComparedReading, study_uid: str = "") -> TabledReading:
        """Makes the row of a reading that is compared with a prediction."""
        return cls(compared.image, study_uid, compared.study_date, compared.reading, compared.predicted, compared.model)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of one image of a batch: a score with its details, or a rejection.

    Attributes:
        image: A name that distinguishes the image from the others, such as its file name.
        study_uid, study_date: Study Instance UID and study date as in the file.
        score: None for a rejected image.
        confidences, expected: One value per zone in the order A to F; empty for a rejected image.
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
    notes: tuple[str, ...] = ()
    model: ModelIdentity | None = None
    device: str = ""
    rejection: BSNetError | None = None

    @classmethod
    def from_prediction(
        cls,
        image: str,
        prediction: Prediction,
        study_uid: str = "",
        study_date: str = "",
        loading_notes: tuple[str, ...] = (),
    ) -> BatchResult:
        """Makes the result of a scored image; keeps numbers only, none of the prediction's maps."""
        return cls(
            image=image,
            study_uid=study_uid,
            study_date=study_date,
            score=prediction.score,
            confidences=tuple(prediction.confidence_of(zone) for zone in ZONES),
            expected=tuple(prediction.expected_value_of(zone) for zone in ZONES),
            notes=(*loading_notes, *prediction.quality),
            model=prediction.model,
            device=prediction.device,
        )


def zone_column(what: str, zone: Zone) -> str:
    """The name of a zone's column, such as "Reading A (patient's right, upper)"."""
    side = "patient's right" if zone.is_patient_right else "patient's left"
    return f"{what} {zone.name} ({side}, {HEIGHTS[zone.row]})"


def readings_csv(
    readings: Iterable[TabledReading],
    *,
    naming: ImageNaming = ImageNaming.LABEL,
    with_dates: bool = True,
    separator: Separator = Separator.COMMA,
) -> str:
    """A table of readings, one per row, beside the predictions for the same images.

    Args:
        readings: The readings in the order of the rows.
        naming: Whether the first column holds the label or the Study Instance UID.
        with_dates: Whether the dates of study and reading are filled in.
        separator: Character between cells.
    """
    header = [
        *(naming.value, "Study date", "Reader", "Saved at (UTC)", "Blind"),
        *_score_columns("Reading"),
        *_score_columns("Predicted"),
        *_score_columns("Difference (predicted minus reading)"),
        *("Model", "Model version", "Weights SHA-256", "Input check", "Software", "Use"),
    ]
    rows = [_reading_row(one, naming, with_dates=with_dates) for one in readings]
    return _csv(header, rows, separator)


def batch_csv(results: Iterable[BatchResult], *, separator: Separator = Separator.COMMA) -> str:
    """A table of the results of a batch, one image per row; rejected images state the reason."""
    header = [
        # "Film" is part of the file format, so it stays.
        *("Film", "Study Instance UID", "Study date", "Input check", "Reason"),
        *_score_columns("Predicted"),
        *(zone_column("Confidence", zone) for zone in ZONES),
        *(zone_column("Expected value", zone) for zone in ZONES),
        *("Expected global", "Quality notes"),
        *("Model", "Model version", "Weights SHA-256", "Computed on", "Software", "Use"),
    ]
    return _csv(header, [_batch_row(one) for one in results], separator)


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
    return [*(NOT_ASSESSED if zone is None else zone for zone in score.zones), score.total]


def _model_cells(model: ModelIdentity | None) -> list[Cell]:
    return ["", "", ""] if model is None else [model.name, model.version, model.sha256]


def _reading_row(one: TabledReading, naming: ImageNaming, *, with_dates: bool) -> list[Cell]:
    reading, predicted = one.reading, one.predicted
    differences: list[Cell] = [""] * (len(ZONES) + 1)
    if predicted is not None:
        difference = compare_scores(predicted, reading.score)
        differences = [*(difference.zones.get(zone, NOT_ASSESSED) for zone in ZONES)]
        differences.append(difference.total if difference.is_whole else NOT_ASSESSED)
    return [
        one.image if naming is ImageNaming.LABEL else one.study_uid,
        shown_date(one.study_date) if with_dates else "",
        reading.reader,
        reading.saved_at.astimezone(UTC).isoformat(timespec="seconds") if with_dates else "",
        "yes" if reading.blind else "no",
        *_score_cells(reading.score),
        *_score_cells(predicted),
        *differences,
        *_model_cells(one.model),
        "accepted" if predicted is not None else "",
        software(),
        USE,
    ]


def _batch_row(one: BatchResult) -> list[Cell]:
    return [
        one.image,
        one.study_uid,
        shown_date(one.study_date),
        "accepted" if one.rejection is None else one.rejection.code.value,
        "" if one.rejection is None else str(one.rejection),
        *_score_cells(one.score),
        *_numbers(one.confidences),
        *_numbers(one.expected),
        round(sum(one.expected), 3) if one.expected else "",
        " ".join(one.notes),
        *_model_cells(one.model),
        one.device,
        software(),
        USE,
    ]


def _numbers(values: tuple[float, ...]) -> list[Cell]:
    return [round(value, 3) for value in values] if values else [""] * len(ZONES)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], separator: Separator) -> str:
    text = io.StringIO()
    write_row(text, header, separator.value)
    for row in rows:
        write_row(text, [visible(cell) if isinstance(cell, str) else cell for cell in row], separator.value)
    return text.getvalue()
