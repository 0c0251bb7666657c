"""Losses of the severity stage: every kind of label pulls at the answers that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.model.resampling import resample
from bsnet_core.model.statistics_head import zone_shares
from training.stages.severity_heads import SeverityAnswers, SeverityHeads

ZONE_CELLS = 48
"""Side of the aligned map on which the shares of zones are measured."""
PRESENT, ABSENT = 0.25, 0.02
"""A zone of which more than the first share is outlined holds an opacity, one of which less than the second is, holds
none. In between it is not asked."""
EXTENTS = (0.0, 1.0, 2.0, 3.0, 4.0)
SHARES = (0.0, 0.125, 0.375, 0.625, 0.9)
"""Share of the lung at the middle of each extent (see `LungScore`)."""
SHARE_TOLERANCE = 0.10
"""An extent says the share only within a quarter."""
LUNG_WEIGHT, SHARE_WEIGHT, BOTH_WEIGHT, NORMAL_WEIGHT, PLACE_WEIGHT, ZONE_WEIGHT = 3.0, 3.0, 0.25, 3.0, 2.0, 1.5


@dataclass(frozen=True)
class SeverityLabels:
    """Labels of the images of a batch; unknown numbers are NaN.

    Attributes:
        lungs: (N, 2, 2) mean extent and opacity over the raters, 0 to 4, of the patient's right and left lung.
        both: (N, 2) extent and opacity of both lungs together, 0 to 8.
        is_normal: (N,) bool, no opacity anywhere.
        disease: (N, 1, h, w) part of each cell outlined as disease, in [0, 1].
        disease_weight: (N,) how much the outlines count; 0 where they are not known.
    """

    lungs: Tensor
    both: Tensor
    is_normal: Tensor
    disease: Tensor
    disease_weight: Tensor


def severity_losses(
    heads: SeverityHeads, answers: SeverityAnswers, labels: SeverityLabels, lungs: Tensor, alignment: Tensor
) -> dict[str, Tensor]:
    """The weighted losses by name; their sum is to be minimised.

    Args:
        heads: For the scale of both lungs together.
        answers: For the images of the batch.
        labels: Of these images.
        lungs: (N, 1, h, w) lung probability.
        alignment: (N, 2, 3) from the aligned frame to the view.
    """
    zones = torch.stack([answers.extent, answers.opacity], dim=-1)
    by_lung = zones.unflatten(1, (2, -1)).mean(dim=2)
    cells = F.interpolate(lungs, size=answers.places.shape[-2:], mode="area")
    normal = zones[labels.is_normal]
    return {
        "lungs": LUNG_WEIGHT * _distance(by_lung, labels.lungs, beta=0.5),
        "share": SHARE_WEIGHT * _share_loss(answers.places, cells, alignment, labels.lungs[..., 0]),
        "both": BOTH_WEIGHT
        * _distance(by_lung.sum(dim=1) * heads.both_lungs[:, 0] + heads.both_lungs[:, 1], labels.both, beta=1.0),
        "normal": NORMAL_WEIGHT * _distance(normal, torch.zeros_like(normal), beta=0.5),
        "places": PLACE_WEIGHT * _place_loss(answers.places, cells, labels),
        "zones": ZONE_WEIGHT * _zone_loss(answers.presence, lungs, alignment, labels),
    }


def share_of_zones(part: Tensor, lungs: Tensor, alignment: Tensor) -> tuple[Tensor, Tensor]:
    """Share of each zone's lung that a part takes up, and how much lung each zone has.

    Args:
        part: (N, 1, h, w) in [0, 1].
        lungs: (N, 1, h, w) lung probability.
        alignment: (N, 2, 3) from the aligned frame to the view.

    Returns:
        (N, 6) shares and (N, 6) lung, zones A to F, both in [0, 1].
    """
    aligned_part, aligned_lungs = (resample(maps, alignment, ZONE_CELLS) for maps in (lungs * part, lungs))
    zones = zone_shares(aligned_lungs, None).flatten(2)
    of_part, of_lungs = ((zones @ maps.flatten(2).transpose(1, 2))[..., 0] for maps in (aligned_part, aligned_lungs))
    return of_part / (of_lungs + 1e-3), of_lungs


def _distance(found: Tensor, known: Tensor, beta: float) -> Tensor:
    is_known = ~known.isnan()
    if not is_known.any():
        return found.sum() * 0
    return F.smooth_l1_loss(found[is_known], known[is_known], beta=beta)


def _share_loss(places: Tensor, cells: Tensor, alignment: Tensor, extent: Tensor) -> Tensor:
    known = ~extent.isnan().any(dim=1)
    if not known.any():
        return places.sum() * 0
    shares, lungs = share_of_zones(torch.sigmoid(places[known]), cells[known], alignment[known])
    by_lung, lung = shares.unflatten(1, (2, -1)), lungs.unflatten(1, (2, -1))
    found = (by_lung * lung).sum(dim=2) / (lung.sum(dim=2) + 1e-3)
    return F.relu((found - _expected_share(extent[known])).abs() - SHARE_TOLERANCE).mean()


def _expected_share(extent: Tensor) -> Tensor:
    """The share of a lung that an extent, which may lie between two steps, stands for."""
    shares = torch.tensor(SHARES, device=extent.device)
    step = extent.clamp(EXTENTS[0], EXTENTS[-1])
    below = step.floor().long().clamp(max=len(SHARES) - 2)
    return shares[below] + (step - below) * (shares[below + 1] - shares[below])


def _place_loss(places: Tensor, cells: Tensor, labels: SeverityLabels) -> Tensor:
    disease = F.interpolate(labels.disease, size=places.shape[-2:], mode="area").clamp(0, 1)
    by_place = F.binary_cross_entropy_with_logits(places, disease, reduction="none") * cells
    by_image = by_place.sum(dim=(1, 2, 3)) / (cells.sum(dim=(1, 2, 3)) + 1)
    return _mean_of_known(by_image, labels.disease_weight)


def _zone_loss(presence: Tensor, lungs: Tensor, alignment: Tensor, labels: SeverityLabels) -> Tensor:
    shares, _lungs = share_of_zones((labels.disease > 0.5).float(), lungs, alignment)
    is_certain = (shares > PRESENT) | (shares < ABSENT)
    by_zone = F.binary_cross_entropy_with_logits(presence, (shares > PRESENT).float(), reduction="none") * is_certain
    return _mean_of_known(by_zone.mean(dim=1), labels.disease_weight)


def _mean_of_known(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / (weights > 0).sum().clamp(min=1)
