"""Figures on the scored images of the Cohen collection, each predicted by networks that did not see its patient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import BrixiaScore
from training.datasets.sample import Sample
from training.elsewhere.answered_images import AnsweredImages
from training.elsewhere.severity_link import link_errors
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import calibration_error, correlation, mean

SECOND, AUTHORS = "second radiologist", "authors' network"
LINK = "three radiologists' extent and opacity, by the link"
ZONES, GLOBAL = "MAE of the zones", "MAE of the global score"
BIAS, R = "bias of the global score", "r of the global score"
ECE, INTERVAL = "ECE of the zones", "90% interval of the global score contains the senior's"


def measures(images: AnsweredImages) -> list[Measure]:
    """The figures of one model; an image comes once per repeat of the cross-validation."""
    truth = _zones([sample.score for sample in images.samples])
    shown = _zones([answer.score for answer in images.answers])
    found = _errors(images.samples, shown, truth)
    count = found[0].images
    for name, statistic in (
        (ECE, calibration_error(images.probabilities, truth)),
        (INTERVAL, mean(images.covers(truth.sum(axis=1)))),
    ):
        found.append(Measure(name, statistic, images.patients, count))
    return found


def others(cohen: Sequence[Sample]) -> list[tuple[str, Measure]]:
    """The second radiologist, the authors' network and the link, each against the senior: who, and the figure."""
    scored = [sample for sample in cohen if sample.score is not None]
    both = [sample for sample in scored if sample.second_score is not None]
    found = [
        (SECOND, measure)
        for measure in _errors(
            both, _zones([sample.second_score for sample in both]), _zones([sample.score for sample in both])
        )
    ]
    known = [sample for sample in scored if sample.peers is not None and sample.peers.authors_probabilities]
    if known:
        said = np.array([sample.peers.authors_probabilities for sample in known if sample.peers is not None])
        truth = _zones([sample.score for sample in known])
        found += [(AUTHORS, measure) for measure in _errors(known, said.argmax(axis=-1), truth)]
    errors, patients = link_errors(cohen)
    found.append((LINK, Measure(GLOBAL, mean(np.abs(errors)), tuple(patients), len(errors))))
    return found


def _zones(scores: Sequence[BrixiaScore | None]) -> npt.NDArray[np.int_]:
    """(N, 6) scores, A-F."""
    return np.array([score.zones for score in scores if score is not None], dtype=int).reshape(-1, 6)


def _errors(samples: Sequence[Sample], values: npt.NDArray[np.int_], truth: npt.NDArray[np.int_]) -> list[Measure]:
    totals, true_totals = values.sum(axis=1), truth.sum(axis=1)
    patients = tuple(sample.patient for sample in samples)
    count = len({sample.image for sample in samples})
    return [
        Measure(ZONES, mean(np.abs(values - truth).mean(axis=1)), patients, count),
        Measure(GLOBAL, mean(np.abs(totals - true_totals)), patients, count),
        Measure(BIAS, mean(totals - true_totals), patients, count),
        Measure(R, correlation(totals, true_totals), patients, count),
    ]
