import dataclasses

import numpy as np
import pytest
import torch

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation.fast.first_order import first_order
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.network_config import Attention, BSNetConfig, HeadVariant, SegmentationDecoder
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.model.statistics_head import StatisticsHead

CONFIG = BSNetConfig(
    encoder="timm-tf_efficientnet_lite0",
    decoder=SegmentationDecoder.UNET,
    decoder_channels=(32, 16, 16, 8, 8),
    head=HeadVariant.STATISTICS,
    side_px=128,
    alignment_side_px=64,
)


@pytest.fixture
def head():
    torch.manual_seed(0)
    return StatisticsHead([3, 5], class_spread=0.7)


@pytest.fixture
def levels():
    torch.manual_seed(1)
    return [torch.randn(2, 3, 20, 20) + 3, torch.randn(2, 5, 10, 10)]


def test_statistics_are_mean_and_spread_over_the_zone(head, levels):
    found = head.statistics(levels, None)
    assert found.shape == (2, 3, 2, 16)
    crop = levels[0][:, :, 12:20, 0:10]  # zone C: the lower 0.4 of the height, the left half
    assert torch.allclose(found[:, 2, 0, :3], crop.mean(dim=(2, 3)), atol=1e-5)
    assert torch.allclose(found[:, 2, 0, 3:6], crop.std(dim=(2, 3), correction=0), atol=1e-4)


def test_cells_cut_by_the_edge_of_a_zone_count_in_part(head):
    level = torch.zeros(1, 5, 12, 12)
    level[:, :, 4] = 1.0  # row 4 of 12 lies in the upper zone, which ends at 4.8 rows, with 0.8 of its height
    means = head.statistics([torch.zeros(1, 3, 12, 12), level], None)[0, 0, 0, 6:11]
    assert torch.allclose(means, torch.full((5,), 0.8 / 4.8), atol=1e-6)


def test_hard_attention_looks_at_lungs_only(head, levels):
    masks = [torch.zeros(2, 1, 20, 20), torch.zeros(2, 1, 10, 10)]
    masks[0][..., 2:6, 2:6] = 1.0
    masks[1][..., 1:3, 1:3] = 1.0
    before = head.statistics(levels, masks)
    inside = levels[0][:, :, 2:6, 2:6].mean(dim=(2, 3))
    assert torch.allclose(before[:, 0, 0, :3], inside, atol=2e-3 * inside.abs().max().item() * 16)
    levels[0][..., 8:, :] += 100.0
    assert torch.allclose(head.statistics(levels, masks), before, atol=1e-3)


def test_a_zone_without_lungs_has_finite_statistics_and_gradients(head, levels):
    masks = [torch.zeros(2, 1, 20, 20, requires_grad=True), torch.zeros(2, 1, 10, 10, requires_grad=True)]
    with torch.no_grad():
        head.weight.normal_()
    logits = head(levels, masks)
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert all(torch.isfinite(mask.grad).all() for mask in masks)


@pytest.mark.parametrize(("latent", "expected"), [(-2.0, 0), (0.4, 0), (0.6, 1), (1.6, 2), (2.6, 3), (9.0, 3)])
def test_the_class_nearest_to_the_latent_score_is_the_most_probable(head, levels, latent, expected):
    with torch.no_grad():
        head.row_score.fill_(latent)
    assert (head(levels, None).argmax(dim=-1) == expected).all()


def test_standardised_statistics_have_mean_zero_and_deviation_one(head):
    statistics = torch.randn(50, 3, 2, 16) * torch.arange(1, 17) + 7
    head.standardise_by(statistics)
    standard = (statistics - head.mean) / head.deviation
    assert torch.allclose(standard.mean(dim=(0, 1, 2)), torch.zeros(16), atol=1e-4)
    assert torch.allclose(standard.std(dim=(0, 1, 2)), torch.ones(16), atol=1e-2)


def test_an_odd_statistic_moves_the_score_no_further_than_four_deviations(head):
    statistics = torch.zeros(1, 3, 2, 16)
    with torch.no_grad():
        head.weight[0] = 1.0
    far, very_far = statistics.clone(), statistics.clone()
    far[..., 0], very_far[..., 0] = 4.0, 400.0
    assert torch.equal(head.latent_scores(far), head.latent_scores(very_far))
    assert not torch.equal(head.latent_scores(far), head.latent_scores(statistics))


def test_one_rule_serves_both_lungs(head, levels):
    with torch.no_grad():
        head.weight.normal_()
    mirrored = head([level.flip(-1) for level in levels], None).flip(2)
    assert torch.allclose(mirrored, head(levels, None), atol=1e-4)


@pytest.mark.parametrize("attention", [Attention.HARD, Attention.SOFT, Attention.ENSEMBLE])
def test_gradients_tell_what_a_small_change_of_the_features_does(attention):
    torch.manual_seed(0)
    model = BSNet(CONFIG).eval().requires_grad_(False)
    with torch.no_grad():
        several = model.encode(torch.rand(6, 1, 128, 128))
        for head in model.heads.values():
            head.standardise_by(head.statistics(several[-4:], None))
            head.weight.normal_()
        features = [level[:1] for level in several]
        probability = lung_probability(model.segment(features))
        alignment = model.align(probability)
        levels = [level * 1.0 for level in features[-4:]]
        gradients = first_order(model, levels, probability, alignment, attention)

        def probabilities(seen):
            heads = None if attention is Attention.ENSEMBLE else [attention]
            return zone_probabilities(model.score(seen, probability, alignment, heads), attention)[0]

        step = [torch.randn_like(level) * 1e-3 * level.std() for level in levels]
        rows = sum(
            (gradient * change).flatten(1).sum(dim=1) for gradient, change in zip(gradients.levels, step, strict=True)
        )
        foretold = gradients.changes_of(rows[None])[0]
        forward = probabilities([level + change for level, change in zip(levels, step, strict=True)])
        backward = probabilities([level - change for level, change in zip(levels, step, strict=True)])
    np.testing.assert_allclose(foretold, (forward - backward) / 2, atol=0.02 * foretold.abs().max().item())
    assert foretold.abs().max() > 1e-5


def test_an_impossible_spread_of_classes_is_refused():
    with pytest.raises(ValueError, match="class_spread"):
        dataclasses.replace(CONFIG, class_spread=0.0)


def test_zones_stand_where_the_grid_has_them(head):
    level = torch.zeros(1, 3, 20, 20)
    level[..., :4, 12:] = 1.0  # the upper left lung
    means = head.statistics([level, torch.zeros(1, 5, 10, 10)], None)[0, ..., 0]
    assert [zone for zone in ZONES if means[zone.row, zone.column] > 0] == [Zone.D]
