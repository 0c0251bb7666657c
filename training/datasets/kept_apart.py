"""The patients of other sources whose images are never trained on, so that they can measure every model."""

from __future__ import annotations

import hashlib

ONE_IN = 5


def is_kept_apart(patient: str) -> bool:
    """Whether a patient is kept apart: about one in five, the same ones in every version of a data set.

    The rule holds for every source but the scored images of the Cohen collection, which cross-validation measures.

    Args:
        patient: Identifier as in `Sample.patient`, such as "ralo-S1234".
    """
    return int(hashlib.sha256(patient.encode()).hexdigest()[:8], 16) % ONE_IN == 0
