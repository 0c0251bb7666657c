"""The approximations one by one, against exact networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bsnet_core.explanation import superpixels_of
from bsnet_core.explanation.fast.approximations import NONE, Approximations, Lungs
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.fast.masking_response import MaskingResponse
from bsnet_core.explanation.fast.traced_network import traced_network_of
from bsnet_core.loading import load_radiograph
from bsnet_core.model.bsnet import zone_probabilities
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.resources import sample_files
from tests.bsnet_core.explanation.small_networks import EVERY_DIRECTION, FULL_PRECISION, TOLERANCE, small_predictor


def test_cut_windows_lose_less_the_finer_they_are_cut(predictor, sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    some = np.arange(0, int(labels.max()) + 1, 9)

    def contributions(tolerance):
        approximations = Approximations(tolerance=tolerance, trusted_lungs=None)
        return explain_fast(predictor, sample_prediction, approximations=approximations, only=some).contributions[some]

    uncut = contributions(0.0)
    lost = [np.abs(contributions(tolerance) - uncut).mean() for tolerance in (2.0, 0.4, 0.05)]
    assert lost[0] > 1.5 * lost[1] > 2 * lost[2] > 0
    assert lost[1] < 0.25 * np.abs(uncut).mean()


@pytest.mark.parametrize("lungs", [Lungs.FROZEN, Lungs.RECOMPUTED])
def test_deep_layers_in_half_precision_change_contributions_by_a_few_per_cent(
    predictor, sample_prediction, monkeypatch, lungs
):
    monkeypatch.setattr("bsnet_core.explanation.fast.masking_response._knows_bfloat16", lambda: True)
    some = np.arange(0, int(superpixels_of(sample_prediction.network_image).max()) + 1, 20)
    whole, half = (
        explain_fast(predictor, sample_prediction, approximations=way, only=some).contributions[some]
        for way in (replace(FULL_PRECISION, lungs=lungs), Approximations(lungs=lungs, tolerance=0.0))
    )
    assert 0 < np.abs(half - whole).mean() < 0.08 * np.abs(whole).mean()


def test_frozen_lungs_leave_mask_and_alignment_as_they_were(small, prediction):
    """Against a loop that scores the masked picture's features with the unmasked picture's lungs."""
    some = np.array([5, 11, 17])
    approximations = replace(NONE, lungs=Lungs.FROZEN)
    fast = explain_fast(small, prediction, approximations=approximations, only=some)
    model = small.model
    with torch.inference_mode():
        lungs = lung_probability(model.segment(model.encode(torch.tensor(prediction.network_image)[None, None])))
        alignment = model.align(lungs)
        for index in some:
            masked = np.where(fast.superpixels == index, np.float32(0), prediction.network_image)
            logits = model.score(model.encode(torch.tensor(masked)[None, None]), lungs, alignment)
            expected = (
                zone_probabilities(logits, small.attention, model.config.temperature)[0].numpy()
                - prediction.zone_probabilities
            )
            assert np.allclose(fast.contributions[index], expected, atol=TOLERANCE)


def test_lungs_and_alignment_count_to_first_order_behind_zone_statistics(tmp_path):
    predictor = small_predictor(tmp_path, head="statistics", attentions=("ha",), side_px=128, temperature=1.0)
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    # So small a change that first order is all there is to it.
    image = prediction.network_image.copy()
    image[60:64, 40:44] *= 0.999
    changed = (
        predictor.reference_probabilities(image[None])[0]
        - predictor.reference_probabilities(prediction.network_image[None])[0]
    )
    traced = traced_network_of(predictor.model)
    response = MaskingResponse(
        predictor.model, traced, predictor.attention, prediction.network_image, EVERY_DIRECTION, is_mirrored=False
    )
    found = response.contributions([image[None, 60:64, 40:44]], np.array([[60, 64, 40, 44]]))[0]
    assert np.abs(changed).max() > 1e-7
    assert np.allclose(found, changed, atol=0.1 * np.abs(changed).max())


@pytest.mark.parametrize("start", ["identity", "closed-form"])
def test_where_first_order_is_not_trusted_lungs_follow_from_the_changed_features(tmp_path, start):
    """Against whole forward passes whose decoder sees the finest features, which no head sees, unchanged."""
    predictor = small_predictor(
        tmp_path,
        head="statistics",
        attentions=("ha", "sa"),
        temperature=1.0,
        alignment_start=start,
        decoder="unet",  # no nodes beside the main path
    )
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    some = np.arange(0, len(np.unique(superpixels_of(prediction.network_image))), 29)
    recomputed, first_order = (
        explain_fast(predictor, prediction, approximations=replace(FULL_PRECISION, trusted_lungs=limit), only=some)
        for limit in (0.0, None)
    )
    model, expected = predictor.model, []
    with torch.inference_mode():
        finest = model.encode(torch.tensor(prediction.network_image)[None, None])[:-4]
        for index in some:
            masked = np.where(recomputed.superpixels == index, np.float32(0), prediction.network_image)
            levels = model.encode(torch.tensor(masked)[None, None])[-4:]
            lungs = lung_probability(model.segment([*finest, *levels]))
            logits = model.score(levels, lungs, model.align(lungs))
            probabilities = zone_probabilities(logits, predictor.attention, model.config.temperature)[0].numpy()
            expected.append(probabilities - prediction.zone_probabilities)
    off = [np.abs(way.contributions[some] - np.array(expected)).max() for way in (recomputed, first_order)]
    # Random networks react faintly: what first order misses is little, but more than rounding.
    assert off[0] < 1e-5 < off[1]
    assert off[0] < 0.3 * off[1]
