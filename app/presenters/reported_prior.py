"""The prior image that a report compares with: the latest of the patient in the library whose results may be shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.report.prior_change import ReportedPrior
from app.session.readings import last_reading_of
from app.session.visibility import Visibility
from bsnet_core.dicom_dates import moment_of

if TYPE_CHECKING:
    from app.library.records import PastImage
    from bsnet_core.radiograph import ImageMetadata


@dataclass(frozen=True, slots=True)
class FoundPrior:
    """The results of a prior image, and its number in the library."""

    results: ReportedPrior
    number: int


def prior_for_report(
    past: Iterable[PastImage], current: ImageMetadata, visibility: Visibility, *, with_prediction: bool
) -> FoundPrior | None:
    """The latest image made before the current one that has a result for this reader; None without one.

    Args:
        past: All images of the patient in the library.
        current: Metadata of the current image.
        visibility: The rule for what the reader may be shown.
        with_prediction: Whether the prediction of the current image is in the report, to compare with.
    """
    now = moment_of(current.study_date, current.study_time)
    if now is None:
        return None
    found: list[tuple[tuple[object, int], FoundPrior]] = []
    for entry in past:
        metadata = entry.image.metadata
        made = moment_of(metadata.study_date, metadata.study_time)
        if made is None or made >= now:
            continue
        results = _results_for(entry, visibility, with_prediction=with_prediction)
        if results is not None:
            found.append(((made, entry.image.number), FoundPrior(results, entry.image.number)))
    return max(found, key=lambda one: one[0], default=(None, None))[1]


def _results_for(entry: PastImage, visibility: Visibility, *, with_prediction: bool) -> ReportedPrior | None:
    reading = last_reading_of(entry.readings, visibility.reader)
    may_show = with_prediction and visibility.allows(one.reader for one in entry.readings)
    prediction = entry.prediction if may_show else None
    if prediction is None and reading is None:
        return None
    return ReportedPrior(
        study_date=entry.image.metadata.study_date,
        score=None if prediction is None else prediction.score,
        model=None if prediction is None else prediction.model,
        attention=None if prediction is None else prediction.attention,
        reading=reading,
    )
