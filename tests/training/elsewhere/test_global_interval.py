import itertools

import numpy as np
import pytest

from training.elsewhere.global_interval import central_interval, covered, global_distribution


def test_the_distribution_is_that_of_all_combinations_of_zones():
    zones = np.random.default_rng(0).dirichlet(np.ones(4), 6)
    expected = np.zeros(19)
    for scores in itertools.product(range(4), repeat=6):
        expected[sum(scores)] += np.prod([zones[zone, score] for zone, score in enumerate(scores)])
    assert global_distribution(zones) == pytest.approx(expected)


def test_a_certain_score_is_its_own_interval():
    zones = np.eye(4)[[0, 1, 2, 3, 0, 1]]
    assert central_interval(global_distribution(zones)) == (7, 7)


@pytest.mark.parametrize(
    ("distribution", "interval"),
    [
        ([0.05, 0.9, 0.05], (1, 1)),
        ([0.06, 0.88, 0.06], (0, 2)),
        ([0.04, 0.02, 0.88, 0.02, 0.04], (1, 3)),
        ([1.0, 0, 0], (0, 0)),
    ],
)
def test_the_interval_leaves_out_at_most_a_twentieth_on_each_side(distribution, interval):
    assert central_interval(distribution) == interval


def test_a_reference_is_covered_once_rounded():
    zones = np.eye(4)[[0, 1, 2, 3, 0, 1]]
    assert covered([zones] * 4, [7, 7.4, 6.6, 7.6]).tolist() == [True, True, True, False]
    assert covered([], []).shape == (0,)
