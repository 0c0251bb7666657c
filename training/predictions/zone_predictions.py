"""Predictions of a network for prepared images, zone by zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch

from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import Attention
from training.images.prepared_images import PreparedImages, as_tensor
from training.predictions.frozen_features import FrozenFeatures, joined

BATCH = 8

ZoneLogits = npt.NDArray[np.float32]
"""(V, N, 3, 2, 4): V views of N images: the image and, if averaged, its mirror image with zones swapped back."""
ZoneProbabilities = npt.NDArray[np.float32]
"""(N, 3, 2, 4)."""


@torch.no_grad()
def predict_logits(
    model: BSNet, data: PreparedImages, rows: Sequence[int], device: torch.device
) -> dict[Attention, ZoneLogits]:
    """Logits of every head; two views if the model's configuration averages with the mirror image."""
    model.eval()
    collected: dict[Attention, list[ZoneLogits]] = {}
    for start in range(0, len(rows), BATCH):
        images = as_tensor(data.images[list(rows[start : start + BATCH])], device)
        views = [model(images).zone_logits]
        if model.config.mirror_averaging:
            mirrored = model(images.flip(-1)).zone_logits
            views.append({head: logits.flip(2) for head, logits in mirrored.items()})
        for head in views[0]:
            stacked = torch.stack([view[head].float() for view in views])
            collected.setdefault(head, []).append(stacked.cpu().numpy())
    return {head: np.concatenate(parts, axis=1) for head, parts in collected.items()}


@torch.no_grad()
def predict_frozen_logits(model: BSNet, kept: FrozenFeatures, rows: Sequence[int]) -> dict[Attention, ZoneLogits]:
    """Logits of every head from frozen features; views as in `predict_logits`."""
    model.eval()
    views: list[dict[Attention, list[ZoneLogits]]] = []
    for mirrored in (False, True) if model.config.mirror_averaging else (False,):
        collected: dict[Attention, list[ZoneLogits]] = {}
        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            seen = joined([kept.plain(model, row, mirrored=mirrored) for row in some])
            for head, logits in seen.scored_by(model).items():
                collected.setdefault(head, []).append((logits.flip(2) if mirrored else logits).float().cpu().numpy())
        views.append(collected)
    return {head: np.stack([np.concatenate(view[head]) for view in views]) for head in views[0]}


def probabilities_of(logits: Mapping[Attention, ZoneLogits], temperature: float) -> dict[Attention, ZoneProbabilities]:
    """Class probabilities of every head and, if there are two, of their ensemble, averaged over the views."""
    heads = {head: softmax(values / temperature).mean(axis=0) for head, values in logits.items()}
    if len(heads) > 1:
        heads[Attention.ENSEMBLE] = np.mean(list(heads.values()), axis=0)
    return heads


def predict_zones(
    model: BSNet, data: PreparedImages, rows: Sequence[int], device: torch.device
) -> dict[Attention, ZoneProbabilities]:
    """(N, 3, 2, 4) probabilities of every head and, if there are two, of their ensemble."""
    return probabilities_of(predict_logits(model, data, rows, device), model.config.temperature)


def final_attention(kinds: Mapping[Attention, object]) -> Attention:
    """The final prediction's kind: the ensemble, or the only head."""
    return Attention.ENSEMBLE if Attention.ENSEMBLE in kinds else next(iter(kinds))


def final_probabilities(logits: Mapping[Attention, ZoneLogits], temperature: float) -> ZoneProbabilities:
    """(N, 3, 2, 4) probabilities of the final prediction at a temperature."""
    probabilities = probabilities_of(logits, temperature)
    return probabilities[final_attention(probabilities)]


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Softmax over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)
