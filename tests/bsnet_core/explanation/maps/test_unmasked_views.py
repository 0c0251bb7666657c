"""Masked images scored with the lungs of the unmasked image."""

import numpy as np
import pytest
import torch

from bsnet_core.explanation import Masking, Mode, explain
from bsnet_core.explanation.exact import explain_exactly
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.maps.unmasked_views import HeldLungs
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.model.network_config import Attention, HeadVariant
from bsnet_core.resources import sample_files
from tests.bsnet_core.explanation.small_networks import FULL_PRECISION, TOLERANCE, small_predictor


@pytest.fixture(scope="module")
def with_mirror_image(tmp_path_factory):
    predictor = small_predictor(
        tmp_path_factory.mktemp("model"),
        head=HeadVariant.STATISTICS,
        attentions=(Attention.HARD,),
        mirror_averaging=True,
    )
    return predictor, predictor.predict(load_radiograph(sample_files()[0]))


def test_the_unmasked_image_gets_the_probabilities_of_its_prediction(with_mirror_image):
    predictor, prediction = with_mirror_image
    found = HeldLungs(predictor, prediction.network_image).probabilities(prediction.network_image[None])
    assert np.allclose(found[0], prediction.zone_probabilities, atol=1e-5)


def test_lungs_and_alignment_are_found_once_whatever_is_masked(with_mirror_image, monkeypatch):
    predictor, prediction = with_mirror_image
    segmented, segment = [], predictor.model.segment
    monkeypatch.setattr(predictor.model, "segment", lambda features: segmented.append(1) or segment(features))
    made = explain_exactly(predictor, prediction, masking=Masking.LUNGS_HELD)
    assert len(segmented) == 2  # the image and its mirror image
    assert made.masking is Masking.LUNGS_HELD
    assert np.abs(made.contributions).max() > 1e-4


@pytest.mark.parametrize("masking", [Masking.LUNGS_HELD, Masking.SURROUNDINGS])
def test_fast_maps_with_held_lungs_equal_the_exact_ones_where_nothing_else_is_approximated(with_mirror_image, masking):
    predictor, prediction = with_mirror_image
    exact = explain_exactly(predictor, prediction, masking=masking)
    fast = explain_fast(predictor, prediction, approximations=FULL_PRECISION, masking=masking)
    assert (fast.mode, fast.masking) == (Mode.FAST, masking)
    assert np.array_equal(fast.superpixels, exact.superpixels)
    assert np.allclose(fast.contributions, exact.contributions, atol=10 * TOLERANCE)
    assert np.abs(exact.contributions).max() > 100 * TOLERANCE


def test_the_choice_reaches_fast_maps_with_their_approximations(with_mirror_image):
    predictor, prediction = with_mirror_image
    maps = [
        explain(predictor, prediction, mode=Mode.FAST, masking=masking)
        for masking in (Masking.BLACK, Masking.LUNGS_HELD)
    ]
    assert [made.masking for made in maps] == [Masking.BLACK, Masking.LUNGS_HELD]


def test_only_masking_as_in_the_paper_moves_the_lungs(with_mirror_image):
    predictor, prediction = with_mirror_image
    paper, held = (
        explain_exactly(predictor, prediction, superpixels=squares(prediction), masking=masking).contributions
        for masking in (Masking.BLACK, Masking.LUNGS_HELD)
    )
    assert np.abs(paper - held).max() > 1e-4


def test_evidence_is_not_found_by_masking(with_mirror_image):
    with pytest.raises(ValueError, match="masking images"):
        explain_exactly(*with_mirror_image, masking=Masking.EVIDENCE)


def test_a_model_without_lungs_runs_whole(with_mirror_image):
    predictor, prediction = with_mirror_image

    class WithoutLungs(torch.nn.Module):
        def forward(self, images):
            return images.mean(dim=(1, 2, 3))[:, None, None, None].expand(-1, 3, 2, 4)

    whole = Predictor(WithoutLungs(), predictor.card, torch.device("cpu"))
    with pytest.raises(TypeError, match="lungs"):
        HeldLungs(whole, prediction.network_image)
    few = np.array([3, 9])
    made = explain_exactly(whole, prediction, superpixels=squares(prediction), only=few, masking=Masking.LUNGS_HELD)
    assert made.is_computed.sum() == 2


def squares(prediction):
    rows = np.arange(prediction.network_image.shape[0]) // 16
    return (4 * rows[:, None] + rows[None, :]).astype(np.int32)
