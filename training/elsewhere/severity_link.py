"""The link from extent and opacity to the global score that a Brixia reader would have given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from bsnet_core.agreement import MAX_TOTAL
from bsnet_core.language import translate as _
from training.datasets.sample import DataSetError, Sample

FEWEST = 10


@dataclass(frozen=True, slots=True)
class SeverityLink:
    """A plane that rises with extent and with opacity, cut off at 0 and 18.

    Attributes:
        per_extent, per_opacity: Global score per point of extent and of opacity, each of 0 to 8 for both lungs.
        start: Global score without extent and opacity.
    """

    per_extent: float
    per_opacity: float
    start: float

    @classmethod
    def fit(cls, extent: npt.ArrayLike, opacity: npt.ArrayLike, global_scores: npt.ArrayLike) -> SeverityLink:
        """The plane with the smallest squared error, none of its numbers below 0."""
        columns = [np.asarray(values, dtype=np.float64) for values in (extent, opacity)]
        design = np.stack([*columns, np.ones(len(columns[0]))], axis=1)
        solution, _residual = nnls(design, np.asarray(global_scores, dtype=np.float64))
        return cls(*(float(number) for number in solution))

    def global_score(self, extent: npt.ArrayLike, opacity: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(N,) global scores, 0 to 18."""
        plane = self.per_extent * np.asarray(extent, dtype=np.float64) + self.start
        return np.clip(plane + self.per_opacity * np.asarray(opacity, dtype=np.float64), 0, MAX_TOTAL)


def link_of(cohen: Sequence[Sample]) -> SeverityLink:
    """The link by the images of the Cohen collection that have extent, opacity and the senior's score.

    Raises:
        DataSetError: fewer than ten have all three.
    """
    return SeverityLink.fit(*_columns(_with_all_three(cohen)))


def link_errors(cohen: Sequence[Sample]) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Error of the link for each of these images, fitted without its patient; and the patients.

    Raises:
        DataSetError: fewer than ten have extent, opacity and a score.
    """
    samples = _with_all_three(cohen)
    patients = np.array([sample.patient for sample in samples])
    extent, opacity, scores = _columns(samples)
    errors = np.empty(len(samples))
    for patient in set(patients):
        out = patients == patient
        link = SeverityLink.fit(extent[~out], opacity[~out], scores[~out])
        errors[out] = link.global_score(extent[out], opacity[out]) - scores[out]
    return errors, patients.tolist()


def _with_all_three(cohen: Sequence[Sample]) -> list[Sample]:
    found = [sample for sample in cohen if sample.score is not None and sample.severity is not None]
    if len(found) < FEWEST:
        raise DataSetError(
            _("{count} images of the Cohen collection have extent, opacity and a score; {fewest} are needed.").format(
                count=len(found), fewest=FEWEST
            )
        )
    return found


def _columns(samples: Sequence[Sample]) -> tuple[npt.NDArray[np.float64], ...]:
    rows = [
        (sample.severity.extent, sample.severity.opacity, sample.score.total)
        for sample in samples
        if sample.severity is not None and sample.score is not None
    ]
    return tuple(np.array(rows, dtype=np.float64).T)
