"""The evidence map: every zone's latent score divided among the super-pixels, without masking the image.

The latent score of heads of zone statistics is linear in means and standard deviations of features over a zone. A mean
is a sum over places, and so is a standard deviation: the sum of squared deviations, divided by it. So each place of the
aligned frame accounts for a part of the latent score, and the parts add up to it exactly. Masking a super-pixel takes
away its part: as if it had looked like a place that scores 0. No image is shown to the network that it was not trained
on, lungs and alignment stay, and one pass over the image is enough.

A feature is computed from more than its own place. So each part is divided among the places around it that belong to
the same zone and to the lungs, by a bell curve half as wide as a cell of the coarsest level.
"""

from __future__ import annotations

import math
import time
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.brixia import GRID_SHAPE
from bsnet_core.explanation.maps.filling import divided
from bsnet_core.explanation.maps.result import Explanation, Masking, Mode
from bsnet_core.explanation.maps.unmasked_views import UnmaskedView, unmasked_views
from bsnet_core.inference.prediction import Prediction
from bsnet_core.inference.predictor import Predictor
from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import AlignedFeatures, BSNet
from bsnet_core.model.network_config import HeadVariant
from bsnet_core.model.resampling import sampling_grid
from bsnet_core.model.statistics_head import (
    LARGEST_DEVIATION,
    StatisticsHead,
    as_grid,
    as_zones,
    by_place,
    from_moments,
    moments,
    zone_shares,
)
from bsnet_core.progress import Report, no_report

NEARLY_NOTHING = 1e-6
REACH_SHARE = 16 / 384
"""Standard deviation, as a share of the side, by which a part is divided among the places around it."""
REACHED = 3
"""Standard deviations after which the bell curve ends."""


def has_evidence(predictor: Predictor) -> bool:
    """Whether the model's scores are sums over places: BS-Net with heads of zone statistics."""
    model = predictor.model
    return isinstance(model, BSNet) and model.config.head is HeadVariant.STATISTICS


def explain_by_evidence(
    predictor: Predictor,
    prediction: Prediction,
    report: Report = no_report,
    mode: Mode = Mode.EXACT,
    superpixels: npt.NDArray[np.int32] | None = None,
) -> Explanation:
    """Divides the latent scores of all zones among the super-pixels.

    Args:
        predictor: The predictor that gave `prediction`; `has_evidence` must be true of it.
        prediction: The prediction to explain.
        report: Told the stage; may raise `Cancelled`.
        mode: Recorded in the result; both modes compute the same.
        superpixels: (S, S) labels 0..N-1 of another partition; quickshift of the smoothed image if None.

    Raises:
        Cancelled: `report` asked to stop.
        TypeError: the model's scores are no sums over places.
    """
    if not has_evidence(predictor):
        raise TypeError("Only heads of zone statistics have evidence.")
    start = time.perf_counter()
    model, image = cast(BSNet, predictor.model), prediction.network_image
    report(_("Dividing the image into regions"), 0.0)
    labels = divided(image, Masking.EVIDENCE) if superpixels is None else np.array(superpixels, dtype=np.int32)
    report(_("Analysing the whole image"), 0.2)
    views = unmasked_views(model, predictor.device, image)
    report(_("Dividing the score among the regions"), 0.9)
    with torch.inference_mode():
        found = [_of_view(model, predictor, view, labels) for view in views]
    evidence, contributions, base = (
        np.stack([part[index] for part in found]).mean(axis=0, dtype=np.float32) for index in range(3)
    )
    for array in (labels, evidence, contributions, base):
        array.setflags(write=False)
    report(_("Done"), 1.0)
    return Explanation(
        labels,
        base,
        contributions,
        time.perf_counter() - start,
        mode=mode,
        frames=prediction.frames,
        masking=Masking.EVIDENCE,
        evidence=evidence,
    )


