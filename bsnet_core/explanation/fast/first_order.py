"""The first-order approximation of the scores: their gradients with respect to the input of the scoring heads.

The heads see features, the lung probability and the alignment. The gradients of a few numbers that decide the class
probabilities are computed once per image; the effect of any change is then a scalar product. For the paper's heads
these numbers are the probabilities themselves: zones are scored independently, so one backward pass per class is
enough for all six at the zone crops. For heads of zone statistics they are the latent scores, and the probabilities
follow from them exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from bsnet_core.brixia import N_CLASSES, ZONES
from bsnet_core.model.bsnet import AlignedFeatures, BSNet
from bsnet_core.model.network_config import Attention, HeadVariant
from bsnet_core.model.resampling import resample
from bsnet_core.model.roi_pooling import pool_zone, pool_zones
from bsnet_core.model.scoring import ScoringHead
from bsnet_core.model.statistics_head import StatisticsHead, as_grid, as_zones


@dataclass(frozen=True, slots=True)
class FirstOrder:
    """Gradients of K numbers that decide the zone probabilities.

    Attributes:
        levels: Per feature level (K, C, h, w), network frame.
        probability: (K, S, S), with respect to the lung probability.
        alignment: (K, 6).
        changes_of: From (B, K) changes of the numbers to (B, 3, 2, 4) changes of the zone probabilities.
    """

    levels: tuple[Tensor, ...]
    probability: Tensor
    alignment: Tensor
    changes_of: Callable[[Tensor], Tensor]

    def through_probability(self, model: BSNet, probability: Tensor) -> Tensor:
        """(K, S, S) gradients with respect to the lung probability, its effect on the alignment included."""
        place = probability.detach().clone().requires_grad_()
        with torch.enable_grad():
            numbers = model.align(place).flatten()
            rows = [torch.autograd.grad(number, place, retain_graph=True)[0][0, 0] for number in numbers]
        return self.probability + torch.einsum("ka,ahw->khw", self.alignment, torch.stack(rows))


def first_order(
    model: BSNet, features: Sequence[Tensor], probability: Tensor, alignment: Tensor, attention: Attention
) -> FirstOrder:
    """Computes the gradients at one image.

    Args:
        model: In evaluation mode.
        features: The four levels, (1, C, h, w).
        probability: (1, 1, S, S) lung probability.
        alignment: (1, 2, 3).
        attention: Head, or the ensemble.
    """
    attentions = model.config.heads_of(attention)
    aligned = model.align_features(features, probability, alignment)
    if model.config.head is HeadVariant.STATISTICS:
        gradients, changes_of = _of_latent_scores(model, attentions, aligned)
    else:
        gradients, changes_of = _of_probabilities(model, attentions, aligned), _four_classes
    return _to_network_frame(features, probability, alignment, gradients, changes_of)


def _of_probabilities(model: BSNet, attentions: Sequence[Attention], aligned: AlignedFeatures) -> AlignedFeatures:
    """Per level (18, C, h, w) and (18, 1, h, w): gradients of the mean probabilities in the aligned frame.

    Row 3 z + c - 1 belongs to zone z in reading order A-F and class c of 1 to 3; class 0 is the rest.
    """
    rows = len(ZONES) * (N_CLASSES - 1)
    on_levels = [level.new_zeros(rows, *level.shape[1:]) for level in aligned.levels]
    on_masks = [mask.new_zeros(rows, *mask.shape[1:]) for mask in aligned.masks]
    for attention in attentions:
        hard = attention is Attention.HARD
        seen = [level * mask if hard else level for level, mask in zip(aligned.levels, aligned.masks, strict=True)]
        for index, gradient in enumerate(_on_seen(model, attention, seen)):
            gradient /= len(attentions)
            on_levels[index] += gradient * aligned.masks[index] if hard else gradient
            if hard:
                on_masks[index] += (gradient * aligned.levels[index]).sum(dim=1, keepdim=True)
    return AlignedFeatures(tuple(on_levels), tuple(on_masks))


def _of_latent_scores(
    model: BSNet, attentions: Sequence[Attention], aligned: AlignedFeatures
) -> tuple[AlignedFeatures, Callable[[Tensor], Tensor]]:
    """Per level (6 H, C, h, w) and (6 H, 1, h, w), row 6 h + z for zone z in reading order and the h-th head.

    Each head sees one copy of the features for each zone: statistics cost next to nothing.
    """
    heads = [cast(StatisticsHead, model.heads[attention.value]) for attention in attentions]
    found, scores = [], []
    for attention, head in zip(attentions, heads, strict=True):
        levels, masks = (
            tuple(part.expand(len(ZONES), -1, -1, -1).contiguous().requires_grad_() for part in parts)
            for parts in (aligned.levels, aligned.masks)
        )
        with torch.enable_grad():
            seen = AlignedFeatures(levels, masks).masks_for(attention)
            latent = as_zones(head.latent_scores(head.statistics(levels, seen)))  # (6, 6)
            found.append(torch.autograd.grad(latent.diagonal().sum(), [*levels, *masks], materialize_grads=True))
        scores.append(latent[0].detach())
    joined = [torch.cat(parts) for parts in zip(*found, strict=True)]
    before = torch.stack(scores)  # (H, 6)

    def probabilities(latent: Tensor) -> Tensor:
        logits = torch.stack([head.logits_of(latent[:, index]) for index, head in enumerate(heads)])
        return as_grid(torch.softmax(logits / model.config.temperature, dim=-1).mean(dim=0))

    def changes_of(effects: Tensor) -> Tensor:
        latent = before + effects.unflatten(1, before.shape)
        return probabilities(latent) - probabilities(before[None])

    count = len(aligned.levels)
    return AlignedFeatures(tuple(joined[:count]), tuple(joined[count:])), changes_of


def _four_classes(effects: Tensor) -> Tensor:
    """(B, 3, 2, 4) changes of the zone probabilities from (B, 18) effects; they cancel out over the classes."""
    by_zone = effects.view(-1, len(ZONES), N_CLASSES - 1)
    return as_grid(torch.cat([-by_zone.sum(dim=2, keepdim=True), by_zone], dim=2))


def _on_seen(model: BSNet, attention: Attention, seen: Sequence[Tensor]) -> list[Tensor]:
    """Per level (18, C, h, w): gradients with respect to the features that the head crops to zones."""
    head = cast(ScoringHead, model.heads[attention.value])
    crops = [pool_zones(level).requires_grad_() for level in seen]  # (6, 1, C, h, w)
    with torch.enable_grad():
        logits = head.logits_of_crops(crops)
        probabilities = torch.softmax(logits.float() / model.config.temperature, dim=-1)[0]
        by_class = [
            torch.autograd.grad(probabilities[..., score].sum(), crops, retain_graph=score < N_CLASSES - 1)
            for score in range(1, N_CLASSES)
        ]
    results = []
    for index, level in enumerate(seen):
        gradient = level.new_zeros(len(ZONES) * (N_CLASSES - 1), *level.shape[1:])
        for zone in ZONES:
            place = level.expand(N_CLASSES - 1, -1, -1, -1).contiguous().requires_grad_()
            with torch.enable_grad():
                crop = pool_zone(place, zone)
            requested = torch.cat([gradients[index][zone.value] for gradients in by_class])
            first = zone.value * (N_CLASSES - 1)
            (gradient[first : first + N_CLASSES - 1],) = torch.autograd.grad(crop, place, requested)
        results.append(gradient)
    return results


def _to_network_frame(
    features: Sequence[Tensor],
    probability: Tensor,
    alignment: Tensor,
    aligned: AlignedFeatures,
    changes_of: Callable[[Tensor], Tensor],
) -> FirstOrder:
    """Leads gradients in the aligned frame back to the network frame and to the alignment."""
    rows = len(aligned.levels[0])
    matrices = alignment.repeat(rows, 1, 1).requires_grad_()
    lungs = probability.repeat(rows, 1, 1, 1).requires_grad_()
    on_alignment, on_lungs = torch.zeros_like(matrices), torch.zeros_like(lungs)
    levels = []
    for level, gradient, mask_gradient in zip(features, aligned.levels, aligned.masks, strict=True):
        place = level.repeat(rows, 1, 1, 1).requires_grad_()
        with torch.enable_grad():
            moved = resample(place, matrices)
            mask = resample(lungs, matrices, level.shape[-1])
        on_place, through_features = torch.autograd.grad(moved, (place, matrices), gradient)
        on_probability, through_mask = torch.autograd.grad(mask, (lungs, matrices), mask_gradient)
        levels.append(on_place)
        on_lungs += on_probability
        on_alignment += through_features + through_mask
    return FirstOrder(tuple(levels), on_lungs[:, 0].detach(), on_alignment.flatten(1).detach(), changes_of)
