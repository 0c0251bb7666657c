import numpy as np
import pytest

from bsnet_core.inference.global_interval import global_interval
from training.predictions.calibration import fit_common_error, fit_temperature, interval_figures, reliability
from training.predictions.zone_predictions import softmax


def test_the_reliability_diagram_counts_every_zone_and_weighs_the_gaps():
    probabilities = np.full((2, 3, 2, 4), 0.1, np.float32)
    probabilities[0, ..., 2] = 0.7
    probabilities[1, ..., 0] = 0.7
    reference = np.full((2, 3, 2), 2)
    figures = reliability(probabilities, reference)
    (entry,) = figures["bins"]
    assert (entry["from"], entry["count"]) == (0.7, 12) or (entry["from"], entry["count"]) == (0.6, 12)
    assert entry["accuracy"] == 0.5
    assert figures["ece"] == pytest.approx(0.2, abs=1e-6)
    assert figures["cross_entropy"] == pytest.approx(-(np.log(0.7) + np.log(0.1)) / 2, abs=1e-6)


@pytest.mark.parametrize("truth", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_scores_is_found_again(truth):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 3, 2, 4)).astype(np.float32)
    chances = softmax(logits / np.float32(truth))
    reference = (rng.random((*chances.shape[:-1], 1)) > chances.cumsum(-1)).sum(-1).clip(max=3)
    found = fit_temperature(lambda temperature: softmax(logits / np.float32(temperature)), reference)
    assert found == pytest.approx(truth, rel=0.05)


def test_the_smallest_common_error_that_covers_nine_of_ten_is_found():
    rng = np.random.default_rng(0)
    chances = softmax(rng.normal(0, 1.5, (1500, 3, 2, 4)).astype(np.float32))
    shifted = chances * np.exp(0.8 * rng.standard_normal((1500, 1, 1, 1)) * np.arange(4))
    shifted /= shifted.sum(axis=-1, keepdims=True)
    reference = (rng.random((*shifted.shape[:-1], 1)) > shifted.cumsum(-1)).sum(-1).clip(max=3)
    found = fit_common_error(chances, reference)
    covered = interval_figures(global_interval(chances, found), reference)
    narrower = interval_figures(global_interval(chances, found - 0.05), reference)
    assert found == pytest.approx(0.7, abs=0.2)
    assert narrower["coverage"] < 0.9 <= covered["coverage"] < 0.93
    assert narrower["mean_width"] <= covered["mean_width"]


def test_independent_zones_need_no_common_error():
    rng = np.random.default_rng(1)
    chances = softmax(rng.normal(0, 1.5, (1500, 3, 2, 4)).astype(np.float32))
    reference = (rng.random((*chances.shape[:-1], 1)) > chances.cumsum(-1)).sum(-1).clip(max=3)
    assert fit_common_error(chances, reference) < 0.1
