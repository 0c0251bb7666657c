"""Figures on RALO: agreement with two raters of each lung, and with their change from one image to the next."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from training.datasets.lung_scores import LungScore, LungScores
from training.datasets.sample import Sample
from training.elsewhere.answered_images import AnsweredImages, Values
from training.elsewhere.severity_link import SeverityLink
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import correlation, mean

RATERS, AUTHORS, PXS = "raters with each other", "authors' network", "PXS"
BOTH, LUNG, CHANGE = "r with {}, both lungs", "r with {}, each lung", "r with the change of {}"
BIAS = "bias of the global score, by the link"
INTERVAL = "90% interval of the global score contains the link's"
SCALES: dict[str, Callable[[LungScores | LungScore], int]] = {
    "extent": lambda scores: scores.extent,
    "opacity": lambda scores: scores.opacity,
}


def measures(images: AnsweredImages, link: SeverityLink) -> list[Measure]:
    """The figures of one model; bias and interval by the link from the raters' mean to a global score."""
    samples, expected = images.samples, images.expected
    right, left = images.expected_zones[:, :3].sum(axis=1), images.expected_zones[:, 3:].sum(axis=1)
    found = []
    for scale in SCALES:
        found.append(images.measure(BOTH.format(scale), correlation(expected, _both_lungs(samples, scale))))
    for scale in SCALES:
        found.append(_each_lung(samples, scale, np.concatenate([right, left]), _each(samples, scale)))
    for scale in SCALES:
        found.append(_change(samples, scale, expected, _both_lungs(samples, scale)))
    reference = link.global_score(_both_lungs(samples, "extent"), _both_lungs(samples, "opacity"))
    found.append(images.measure(BIAS, mean(expected - reference)))
    found.append(images.measure(INTERVAL, mean(images.covers(reference))))
    return found


def others(samples: Sequence[Sample], link: SeverityLink) -> list[tuple[str, Measure]]:
    """The raters with each other, and other networks, on the same images: who, and the figure."""
    found = []
    patients = tuple(sample.patient for sample in samples)
    for scale in SCALES:
        first, second = (_both_lungs(samples, scale, [rater]) for rater in (0, 1))
        found.append((RATERS, Measure(BOTH.format(scale), correlation(first, second), patients, len(samples))))
        first_lungs, second_lungs = (_each(samples, scale, [rater]) for rater in (0, 1))
        found.append((RATERS, _each_lung(samples, scale, first_lungs, second_lungs)))
        found.append((RATERS, _change(samples, scale, first, second)))
    with_peers = [sample for sample in samples if sample.peers is not None]
    for who, value_of in ((AUTHORS, _authors_global), (PXS, _pxs)):
        known = [sample for sample in with_peers if not np.isnan(value_of(sample))]
        values = np.array([value_of(sample) for sample in known])
        of_known = tuple(sample.patient for sample in known)
        for scale in SCALES:
            truth = _both_lungs(known, scale)
            found.append((who, Measure(BOTH.format(scale), correlation(values, truth), of_known, len(known))))
            found.append((who, _change(known, scale, values, truth)))
        if who == AUTHORS:
            reference = link.global_score(_both_lungs(known, "extent"), _both_lungs(known, "opacity"))
            found.append((who, Measure(BIAS, mean(values - reference), of_known, len(known))))
    return found


def consecutive(samples: Sequence[Sample]) -> list[tuple[int, int]]:
    """Rows of each two images of a patient that follow each other in time."""
    order = sorted(range(len(samples)), key=lambda row: (samples[row].patient, samples[row].day or 0.0))
    return [
        (before, after)
        for before, after in itertools.pairwise(order)
        if samples[before].patient == samples[after].patient
    ]


def _both_lungs(samples: Sequence[Sample], scale: str, raters: Sequence[int] = (0, 1)) -> Values:
    """(N,) means of the raters, 0 to 8."""
    read = SCALES[scale]
    return np.array([np.mean([read(sample.lung_scores[rater]) for rater in raters]) for sample in samples])


def _each(samples: Sequence[Sample], scale: str, raters: Sequence[int] = (0, 1)) -> Values:
    """(2N,) means of the raters, 0 to 4: the patients' right lungs, then the left ones."""
    read = SCALES[scale]
    return np.array(
        [np.mean([read(sample.lung_scores[rater].patients_right) for rater in raters]) for sample in samples]
        + [np.mean([read(sample.lung_scores[rater].patients_left) for rater in raters]) for sample in samples]
    )


def _each_lung(samples: Sequence[Sample], scale: str, mine: Values, truth: Values) -> Measure:
    patients = tuple(sample.patient for sample in samples)
    return Measure(LUNG.format(scale), correlation(mine, truth), patients * 2, len(samples))


def _change(samples: Sequence[Sample], scale: str, mine: Values, truth: Values) -> Measure:
    pairs = consecutive(samples)
    before, after = (np.array([pair[end] for pair in pairs], dtype=int) for end in (0, 1))
    patients = tuple(samples[row].patient for row in before)
    statistic = correlation(mine[after] - mine[before], truth[after] - truth[before])
    return Measure(CHANGE.format(scale), statistic, patients, len({row for pair in pairs for row in pair}))


def _authors_global(sample: Sample) -> float:
    value = sample.peers.authors_global if sample.peers is not None else None
    return float("nan") if value is None else float(value)


def _pxs(sample: Sample) -> float:
    value = sample.peers.pxs if sample.peers is not None else None
    return float("nan") if value is None else value
