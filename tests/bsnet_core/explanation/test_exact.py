"""The exact explanation map against a plain loop."""

import numpy as np

from bsnet_core.explanation import Mode
from bsnet_core.explanation.exact import explain_exactly
from tests.bsnet_core.explanation.small_networks import plain_contribution


def test_exact_contributions_equal_a_plain_loop_over_the_predictor(small, prediction, explained):
    for index in range(0, len(explained.contributions), 7):
        expected = plain_contribution(small, prediction, explained.superpixels, index)
        assert np.allclose(explained.contributions[index], expected, atol=1e-5)
    assert explained.is_whole
    assert explained.mode is Mode.EXACT


def test_contributions_over_the_classes_cancel_out(explained):
    assert np.abs(explained.contributions.sum(-1)).max() < 1e-5
    assert np.abs(explained.contributions).max() > 1e-5


def test_exact_maps_are_torchs_whatever_backend_scores(small, prediction, monkeypatch):
    expected = explain_exactly(small, prediction, only=np.array([3, 9])).contributions
    monkeypatch.setattr(small, "_backend", None)  # as if another one computed: nothing of it may be asked
    assert np.array_equal(explain_exactly(small, prediction, only=np.array([3, 9])).contributions, expected)
