"""The interval of the global score."""

import itertools

import numpy as np
import pytest

from bsnet_core.inference.global_interval import global_distribution, global_interval

RNG = np.random.default_rng(0)
UNSURE = RNG.dirichlet(np.ones(4), (5, 3, 2))


def test_without_a_common_error_the_distribution_is_that_of_independent_zones():
    expected = np.zeros(19)
    zones = UNSURE[0].reshape(6, 4)
    for scores in itertools.product(range(4), repeat=6):
        expected[sum(scores)] += np.prod([zone[score] for zone, score in zip(zones, scores, strict=True)])
    assert global_distribution(UNSURE[0], 0.0) == pytest.approx(expected)


def test_a_common_error_widens_the_distribution_and_keeps_its_sum():
    scores = np.arange(19)
    spreads = []
    for common_error in (0.0, 0.5, 1.0, 2.0):
        found = global_distribution(UNSURE, common_error)
        assert found.sum(axis=-1) == pytest.approx(1)
        mean = (found * scores).sum(axis=-1)
        spreads.append((found * scores**2).sum(axis=-1) - mean**2)
    assert (np.diff(spreads, axis=0) > 0).all()


def test_an_interval_covers_its_share_of_scores_drawn_with_the_common_error():
    common_error, drawn = 0.3, []
    zones = UNSURE[1]
    for _repeat in range(4000):
        shifted = zones * np.exp(common_error * RNG.standard_normal() * np.arange(4))
        cumulated = np.cumsum(shifted / shifted.sum(axis=-1, keepdims=True), axis=-1)
        drawn.append((cumulated < RNG.random((3, 2, 1))).sum())
    low, high = global_interval(zones, common_error)
    # Scores are whole numbers, so that an interval covers its share or a little more.
    assert 0.89 < np.mean((low <= np.array(drawn)) & (np.array(drawn) <= high)) < 0.97


def test_the_sum_of_the_shown_zones_lies_within_its_interval():
    just_over = np.full((3, 2, 4), [0.34, 0.33, 0.33, 0.0])
    low, high = global_interval(just_over, 0.0)
    assert low == 0 < high
    for low, high in global_interval(UNSURE, 0.7):
        assert 0 <= low <= high <= 18


def test_a_sure_network_gives_one_number():
    sure = np.zeros((3, 2, 4))
    sure[..., 2] = 1.0
    assert global_interval(sure, 1.0).tolist() == [12, 12]
