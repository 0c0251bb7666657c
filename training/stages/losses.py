"""Losses of the paper: Equations 1 to 3 for the score, Dice for alignment, Dice and cross-entropy for lungs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.brixia import N_CLASSES

NORMAL_LIMIT = 0.5
"""Expected score of a zone up to which it counts as a 0."""


def differentiable_mae(probabilities: Tensor, targets: Tensor, beta: float) -> Tensor:
    """MAE^d: |y - sum_c c softmax(beta p)_c|, mean over zones (Eq. 3).

    Args:
        probabilities: (N, 3, 2, 4) in [0, 1].
        targets: (N, 3, 2, 4) weight of each class as the true one; one-hot for a single reader. With several
            readers the distance to each counts by its weight.
        beta: Sharpness; well above 10, so that the soft value comes close to the arg-max.
    """
    classes = torch.arange(N_CLASSES, device=probabilities.device, dtype=probabilities.dtype)
    soft_score = (torch.softmax(beta * probabilities, dim=-1) * classes).sum(dim=-1, keepdim=True)
    return ((classes - soft_score).abs() * targets).sum(dim=-1).mean()


def expected_scores(logits: Tensor) -> Tensor:
    """(N, 3, 2) expected zone scores, 0 to 3, of (N, 3, 2, 4) logits."""
    probabilities = torch.softmax(logits.float(), dim=-1)
    classes = torch.arange(N_CLASSES, device=probabilities.device, dtype=probabilities.dtype)
    return (probabilities * classes).sum(dim=-1)


def expected_total(logits: Tensor) -> Tensor:
    """(N,) expected global score, 0 to 18, of (N, 3, 2, 4) logits."""
    return expected_scores(logits).sum(dim=(1, 2))


def normal_loss(logits: Tensor) -> Tensor:
    """Mean squared excess of the expected zone scores of normal images, (N, 3, 2, 4) logits, over the limit of a 0.

    One-sided: how far below the limit a normal zone lies is not asked, so that the sick need not be flattened for it.
    """
    return (expected_scores(logits) - NORMAL_LIMIT).clamp(min=0).square().mean()


def lung_score_loss(logits: Tensor, mean_scores: Tensor) -> Tensor:
    """Mean squared distance of each lung's mean expected score, of (N, 3, 2, 4) logits, from (N, 2) known ones."""
    return (expected_scores(logits).mean(dim=1) - mean_scores).square().mean()


def score_loss(logits: Tensor, targets: Tensor, alpha: float, beta: float) -> Tensor:
    """Equation 1, alpha SCCE + (1 - alpha) MAE^d, of (N, 3, 2, 4) logits against (N, 3, 2, 4) targets."""
    logits = logits.float()
    cross_entropy = -(torch.log_softmax(logits, dim=-1) * targets).sum(dim=-1).mean()
    return alpha * cross_entropy + (1 - alpha) * differentiable_mae(torch.softmax(logits, dim=-1), targets, beta)


def latent_loss(latent: Tensor, targets: Tensor) -> Tensor:
    """Mean squared distance of (N, 3, 2) latent scores from the mean score of (N, 3, 2, 4) targets.

    Zones without targets, all weights 0, do not count.
    """
    known = targets.sum(dim=-1)
    classes = torch.arange(N_CLASSES, device=targets.device, dtype=targets.dtype)
    distances = (latent.float() - (targets * classes).sum(dim=-1)).square() * (known > 0)
    return distances.mean()


def dice_loss(probability: Tensor, target: Tensor) -> Tensor:
    """1 - soft Dice of (N, 1, H, W) maps, mean over the batch."""
    overlap = (probability * target).sum(dim=(1, 2, 3))
    total = probability.sum(dim=(1, 2, 3)) + target.sum(dim=(1, 2, 3))
    return (1 - (2 * overlap + 1) / (total + 1)).mean()


def lung_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy plus Dice of (N, 1, H, W) lung logits against a mask of 0 and 1."""
    logits = logits.float()
    return F.binary_cross_entropy_with_logits(logits, mask) + dice_loss(torch.sigmoid(logits), mask)


def hard_dice(masks: Tensor, references: Tensor) -> list[float]:
    """Dice of each pair of (N, 1, H, W) bool masks; 1 where both are empty."""
    overlap = (masks & references).sum(dim=(1, 2, 3)).double()
    total = masks.sum(dim=(1, 2, 3)) + references.sum(dim=(1, 2, 3))
    return torch.where(total > 0, 2 * overlap / total.clamp(min=1), 1.0).tolist()
