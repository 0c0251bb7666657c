import numpy as np
import pytest

from training.predictions.calibration import fit_temperature, reliability
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