def _of_view(
    model: BSNet, predictor: Predictor, view: UnmaskedView, labels: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Evidence (N, 3, 2), contributions (N, 3, 2, 4) and base probabilities (3, 2, 4), not mirrored."""
    aligned = model.align_features(view.features, view.probability, view.alignment)
    places = _superpixels_of_places(labels[:, ::-1] if view.is_mirrored else labels, view.alignment)
    count = int(labels.max()) + 1
    evidence, changed, base = [], [], []
    for attention in model.config.heads_of(predictor.attention):
        head = cast(StatisticsHead, model.heads[attention.value])
        masks = aligned.masks_for(attention)
        latent = as_zones(head.latent_scores(head.statistics(aligned.levels, masks)))  # (1, 6)
        by_region = _divided_among(head, aligned, masks, places, count)  # (N, 6)
        probabilities = [
            torch.softmax(head.logits_of(scores) / model.config.temperature, dim=-1)
            for scores in (latent, latent - by_region)
        ]
        evidence.append(by_region)
        base.append(probabilities[0])
        changed.append(probabilities[1] - probabilities[0])
    grids = [as_grid(torch.stack(parts).mean(dim=0)) for parts in (evidence, changed, base)]
    of_regions, changes, unchanged = (grid.flip(2) if view.is_mirrored else grid for grid in grids)
    return _to_numpy(of_regions), _to_numpy(changes), _to_numpy(unchanged[0])


def _divided_among(
    head: StatisticsHead, aligned: AlignedFeatures, masks: tuple[Tensor, ...] | None, places: Tensor, count: int
) -> Tensor:
    """(N, 6) evidence of N super-pixels; `places` is `_superpixels_of_places`."""
    finest = aligned.levels[0]
    total, first = torch.zeros(6, *finest.shape[2:], device=places.device), 0
    for index, level in enumerate(aligned.levels):
        own = slice(first, first := first + 2 * level.shape[1])
        dense = _by_place(head, own, level, None if masks is None else masks[index], len(aligned.levels))
        total += _enlarged(dense, finest.shape[2])
    shares = zone_shares(finest, None if masks is None else masks[0])[0]
    dense = _enlarged(_among_neighbours(total, shares), places.shape[0])
    found = torch.zeros(count + 1, 6, device=places.device)
    found.index_add_(0, places.flatten(), dense.flatten(1).T)
    return found[:count]


def _enlarged(dense: Tensor, side: int) -> Tensor:
    """(6, side, side) of (6, h, w): every place is divided among (side / h)^2 places, so the sum stays."""
    enlarged = F.interpolate(dense[None], (side, side), mode="bilinear", align_corners=False)[0]
    return enlarged * (dense.shape[1] * dense.shape[2] / side**2)


def _among_neighbours(dense: Tensor, shares: Tensor) -> Tensor:
    """(6, h, w): every place's part divided among the places around it, in proportion to their (6, h, w) shares.

    A place of no share gets nothing, and the sum stays.
    """
    sigma = REACH_SHARE * dense.shape[1]
    steps = torch.arange(-math.ceil(REACHED * sigma), math.ceil(REACHED * sigma) + 1, device=dense.device)
    bell = torch.exp(-((steps / sigma) ** 2) / 2)
    bell = bell / bell.sum()

    def around(maps: Tensor) -> Tensor:
        rows = F.conv2d(maps[:, None], bell[None, None, :, None], padding=(len(bell) // 2, 0))
        return F.conv2d(rows, bell[None, None, None, :], padding=(0, len(bell) // 2))[:, 0]

    reached = around(shares)
    near = reached > NEARLY_NOTHING * shares.max()
    divided_up = shares * around(torch.where(near, dense / torch.where(near, reached, 1.0), 0.0))
    # Cells of coarse levels reach beyond the zone: what no place of it is near enough to take belongs to all of it.
    lost = (dense - divided_up).sum(dim=(1, 2), keepdim=True)
    return divided_up + lost * shares / shares.sum(dim=(1, 2), keepdim=True).clamp(min=NEARLY_NOTHING)


def _by_place(head: StatisticsHead, own: slice, level: Tensor, mask: Tensor | None, levels: int) -> Tensor:
    """(6, h, w): the part of every zone's latent score that a place of one level accounts for.

    Args:
        head: The head.
        own: The level's statistics among all.
        level: (1, C, h, w) aligned features.
        mask: (1, 1, h, w) aligned lung probability, or None.
        levels: Number of levels; each takes an equal part of the row's score.
    """
    values, shares = by_place(level)[0], zone_shares(level, mask)[0].flatten(1)
    mean, square = moments(values, shares)
    statistics = from_moments(mean, square)  # (6, 2 C)
    standard = (statistics - head.mean[own]) / head.deviation[own]
    # Statistics beyond the head's limit count in part.
    counted = standard.clamp(-LARGEST_DEVIATION, LARGEST_DEVIATION) / _away_from_zero(standard)
    weights = counted * (head.weight * head.share / head.deviation)[own]
    width = level.shape[1]
    of_mean, of_deviation = weights[:, :width], weights[:, width:]
    deviation = statistics[:, width:]
    curvature = of_deviation / deviation
    at_place = (
        (of_mean - 2 * curvature * mean) @ values.T
        + curvature @ values.square().T
        + (curvature * mean.square()).sum(dim=1, keepdim=True)
        - (weights * head.mean[own]).sum(dim=1, keepdim=True)
    )
    rows = head.row_score.repeat(GRID_SHAPE[1])[:, None] / levels
    return ((at_place + rows) * shares).view(-1, *level.shape[2:])


def _superpixels_of_places(labels: npt.NDArray[np.int32], alignment: Tensor) -> Tensor:
    """(S, S) the super-pixel that every place of the aligned frame shows; N outside the image."""
    side, count = labels.shape[0], int(labels.max()) + 1
    grid = sampling_grid(alignment, side, side)[0]  # (S, S, 2), x and y from -1 to 1
    columns, rows = ((grid + 1) * side / 2).floor().long().unbind(-1)
    inside = (columns >= 0) & (columns < side) & (rows >= 0) & (rows < side)
    known = torch.tensor(np.ascontiguousarray(labels), device=alignment.device).long()
    return torch.where(inside, known[rows.clamp(0, side - 1), columns.clamp(0, side - 1)], count)


def _away_from_zero(numbers: Tensor) -> Tensor:
    return torch.where(numbers.abs() < NEARLY_NOTHING, torch.full_like(numbers, NEARLY_NOTHING), numbers)


def _to_numpy(tensor: Tensor) -> npt.NDArray[np.float32]:
    return np.array(tensor.cpu().numpy(), dtype=np.float32)
