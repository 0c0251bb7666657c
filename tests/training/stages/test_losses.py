import pytest
import torch

from bsnet_core.model.statistics_head import StatisticsHead
from training.configuration.sections import LossConfig
from training.stages.losses import (
    dice_loss,
    differentiable_mae,
    latent_loss,
    lung_score_loss,
    normal_loss,
    score_loss,
)


def one_hot(scores):
    return torch.eye(4)[torch.tensor(scores)].reshape(1, 3, 2, 4)


def test_the_differentiable_mae_comes_close_to_the_real_one_for_a_large_beta():
    targets = one_hot([0, 0, 0, 1, 0, 1])
    predicted = one_hot([1, 1, 1, 1, 3, 0])
    real = (targets.argmax(-1) - predicted.argmax(-1)).abs().float().mean()
    assert differentiable_mae(predicted, targets, 50.0) == pytest.approx(real.item(), abs=1e-3)
    assert differentiable_mae(predicted, targets, 1.0) != pytest.approx(real.item(), abs=1e-2)


def test_alpha_weighs_cross_entropy_against_the_mae():
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 3, 2, 4), torch.eye(4)[torch.randint(0, 4, (2, 3, 2))]
    cross_entropy = torch.nn.functional.cross_entropy(logits.flatten(0, 2), targets.argmax(-1).flatten())
    mae = differentiable_mae(logits.softmax(-1), targets, LossConfig().beta)
    assert score_loss(logits, targets, 1.0, 20.0) == pytest.approx(cross_entropy.item(), rel=1e-5)
    assert score_loss(logits, targets, 0.0, 20.0) == pytest.approx(mae.item(), rel=1e-5)
    mixed = 0.7 * cross_entropy + 0.3 * mae
    assert score_loss(logits, targets, 0.7, 20.0) == pytest.approx(mixed.item(), rel=1e-5)


def test_the_latent_loss_is_the_squared_distance_from_the_mean_score_of_the_readers():
    targets = one_hot([0, 0, 0, 1, 0, 1])
    targets[0, 0, 0] = torch.tensor([0.6, 0.4, 0.0, 0.0])
    targets = torch.cat([targets, torch.zeros(1, 3, 2, 4)])  # nobody has scored the second image
    latent = torch.tensor([0.9, 0.0, 0.0, 1.0, 0.0, 1.0]).reshape(1, 3, 2).repeat(2, 1, 1)
    assert latent_loss(latent, targets) == pytest.approx(0.25 / 12)


def test_latent_scores_come_back_from_their_logits():
    head = StatisticsHead([2], class_spread=0.6)
    statistics = torch.randn(3, 3, 2, 4)
    with torch.no_grad():
        head.weight.normal_(std=3.0)
        logits = head.logits_of(head.latent_scores(statistics))
        expected = (statistics.clamp(-4, 4) @ (head.weight / 2)) + 1.0
    assert torch.allclose(head.latent_of(logits), expected, atol=1e-4)


def test_dice_loss_is_0_for_agreement_and_near_1_for_none():
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., :4] = 1
    assert dice_loss(mask, mask) == pytest.approx(0.0)
    assert dice_loss(mask, 1 - mask) > 0.95


def test_only_what_exceeds_the_limit_of_a_0_counts_against_a_normal_image():
    head = StatisticsHead((1, 1), class_spread=0.7)
    healthy = head.logits_of(torch.full((2, 3, 2), -3.0))
    sick = head.logits_of(torch.full((2, 3, 2), 2.0))
    assert normal_loss(healthy) == 0
    assert normal_loss(sick) == pytest.approx((2.0 - 0.5) ** 2, abs=0.1)


def test_a_lungs_mean_expected_score_is_compared_with_the_known_one():
    head = StatisticsHead((1, 1), class_spread=0.1)
    latent = torch.tensor([[0.0, 3.0], [1.0, 3.0], [2.0, 3.0]])[None]
    assert lung_score_loss(head.logits_of(latent), torch.tensor([[1.0, 3.0]])) == pytest.approx(0, abs=1e-4)
    assert lung_score_loss(head.logits_of(latent), torch.tensor([[0.0, 3.0]])) == pytest.approx(0.5, abs=1e-2)
