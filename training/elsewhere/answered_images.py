"""Images with a model's answers, as arrays over the images that were scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES
from bsnet_core.inference.global_interval import global_interval
from training.datasets.sample import Sample
from training.elsewhere.answers import Answer
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import Statistic

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AnsweredImages:
    """Images that a model has scored, with what it said; the rejected ones are left out.

    Attributes:
        samples: The images.
        answers: Their answers, in the same order.
    """

    samples: tuple[Sample, ...]
    answers: tuple[Answer, ...]

    @classmethod
    def of(cls, samples: Sequence[Sample], answers: Mapping[str, Answer], names: Sequence[str]) -> AnsweredImages:
        """The images among `samples`, whose names are `names`, that have an answer with a score."""
        both = [
            (sample, answers[name])
            for sample, name in zip(samples, names, strict=True)
            if name in answers and answers[name].score is not None
        ]
        return cls(tuple(sample for sample, _ in both), tuple(answer for _, answer in both))

    @property
    def patients(self) -> tuple[str, ...]:
        """The patient of each image."""
        return tuple(sample.patient for sample in self.samples)

    @property
    def shown(self) -> Values:
        """(N,) global scores as shown."""
        return np.array([answer.score.total for answer in self.answers if answer.score is not None], dtype=np.float64)

    @property
    def probabilities(self) -> Values:
        """(N, 6, 4) zone probabilities, A-F."""
        found = [answer.probabilities for answer in self.answers if answer.probabilities is not None]
        return np.stack(found) if found else np.empty((0, 6, 4))

    @property
    def expected_zones(self) -> Values:
        """(N, 6) expected values, A-F."""
        return self.probabilities @ np.arange(4)

    @property
    def expected(self) -> Values:
        """(N,) expected global scores."""
        return self.expected_zones.sum(axis=1)

    def covers(self, reference: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """(N,) whether the interval of each global score contains a reference, (N,) rounded to whole numbers."""
        if not self.answers:
            return np.empty(0, dtype=bool)
        grids = self.probabilities.reshape(-1, *GRID_SHAPE, N_CLASSES)
        errors = [answer.common_error for answer in self.answers if answer.score is not None]
        intervals = np.stack([global_interval(grid, error) for grid, error in zip(grids, errors, strict=True)])
        rounded = np.round(np.asarray(reference, dtype=np.float64))
        return (rounded >= intervals[:, 0]) & (rounded <= intervals[:, 1])

    def where(self, chosen: Sequence[bool]) -> AnsweredImages:
        """Some of the images."""
        return AnsweredImages(
            tuple(sample for sample, take in zip(self.samples, chosen, strict=True) if take),
            tuple(answer for answer, take in zip(self.answers, chosen, strict=True) if take),
        )

    def measure(self, name: str, statistic: Statistic) -> Measure:
        """A figure whose rows are the images."""
        return Measure(name, statistic, self.patients, len(self.samples))
