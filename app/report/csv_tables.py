"""Readings and results as CSV, for spreadsheets and for programs: pure functions that return text, and a writer.

The names of the columns are the same in every language, so that a program can rely on them. Every zone's column says
whose side it means. Cells that a spreadsheet would take for a formula begin with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from app.report.content import software
from app.report.names import visible
from app.report.saving import save
from app.session.readings import ComparedReading, Reading
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.dicom_dates import shown_date
from bsnet_core.errors import BSNetError, ReportError
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.prediction import ModelIdentity, Prediction

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the letters of the country's old code page."""
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HEIGHTS = ("upper", "middle", "lower")
USE = "research use only, not a medical device"
Cell = str | int | float


class Separator(StrEnum):
    """What stands between two cells."""

    COMMA = ","
    SEMICOLON = ";"
    """For spreadsheets in countries that write 0,5."""


class ImageNaming(Enum):
    """What stands in the first column."""

    LABEL = "Study"
    UID = "Study Instance UID"


@dataclass(frozen=True, slots=True)
class TabledReading:
    """A saved reading, with what the model said of the same radiograph if it said anything.

    Attributes:
        image: A label that names nobody.
        study_uid: DICOM's; empty where there is none.
        study_date: YYYYMMDD as in the file; empty where it states none.
        predicted, model: Both or neither.
    """

    image: str
    study_uid: str
    study_date: str
    reading: Reading
    predicted: BrixiaScore | None = None
    model: ModelIdentity | None = None

    @classmethod
    def from_compared(cls, compared: ComparedReading, study_uid: str = "") -> TabledReading:
        """Of a reading that stands beside a prediction."""
        return cls(compared.image, study_uid, compared.study_date, compared.reading, compared.predicted, compared.model)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch came to for one film: a score with all that belongs to it, or a refusal.

    Attributes:
        image: How the film is told from the others, such as its file name.
        study_uid, study_date: As in the file.
        score: None where the film was refused.
        confidences, expected: Per zone in the order A to F; empty for a refused film.
        notes: Quality notes.
        model: Which weights.
        device: Where it ran.
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
        cls, image: str, prediction: Prediction, study_uid: str = "", study_date: str = ""
    ) -> BatchResult:
        """Of a scored film; keeps numbers only, none of the prediction's maps."""
        return cls(
            image=image,
            study_uid=study_uid,
            study_date=study_date,
            score=prediction.score,
            confidences=tuple(prediction.confidence_of(zone) for zone in ZONES),
            expected=tuple(prediction.expected_value_of(zone) for zone in ZONES),
            notes=prediction.quality,
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
    """All readings, one a line, beside the predictions of the same films.

    Args:
        readings: In the order of the lines.
        naming: Whether the study stands there by its label or by its UID.
        with_dates: False leaves the dates of study and reading empty.
        separator: Between cells.
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
    """The results of a batch, one film a line; refused films say why."""
    header = [
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
        ReportError: it could not be written.
    """

    def check(data: bytes) -> None:
        if data.decode("utf-8-sig") != text:
            raise ReportError(_("The table that was made is not complete, so it was not saved. Try again."))

    return save((BYTE_ORDER_MARK + text).encode(), path, overwrite=overwrite, check=check)


def _score_columns(what: str) -> list[str]:
    return [*(zone_column(what, zone) for zone in ZONES), f"{what} global"]


def _score_cells(score: BrixiaScore | None) -> list[Cell]:
    return [""] * (len(ZONES) + 1) if score is None else [*score.zones, score.total]


def _model_cells(model: ModelIdentity | None) -> list[Cell]:
    return ["", "", ""] if model is None else [model.name, model.version, model.sha256]


def _reading_row(one: TabledReading, naming: ImageNaming, *, with_dates: bool) -> list[Cell]:
    reading, predicted = one.reading, one.predicted
    differences: list[Cell] = [""] * (len(ZONES) + 1)
    if predicted is not None:
        mine = [*reading.score.zones, reading.score.total]
        differences = [theirs - read for theirs, read in zip([*predicted.zones, predicted.total], mine, strict=True)]
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
    writer = csv.writer(text, delimiter=separator.value, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def _plain(cell: Cell) -> Cell:
    """A text on one line that no spreadsheet takes for a formula; numbers stay numbers."""
    if not isinstance(cell, str):
        return cell
    text = visible(cell)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
