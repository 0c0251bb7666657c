"""Figures on images of the Cohen collection with extent and opacity, but without a Brixia score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.datasets.sample import Sample
from training.elsewhere.answered_images import AnsweredImages, Values
from training.elsewhere.severity_link import SeverityLink
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import correlation, mean

AUTHORS = "authors' network"
EXTENT, OPACITY = "r with extent", "r with opacity"
BIAS = "bias of the global score, by the link"
INTERVAL = "90% interval of the global score contains the link's"


def measures(images: AnsweredImages, link: SeverityLink) -> list[Measure]:
    """The figures of one model on images that have extent and opacity."""
    extent, opacity = _severity(images.samples)
    reference = link.global_score(extent, opacity)
    return [
        images.measure(EXTENT, correlation(images.expected, extent)),
        images.measure(OPACITY, correlation(images.expected, opacity)),
        images.measure(BIAS, mean(images.expected - reference)),
        images.measure(INTERVAL, mean(images.covers(reference))),
    ]


def others(samples: Sequence[Sample], link: SeverityLink) -> list[tuple[str, Measure]]:
    """The authors' network on the same images, as far as its answers are known: who, and the figure."""
    known = [sample for sample in samples if sample.peers is not None and sample.peers.authors_expected is not None]
    expected = np.array([sum(sample.peers.authors_expected or ()) for sample in known if sample.peers is not None])
    extent, opacity = _severity(known)
    patients = tuple(sample.patient for sample in known)
    figures = [
        (EXTENT, correlation(expected, extent)),
        (OPACITY, correlation(expected, opacity)),
        (BIAS, mean(expected - link.global_score(extent, opacity))),
    ]
    return [(AUTHORS, Measure(name, statistic, patients, len(known))) for name, statistic in figures]


def _severity(samples: Sequence[Sample]) -> tuple[Values, Values]:
    found = [sample.severity for sample in samples if sample.severity is not None]
    return np.array([each.extent for each in found]), np.array([each.opacity for each in found])
