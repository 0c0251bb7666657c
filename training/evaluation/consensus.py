"""The consensus of several readers: by majority, and where there is none by seniority (paper 4.3.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import N_CLASSES

Scores = npt.NDArray[np.int_]


def consensus_of(scores: Sequence[Scores]) -> Scores:
    """The score that most readers gave each zone; of scores that equally many gave, that of the most senior reader.

    Args:
        scores: (N, 6) scores of each reader, the most senior reader first.

    Raises:
        ValueError: fewer than two readers.
    """
    if len(scores) < 2:
        raise ValueError("A consensus takes two readers or more.")
    given = np.stack(scores)
    votes = np.stack([(given == score).sum(axis=0) for score in range(N_CLASSES)])
    has_most = np.take_along_axis(votes, given, axis=0) == votes.max(axis=0)
    return np.asarray(np.take_along_axis(given, has_most.argmax(axis=0)[None], axis=0)[0])
