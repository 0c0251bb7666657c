"""How the class probabilities react, to first order, to small changes of what the scoring heads see.

The heads see features, the lung probability and the alignment. Their gradients are computed once per picture; the
effect of any change is then a scalar product. The paper's heads score zones apart from each other, so one backward
pass per class serves all six at the zone crops; from there the gradients are led back to the network's frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bsnet_core.brixia import GRID_SHAPE, N_CLASSES, ZONES
from bsnet_core.model.alignment import resample
from bsnet_core.model.bsnet import AlignedFeatures, BSNet
from bsnet_core.model.config import Attention
from bsnet_core.model.roi_pooling import pool_zone, pool_zones
from bsnet_core.model.scoring import ScoringHead
from bsnet_core.model.statistics_head import StatisticsHead


@dataclass(frozen=True, slots=True)
class FirstOrder:
    """Gradients of the probabilities of classes 1 to 3 in the six zones; class 0 takes what is left.

    Row 3 z + c - 1 belongs to zone z in reading order A-F and class c.

    Attributes:
        levels: Per feature level (18, C, h, w), network frame.
        probability: (18, S, S), with respect to the lung probability.
        alignment: (18, 6).
    """

    levels: tuple[Tensor, ...]
    probability: Tensor
    alignment: Tensor

    def through_probability(self, model: BSNet, probability: Tensor) -> Tensor:
        """(18, S, S) with respect to the lung probability, what it does to the alignment included."""
        place = probability.detach().clone().requires_grad_()
        with torch.enable_grad():
            numbers = model.align(place).flatten()
            rows = [torch.autograd.grad(number, place, retain_graph=True)[0][0, 0] for number in numbers]
        return self.probability + torch.einsum("ka,ahw->khw", self.alignment, torch.stack(rows))


def as_grid(effects: Tensor) -> Tensor:
    """(B, 3, 2, 4) changes of the zone probabilities from (B, 18) effects; they cancel out over the classes."""
    by_zone = effects.view(-1, len(ZONES), N_CLASSES - 1)
    four = torch.cat([-by_zone.sum(dim=2, keepdim=True), by_zone], dim=2)
    return four.view(-1, GRID_SHAPE[1], GRID_SHAPE[0], N_CLASSES).transpose(1, 2)


def first_order(
    model: BSNet, features: Sequence[Tensor], probability: Tensor, alignment: Tensor, attention: Attention
) -> FirstOrder:
    """The gradients at one picture.

    Args:
        model: In evaluation mode; its parameters gather no gradients.
        features: The four levels, (1, C, h, w).
        probability: (1, 1, S, S) lung probability.
        alignment: (1, 2, 3).
        attention: Head, or the ensemble.
    """
    heads = list(model.config.attentions) if attention is Attention.ENSEMBLE else [attention]
    aligned = model.align_features(features, probability, alignment)
    gradients = [_on_aligned(model, head, aligned) for head in heads]
    on_levels = [torch.stack(level).mean(dim=0) for level in zip(*(part.levels for part in gradients), strict=True)]
    on_masks = [torch.stack(mask).mean(dim=0) for mask in zip(*(part.masks for part in gradients), strict=True)]
    return _to_network_frame(features, probability, alignment, on_levels, on_masks)


def _on_aligned(model: BSNet, attention: Attention, aligned: AlignedFeatures) -> AlignedFeatures:
    """Per level (18, C, h, w) and (18, 1, h, w): gradients with respect to what one head sees in the aligned frame."""
    head = model.heads[attention.value]
    if isinstance(head, StatisticsHead):
        return _on_statistics(model, attention, aligned)
    if not isinstance(head, ScoringHead):
        raise TypeError(f"There are no gradients for a head of type {type(head).__name__}.")
    if attention is not Attention.HARD:
        levels = _on_seen(model, head, aligned.levels)
        return AlignedFeatures(levels, tuple(level.new_zeros(len(level), 1, *level.shape[2:]) for level in levels))
    seen = [level * mask for level, mask in zip(aligned.levels, aligned.masks, strict=True)]
    on_seen = _on_seen(model, head, seen)
    return AlignedFeatures(
        tuple(gradient * mask for gradient, mask in zip(on_seen, aligned.masks, strict=True)),
        tuple(
            (gradient * level).sum(dim=1, keepdim=True) for gradient, level in zip(on_seen, aligned.levels, strict=True)
        ),
    )


def _on_statistics(model: BSNet, attention: Attention, aligned: AlignedFeatures) -> AlignedFeatures:
    """One copy of the picture for each row: statistics cost next to nothing."""
    rows = len(ZONES) * (N_CLASSES - 1)
    levels, masks = (
        [part.expand(rows, -1, -1, -1).contiguous().requires_grad_() for part in parts]
        for parts in (aligned.levels, aligned.masks)
    )
    with torch.enable_grad():
        logits = model.score_aligned(AlignedFeatures(tuple(levels), tuple(masks)), [attention])[attention]
        probabilities = torch.softmax(logits.float() / model.config.temperature, dim=-1)
        by_zone = probabilities.transpose(1, 2).flatten(1, 2)[..., 1:].flatten(1)  # (18, 18), zones in reading order
        found = torch.autograd.grad(by_zone.diagonal().sum(), [*levels, *masks], materialize_grads=True)
    return AlignedFeatures(found[: len(levels)], found[len(levels) :])


def _on_seen(model: BSNet, head: ScoringHead, seen: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Per level (18, C, h, w): gradients with respect to the features that the head crops to zones."""
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
            wanted = torch.cat([gradients[index][zone.value] for gradients in by_class])
            first = zone.value * (N_CLASSES - 1)
            (gradient[first : first + N_CLASSES - 1],) = torch.autograd.grad(crop, place, wanted)
        results.append(gradient)
    return tuple(results)


def _to_network_frame(
    features: Sequence[Tensor],
    probability: Tensor,
    alignment: Tensor,
    on_levels: Sequence[Tensor],
    on_masks: Sequence[Tensor],
) -> FirstOrder:
    rows = len(on_levels[0])
    matrices = alignment.repeat(rows, 1, 1).requires_grad_()
    lungs = probability.repeat(rows, 1, 1, 1).requires_grad_()
    on_alignment, on_lungs = torch.zeros_like(matrices), torch.zeros_like(lungs)
    levels = []
    for level, gradient, mask_gradient in zip(features, on_levels, on_masks, strict=True):
        place = level.repeat(rows, 1, 1, 1).requires_grad_()
        with torch.enable_grad():
            moved = resample(place, matrices)
            mask = resample(lungs, matrices, level.shape[-1])
        on_place, through_features = torch.autograd.grad(moved, (place, matrices), gradient)
        on_probability, through_mask = torch.autograd.grad(mask, (lungs, matrices), mask_gradient)
        levels.append(on_place)
        on_lungs += on_probability
        on_alignment += through_features + through_mask
    return FirstOrder(tuple(levels), on_lungs[:, 0].detach(), on_alignment.flatten(1).detach())
