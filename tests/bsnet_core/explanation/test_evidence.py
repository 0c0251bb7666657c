"""The evidence map: the latent scores divided among the super-pixels."""

import numpy as np
import pytest
import torch

from bsnet_core.brixia import Zone
from bsnet_core.explanation import Masking, Mode, explain
from bsnet_core.explanation.evidence import explain_by_evidence, has_evidence
from bsnet_core.explanation.maps.unmasked_views import unmasked_views
from bsnet_core.loading import load_radiograph
from bsnet_core.model.network_config import Attention, HeadVariant
from bsnet_core.resources import sample_files
from tests.bsnet_core.explanation.small_networks import small_predictor


@pytest.fixture(
    scope="module",
    params=[
        {"attentions": (Attention.HARD,)},
        {"attentions": (Attention.HARD, Attention.SOFT), "mirror_averaging": True},
    ],
    ids=["hard attention", "ensemble with mirror image"],
)
def scored_by_statistics(request, tmp_path_factory):
    predictor = small_predictor(tmp_path_factory.mktemp("model"), head=HeadVariant.STATISTICS, **request.param)
    return predictor, predictor.predict(load_radiograph(sample_files()[0]))


def latent_scores(predictor, prediction):
    """(3, 2) mean of the latent scores over heads and views."""
    model, found = predictor.model, []
    with torch.inference_mode():
        for view in unmasked_views(model, predictor.device, prediction.network_image):
            aligned = model.align_features(view.features, view.probability, view.alignment)
            for attention in model.config.heads_of(predictor.attention):
                head = model.heads[attention.value]
                scores = head.latent_scores(head.statistics(aligned.levels, aligned.masks_for(attention)))[0]
                found.append((scores.flip(1) if view.is_mirrored else scores).numpy())
    return np.mean(found, axis=0)


def test_the_parts_of_all_super_pixels_add_up_to_the_latent_score(scored_by_statistics):
    predictor, prediction = scored_by_statistics
    made = explain_by_evidence(predictor, prediction)
    expected = latent_scores(predictor, prediction)
    assert np.ptp(expected) > 0.01
    # What the aligned frame shows beyond the image's border belongs to no super-pixel.
    assert made.evidence.sum(axis=0) == pytest.approx(expected, abs=0.05 * float(np.abs(expected).max()))
    assert np.allclose(made.base_probabilities, prediction.zone_probabilities, atol=1e-5)


def test_without_its_part_the_probabilities_follow_from_the_remaining_latent_score(tmp_path):
    predictor = small_predictor(tmp_path, head=HeadVariant.STATISTICS, attentions=(Attention.HARD,))
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    made = explain_by_evidence(predictor, prediction)
    head, temperature = predictor.model.heads["ha"], predictor.model.config.temperature
    latent = torch.tensor(latent_scores(predictor, prediction) - made.evidence)
    changed = torch.softmax(head.logits_of(latent) / temperature, dim=-1).detach().numpy()
    assert np.allclose(made.contributions, changed - made.base_probabilities, atol=1e-3)
    assert np.abs(made.contributions).max() > 0.01


def test_a_super_pixel_far_from_a_zone_has_no_part_of_its_score(scored_by_statistics):
    predictor, prediction = scored_by_statistics
    side = prediction.network_image.shape[0]
    rows = np.arange(side) * 8 // side
    squares = (8 * rows[:, None] + rows[None, :]).astype(np.int32)
    made = explain_by_evidence(predictor, prediction, superpixels=squares)
    of_upper_right_zone = np.abs(made.evidence[:, 0, 0]).reshape(8, 8)
    # The alignment of the small network moves the frame by little.
    assert of_upper_right_zone[:3, :3].max() > 20 * of_upper_right_zone[6:, 6:].max()


def test_a_large_super_pixel_is_not_shown_as_strong_for_its_size(scored_by_statistics):
    predictor, prediction = scored_by_statistics
    halves = np.zeros(prediction.network_image.shape, dtype=np.int32)
    halves[:, : halves.shape[1] // 4] = 1
    made = explain_by_evidence(predictor, prediction, superpixels=halves)
    strength = made.strength_of(Zone.A, 1)
    assert strength[1] / strength[0] == pytest.approx(3 * made.evidence[1, 0, 0] / made.evidence[0, 0, 0], rel=1e-4)


@pytest.mark.parametrize("mode", Mode)
def test_evidence_is_chosen_by_what_masking_means_and_the_result_says_so(scored_by_statistics, mode):
    predictor, prediction = scored_by_statistics
    made = explain(predictor, prediction, mode=mode, masking=Masking.EVIDENCE)
    assert (made.mode, made.masking, made.is_whole) == (mode, Masking.EVIDENCE, True)
    for array in (made.evidence, made.contributions, made.superpixels, made.base_probabilities):
        assert not array.flags.writeable


def test_a_network_without_evidence_is_explained_by_the_paper_s_definition_and_the_result_says_so(
    small, prediction, explained
):
    assert not has_evidence(small)
    made = explain(small, prediction, masking=Masking.EVIDENCE)
    assert (made.masking, made.evidence) == (Masking.BLACK, None)
    assert np.allclose(made.contributions, explained.contributions, atol=1e-5)
    with pytest.raises(TypeError, match="zone statistics"):
        explain_by_evidence(small, prediction)
