"""The fast explanation map against the exact one."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from bsnet_core.brixia import Zone
from bsnet_core.explanation import superpixels_of
from bsnet_core.explanation.exact import explain_exactly
from bsnet_core.explanation.fast.approximations import NONE, Approximations, Lungs
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.fast.superpixel_batches import BATCH
from bsnet_core.explanation.maps.growing_map import most_promising_first, touching_lungs
from bsnet_core.loading import load_radiograph
from bsnet_core.model.network_config import Architecture, Attention
from bsnet_core.resources import sample_files
from tests.bsnet_core.explanation.small_networks import TOLERANCE, plain_contribution, small_predictor


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mirror_averaging": True, "attentions": (Attention.HARD,)},
        {"decoder": "unet", "head": "bifpn", "attentions": (Attention.SOFT,)},
        {"encoder": "densenet121", "head": "backbone", "shared_classifier": True},
        {"encoder": "timm-tf_efficientnet_lite0", "mirror_averaging": True},
        {"encoder": "timm-efficientnet-b0"},
        {"architecture": Architecture.BASELINE},
        {"head": "statistics", "alignment_start": "closed-form", "mirror_averaging": True, "temperature": 1.0},
    ],
    ids=["paper", "mirrored", "unet", "densenet", "lite", "squeeze and excitation", "baseline", "statistics"],
)
def test_windows_without_a_shortcut_equal_the_plain_loop_for_every_kind_of_network(tmp_path, changes):
    predictor = small_predictor(tmp_path, **changes)
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    some = np.arange(0, len(np.unique(superpixels_of(prediction.network_image))), 29)
    fast = explain_fast(predictor, prediction, approximations=NONE, only=some)
    assert np.array_equal(np.flatnonzero(fast.is_computed), some)
    expected = np.array([plain_contribution(predictor, prediction, fast.superpixels, index) for index in some])
    found = fast.contributions[some]
    assert np.allclose(found, expected, atol=TOLERANCE)
    # Random networks react faintly, some by less than that: what they do has to be found all the same.
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()


def test_heads_to_first_order_rank_superpixels_as_exact_does(small, prediction, explained):
    approximations = Approximations(lungs=Lungs.RECOMPUTED, tolerance=0.0)
    some = np.arange(0, len(explained.contributions), 4)
    fast = explain_fast(small, prediction, approximations=approximations, only=some)
    ranks = [
        spearmanr(
            fast.contributions[some, zone.row, zone.column, prediction.score[zone]],
            explained.contributions[some, zone.row, zone.column, prediction.score[zone]],
        )[0]
        for zone in Zone
    ]
    assert min(ranks) > 0.95


def test_the_fast_map_ranks_superpixels_as_the_exact_one_does(predictor, sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    some = np.arange(0, int(labels.max()) + 1, 8)
    fast = explain_fast(predictor, sample_prediction, superpixels=labels, only=some)
    exact = explain_exactly(predictor, sample_prediction, superpixels=labels, only=some)
    ranks = []
    for zone in Zone:
        score = sample_prediction.score[zone]
        if score:
            pair = (way.contributions[some, zone.row, zone.column, score] for way in (fast, exact))
            ranks.append(spearmanr(*pair)[0])
    assert np.median(ranks) >= 0.9


def test_lungs_recomputed_along_the_main_path_come_nearer_to_the_exact_map(predictor, sample_prediction):
    some = np.arange(0, int(superpixels_of(sample_prediction.network_image).max()) + 1, 24)
    exact = explain_exactly(predictor, sample_prediction, only=some).contributions[some]
    off = [
        np.abs(
            explain_fast(
                predictor, sample_prediction, approximations=Approximations(trusted_lungs=limit), only=some
            ).contributions[some]
            - exact
        ).mean()
        for limit in (0.0, None)
    ]
    assert off[0] < 0.9 * off[1]


def test_superpixels_beyond_the_lungs_are_marked_as_not_computed(predictor, sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    near = touching_lungs(labels, sample_prediction)
    wider = touching_lungs(labels, sample_prediction, margin_px=24)
    assert set(near) < set(wider) < set(range(int(labels.max()) + 1))
    for index in near[:5]:
        assert sample_prediction.lung_probability[labels == index].max() >= 0.5
    some = np.concatenate([near[:1], np.setdiff1d(np.arange(labels.max() + 1), near)[:2]])
    approximations = Approximations(lungs_only_margin_px=0)
    explanation = explain_fast(predictor, sample_prediction, approximations=approximations, only=some)
    assert np.flatnonzero(explanation.is_computed).tolist() == [near[0]]
    assert (explanation.contributions[some[1:]] == 0).all()
    assert not explanation.is_whole


def test_the_first_map_shown_holds_the_most_promising_superpixels(predictor, sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    promising = most_promising_first(labels, sample_prediction)[: 2 * BATCH]
    partials = []
    explain_fast(predictor, sample_prediction, on_partial=partials.append, superpixels=labels, only=promising)
    assert set(np.flatnonzero(partials[0].is_computed)) == set(promising[:BATCH])
