import numpy as np
import pytest
from scipy.stats import mannwhitneyu, pearsonr

from training.evaluation.statistics_of_rows import auroc, calibration_error, correlation, mean, median
from training.predictions.calibration import reliability


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_means_and_medians_are_those_of_the_chosen_rows():
    rows = np.array([0, 0, 3])
    assert mean([1, 100, 100, 4])(rows) == 2
    assert median([1, 100, 100, 4])(rows) == 1
    assert np.isnan(mean([1.0])(np.array([], dtype=int)))


def test_correlation_is_pearsons(rng):
    first, second = rng.normal(size=(2, 40))
    rows = rng.integers(0, 40, 30)
    assert correlation(first, second)(rows) == pytest.approx(pearsonr(first[rows], second[rows])[0])
    assert np.isnan(correlation([1, 1, 1], [1, 2, 3])(np.arange(3)))


def test_auroc_is_the_chance_that_a_positive_is_higher(rng):
    # Two positives, two negatives: pairs 2>1, 2=2, 4>1, 4>2 make 3.5 of 4.
    assert auroc([1, 2, 2, 4], [False, False, True, True])(np.arange(4)) == 3.5 / 4
    values = rng.integers(0, 12, 60).astype(float)
    positive = rng.random(60) < 0.4
    expected = mannwhitneyu(values[positive], values[~positive]).statistic / (positive.sum() * (~positive).sum())
    assert auroc(values, positive)(np.arange(60)) == pytest.approx(expected)
    assert np.isnan(auroc([1, 2], [True, True])(np.arange(2)))


def test_the_calibration_error_is_that_of_the_reliability_diagram(rng):
    probabilities = rng.dirichlet(np.ones(4), (50, 6))
    truth = rng.integers(0, 4, (50, 6))
    rows = rng.integers(0, 50, 35)
    grids = probabilities[rows].reshape(35, 3, 2, 4).astype(np.float64)
    expected = reliability(grids, truth[rows].reshape(35, 3, 2))["ece"]
    assert calibration_error(probabilities, truth)(rows) == pytest.approx(expected)


def test_certain_and_right_zones_have_no_calibration_error():
    probabilities = np.eye(4)[np.zeros((2, 6), dtype=int)]
    assert calibration_error(probabilities, np.zeros((2, 6), dtype=int))(np.arange(2)) == 0
    assert calibration_error(probabilities, np.ones((2, 6), dtype=int))(np.arange(2)) == 1
