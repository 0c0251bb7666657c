import numpy as np
import pytest

from bsnet_core.agreement import grouped_bootstrap_interval
from bsnet_core.brixia import BrixiaScore
from bsnet_core.model.network_config import Attention
from training.cross_validation.fold_figures import summarise
from training.cross_validation.fold_result import FoldResult
from training.cross_validation.folds import Plan
from training.datasets.sample import Sample


def _result(samples, rows, zones, repeat=0):
    """A fold that answers the given zones for every row, rather surely."""
    grid = BrixiaScore.from_values(zones).grid
    logits = np.broadcast_to(4 * np.eye(4, dtype=np.float32)[grid], (1, len(rows), 3, 2, 4)).copy()
    heads = {Attention.HARD: logits}
    baseline = np.zeros((len(rows), 6), dtype=int)
    return FoldResult(repeat, 0, rows, rows, {"best": heads, "last": heads}, heads, baseline, "scoring")


def test_errors_are_averaged_over_repeats_before_patients_are_drawn(make_config, tmp_path):
    scores = [(0, 0, 0, 0, 0, 0), (1, 1, 1, 1, 1, 1), (3, 3, 3, 3, 3, 3)]
    patients = ["a", "a", "b"]
    samples = [
        Sample(tmp_path / f"{i}.png", patient, score=BrixiaScore(zones), second_score=BrixiaScore((1,) * 6))
        for i, (zones, patient) in enumerate(zip(scores, patients, strict=True))
    ]
    results = [_result(samples, [0, 1, 2], (0,) * 6), _result(samples, [0, 1, 2], (1,) * 6, repeat=1)]
    figures = summarise(samples, results, make_config(), Plan(folds=2, repeats=2))
    per_image = [0.5, 0.5, 2.5]  # mean of the answers 0 and 1
    zones = figures["readers"]["ha"]["zones"]
    assert zones["mean_absolute_error"] == pytest.approx(np.mean(per_image))
    assert zones["interval_95"] == pytest.approx(grouped_bootstrap_interval(per_image, patients))
    assert figures["readers"]["ha"]["global"]["mean_absolute_error"] == pytest.approx(6 * np.mean(per_image))
    assert figures["readers"]["median_floor"]["zones"]["mean_absolute_error"] == pytest.approx(4 / 3)
    assert figures["readers"]["second_radiologist"]["zones"]["mean_absolute_error"] == pytest.approx(1)


def test_the_ensemble_of_best_and_last_is_the_mean_of_their_probabilities(make_config, tmp_path):
    """Class 1 by the mean of the probabilities; the best weights alone say 0, the last 3, mean logits 2."""
    best, last = np.array([0.45, 0.39, 0.155, 0.005]), np.array([0.01, 0.13, 0.36, 0.5])
    assert np.log(best * last).argmax() == 2
    samples = [Sample(tmp_path / f"{i}.png", str(i), score=BrixiaScore((0,) * 6)) for i in range(2)]
    logits = {
        name: {Attention.HARD: np.tile(np.log(values).astype(np.float32), (1, 2, 3, 2, 1))}
        for name, values in (("best", best), ("last", last))
    }
    baseline = np.zeros((2, 6), dtype=int)
    result = FoldResult(0, 0, [0, 1], [0, 1], logits, logits["best"], baseline, "scoring")
    readers = summarise(samples, [result], make_config(), Plan(folds=2, repeats=1))["readers"]
    errors = {name: reader["zones"]["mean_absolute_error"] for name, reader in readers.items()}
    assert (errors["ha"], errors["ha_last"], errors["ha_best_and_last"]) == (0, 3, 1)
