"""Calibration over all folds, and the temperature that improves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import BrixiaScore
from bsnet_core.model.network_config import Attention
from training.cross_validation.fold_result import FoldResult
from training.datasets.sample import Sample
from training.predictions.calibration import fit_temperature, reliability
from training.predictions.zone_predictions import ZoneLogits, ZoneProbabilities, final_probabilities

UnseenImages = tuple[list[int], dict[Attention, ZoneLogits]]
"""Rows of images and the logits of a network that has not seen them."""


def calibration_over_folds(samples: Sequence[Sample], results: Sequence[FoldResult]) -> dict[str, Any]:
    """Reliability on the test images of all folds, as trained and with each fold's own fitted temperature.

    A fold's temperature is not fitted on its test images but on its validation images or, if it has none, on the test
    images of the repeat's other folds. The temperature for export is fitted on all folds.
    """
    plain, tempered, truth = [], [], []
    temperatures = []
    for result in results:
        temperature = _fitted_temperature(samples, _fitting_images(result, results))
        temperatures.append(temperature)
        plain.append(final_probabilities(result.logits["best"], 1.0))
        tempered.append(final_probabilities(result.logits["best"], temperature))
        truth.append(_grids(samples, result.test))
    before = reliability(np.concatenate(plain), np.concatenate(truth))
    after = reliability(np.concatenate(tempered), np.concatenate(truth))
    helps = after["ece"] < before["ece"] and after["cross_entropy"] < before["cross_entropy"]
    everything = [part for result in results for part in (_validation_images(result) or [_test_images(result)])]
    return {
        "as_trained": before,
        "tempered": after,
        "temperature_by_fold": temperatures,
        "temperature": _fitted_temperature(samples, everything),
        "temperature_helps": bool(helps),
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


def _grids(samples: Sequence[Sample], rows: Sequence[int]) -> npt.NDArray[np.int_]:
    scores: list[BrixiaScore | None] = [samples[row].score for row in rows]
    return np.stack([score.grid for score in scores if score is not None])
