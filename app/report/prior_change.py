"""The change since a prior image of the same patient: what is compared, and the table that a report shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.report.score_differences import signed
from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.dicom_dates import day_of
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.partial_score import ReadScore, assessed_zones, entry_text

if TYPE_CHECKING:
    from app.session.readings import Reading
    from bsnet_core.inference.prediction import ModelIdentity, Prediction
    from bsnet_core.model.network_config import Attention
    from bsnet_core.radiograph import ImageMetadata

NOT_COMPARABLE = "–"
"""Stands for the change of a zone that was not assessable in one of the two images, and for that of their sum."""


@dataclass(frozen=True, slots=True)
class ReportedPrior:
    """The results of a prior image that its reader may be shown.

    Attributes:
        study_date: YYYYMMDD, as in the file.
        score: The score predicted by `model` with `attention`; None if there is none, or it must not be seen.
        reading: The last reading by the reader of the current image; None if there is none.
    """

    study_date: str
    score: BrixiaScore | None = None
    model: ModelIdentity | None = None
    attention: Attention | None = None
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class PriorChange:
    """A table of changes: the column heads, then two rows for each kind of score, and a sentence on the prior."""

    rows: tuple[tuple[str, ...], ...]
    note: str


def change_since(
    prior: ReportedPrior | None,
    current: ImageMetadata,
    prediction: Prediction | None,
    reading: Reading | None,
    *,
    with_dates: bool,
) -> PriorChange | None:
    """The change since the prior image; None where nothing can be compared.

    Predictions are compared only if the same weights and the same scoring head have made them, readings only if the
    same reader has.

    Args:
        prior: Results of the prior image.
        current: Metadata of the current image.
        prediction: Its prediction, if it is in the report.
        reading: Its reading, if it is in the report.
        with_dates: Whether the date of the prior image may be stated, not only the number of days.
    """
    if prior is None:
        return None
    rows: list[tuple[str, ...]] = []
    if prediction is not None and prior.score is not None and is_of_the_same_model(prior, prediction):
        rows += _rows_of(_("Prediction, prior image"), _("Prediction, change"), prior.score, prediction.score)
    if reading is not None and prior.reading is not None and prior.reading.reader == reading.reader:
        rows += _rows_of(_("Reading, prior image"), _("Reading, change"), prior.reading.score, reading.score)
    if not rows:
        return None
    head = ("", *(zone.name for zone in ZONES), _("Global"))
    return PriorChange((head, *rows), _describe(prior.study_date, current.study_date, with_dates=with_dates))


def is_of_the_same_model(prior: ReportedPrior, prediction: Prediction) -> bool:
    """Whether the prior's score was predicted by the weights and the scoring head of a prediction."""
    same_weights = prior.model is not None and prior.model.sha256 == prediction.model.sha256
    return same_weights and prior.attention is prediction.attention


def _rows_of(before_label: str, change_label: str, before: ReadScore, now: ReadScore) -> list[tuple[str, ...]]:
    changes = [_change(before[zone], now[zone]) for zone in ZONES]
    total_change = NOT_COMPARABLE if NOT_COMPARABLE in changes else signed(now.total - before.total)
    total_before = str(before.total) if assessed_zones(before) else entry_text(None)
    return [
        (before_label, *(entry_text(before[zone]) for zone in ZONES), total_before),
        (change_label, *changes, total_change),
    ]


def _change(before: int | None, now: int | None) -> str:
    return NOT_COMPARABLE if before is None or now is None else signed(now - before)


def _describe(before: str, now: str, *, with_dates: bool) -> str:
    prior_day, day = day_of(before), day_of(now)
    parts = []
    if prior_day is not None and with_dates:
        parts.append(_("Prior image of {date}.").format(date=prior_day.isoformat()))
    if prior_day is not None and day is not None:
        days = (day - prior_day).days
        parts.append(
            _("Made on the same day.")
            if days == 0
            else translate_count("Made {count} day before.", "Made {count} days before.", days).format(count=days)
        )
    return " ".join([*parts, _("Change: this image minus the prior image.")])
