"""Calibration over all folds: the temperature that improves it, and the interval of the global score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import BrixiaScore
from bsnet_core.inference.global_interval import COVERAGE, global_interval
from bsnet_core.model.network_config import Attention
from training.cross_validation.fold_result import FoldResult
from training.datasets.sample import Sample
from training.predictions.calibration import fit_common_error, fit_temperature, interval_figures, reliability
from training.predictions.zone_predictions import ZoneLogits, ZoneProbabilities, final_probabilities

UnseenImages = tuple[list[int], dict[Attention, ZoneLogits]]
"""Rows of images and the logits of a network that has not seen them."""


def calibration_over_folds(samples: Sequence[Sample], results: Sequence[FoldResult]) -> dict[str, Any]:
    """Reliability on the test images of all folds, as trained and with each fold's own fitted temperature.

    A fold's temperature is not fitted on its test images but on its validation images or, if it has none, on the test
    images of the repeat's other folds. The temperature for export is fitted on all folds. The same holds for the
    common error, by which the interval of the global score covers its share.
    """
    plain, tempered, truth = [], [], []
    temperatures, intervals = [], []
    for result in results:
        fitting = _fitting_images(result, results)
        temperature = _fitted_temperature(samples, fitting)
        common_error = fit_common_error(*_tempered(samples, fitting, temperature))
        intervals.append(global_interval(final_probabilities(result.logits["best"], temperature), common_error))
        temperatures.append(temperature)
        plain.append(final_probabilities(result.logits["best"], 1.0))
        tempered.append(final_probabilities(result.logits["best"], temperature))
        truth.append(_grids(samples, result.test))
    before = reliability(np.concatenate(plain), np.concatenate(truth))
    after = reliability(np.concatenate(tempered), np.concatenate(truth))
    helps = after["ece"] < before["ece"] and after["cross_entropy"] < before["cross_entropy"]
    everything = [part for result in results for part in (_validation_images(result) or [_test_images(result)])]
    fitted = _fitted_temperature(samples, everything)
    return {
        "as_trained": before,
        "tempered": after,
        "temperature_by_fold": temperatures,
        "temperature": fitted,
        "temperature_helps": bool(helps),
        "global_interval": {
            "intended": COVERAGE,
            "common_error": fit_common_error(*_tempered(samples, everything, fitted if helps else 1.0)),
        }
        | interval_figures(np.concatenate(intervals), np.concatenate(truth)),
    }


def _test_images(result: FoldResult) -> UnseenImages:
    return result.test, result.logits["best"]


def _validation_images(result: FoldResult) -> list[UnseenImages]:
    return [(result.validation, result.validation_logits)] if result.validation else []


def _fitting_images(result: FoldResult, results: Sequence[FoldResult]) -> list[UnseenImages]:
    others = [other for other in results if other.repeat == result.repeat and other.fold != result.fold]
    return _validation_images(result) or [_test_images(other) for other in others]


def _fitted_temperature(samples: Sequence[Sample], images: Sequence[UnseenImages]) -> float:
    def all_at(temperature: float) -> ZoneProbabilities:
        return np.concatenate([final_probabilities(logits, temperature) for _rows, logits in images])

    return fit_temperature(all_at, np.concatenate([_grids(samples, rows) for rows, _logits in images]))


def _tempered(
    samples: Sequence[Sample], images: Sequence[UnseenImages], temperature: float
) -> tuple[ZoneProbabilities, npt.NDArray[np.int_]]:
    probabilities = [final_probabilities(logits, temperature) for _rows, logits in images]
    return np.concatenate(probabilities), np.concatenate([_grids(samples, rows) for rows, _logits in images])


def _grids(samples: Sequence[Sample], rows: Sequence[int]) -> npt.NDArray[np.int_]:
    scores: list[BrixiaScore | None] = [samples[row].score for row in rows]
    return np.stack([score.grid for score in scores if score is not None])
