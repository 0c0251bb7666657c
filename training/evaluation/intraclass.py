"""The intraclass correlation of readers who have all scored the same images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class IntraclassCorrelation:
    """Two forms for single scores, both at most 1; NaN where nothing varies.

    Attributes:
        agreement: ICC(2,1) or ICC(A,1): two-way random effects, absolute agreement. A reader who always scores one
            more lowers it.
        consistency: ICC(3,1) or ICC(C,1): two-way mixed effects, consistency. A constant difference does not count.
    """

    agreement: float
    consistency: float


def intraclass_correlation(scores: npt.ArrayLike) -> IntraclassCorrelation:
    """The intraclass correlation of (N, readers) scores, from the mean squares of a two-way analysis of variance.

    Written out because the library that has it may not be used by a project with this licence
    (docs/decisions/0018-measures-of-agreement.md).

    Raises:
        ValueError: fewer than two images or two readers.

    Source: Shrout and Fleiss 1979, Psychological Bulletin 86; McGraw and Wong 1996, Psychological Methods 1.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 2 or min(array.shape) < 2:
        raise ValueError(f"An intraclass correlation needs two images and two readers or more, got {array.shape}.")
    images, readers = array.shape
    of_images, of_readers, overall = array.mean(axis=1), array.mean(axis=0), array.mean()
    between_images = readers * float(((of_images - overall) ** 2).sum()) / (images - 1)
    between_readers = images * float(((of_readers - overall) ** 2).sum()) / (readers - 1)
    left = array - of_images[:, None] - of_readers[None, :] + overall
    error = float((left**2).sum()) / ((images - 1) * (readers - 1))
    consistent = between_images + (readers - 1) * error
    absolute = consistent + readers / images * (between_readers - error)
    signal = between_images - error
    return IntraclassCorrelation(_ratio(signal, absolute), _ratio(signal, consistent))


def _ratio(numerator: float, denominator: float) -> float:
    # Rounding leaves some 1e-31 where nothing varies.
    return numerator / denominator if denominator > 1e-12 else float("nan")
