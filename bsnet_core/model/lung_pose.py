"""The pose of a pair of lungs in closed form: rotation, centre and size by their standard deviations, differentiable.

The line through the centres of the left and the right half of the lungs gives the rotation. Halves need not be
separate pieces, so lungs that touch are treated like others. The frame reaches so many standard deviations to every
side that lungs usually fill it from edge to edge. Their bounding box would do that exactly, but depends on its four
outermost cells: a stray one moves it, and it ends where the image's edge cuts the lungs. The standard deviation depends
on all cells a little.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bsnet_core.model.resampling import cell_centres, identity_alignment

ANATOMICAL_TILT_DEG = 2.5
"""The left lung's centre lies lower; median of the human-drawn masks of the public Cohen set."""
REACH_ACROSS, REACH_DOWN = 2.0, 2.3
"""Half the frame in standard deviations; the lungs of those masks end at 1.8 and 2.1 in the median, and in nine of ten
at up to about 2.0 and 2.3."""
TURNS = 3
"""Iterations of turning the line between the halves; the angle settles at the second or third."""
SOFT_LINE = 0.02
"""Width of the line between the halves, in normalised coordinates."""
LEAST_DISTANCE = 0.05
"""Least distance across between the halves' centres, in normalised coordinates."""
LEAST_MASS = 1e-3
LEAST_DEVIATION = 0.02
"""Least standard deviation, in normalised coordinates."""
LUNG = 0.5
"""Lowest probability of a cell that counts as lung."""


def lung_pose(probability: Tensor) -> Tensor:
    """(N, 2, 3) alignment (aligned to network frame) that shows the lungs upright and from edge to edge.

    Args:
        probability: (N, 1, S, S) in [0, 1]. Without any lung the alignment is the identity.
    """
    lungs = probability[:, 0]
    axis = cell_centres(lungs.shape[-1], lungs.device)
    x, y = axis[None, None, :], axis[None, :, None]
    centre_x, centre_y = _means(lungs, x, y)
    from_x, from_y = x - _at(centre_x), y - _at(centre_y)
    cosine, sine = _standard(lungs, from_x, from_y)
    across = _at(cosine) * from_x + _at(sine) * from_y
    down = _at(cosine) * from_y - _at(sine) * from_x
    variances = _means(lungs, across.square(), down.square())
    deviation_across, deviation_down = (variance.clamp(min=LEAST_DEVIATION**2).sqrt() for variance in variances)
    half_width, half_height = REACH_ACROSS * deviation_across, REACH_DOWN * deviation_down
    pose = torch.stack(
        [
            torch.stack([cosine * half_width, -sine * half_height, centre_x], dim=1),
            torch.stack([sine * half_width, cosine * half_height, centre_y], dim=1),
        ],
        dim=1,
    )
    lungs_there = (lungs.amax(dim=(1, 2)) >= LUNG)[:, None, None]
    return torch.where(lungs_there, pose, identity_alignment(probability))


def _standard(lungs: Tensor, from_x: Tensor, from_y: Tensor) -> tuple[Tensor, Tensor]:
    """(N,) cosine and sine of the turn that makes (N, S, S) lungs upright, places relative to the lungs' centre."""
    cosine = torch.ones(len(lungs), device=lungs.device)
    sine = torch.zeros_like(cosine)
    for _ in range(TURNS):
        beyond = _at(cosine) * from_x + _at(sine) * from_y
        right = torch.sigmoid(beyond / SOFT_LINE) * lungs
        left_x, left_y = _means(lungs - right, from_x, from_y)
        right_x, right_y = _means(right, from_x, from_y)
        across, down = (right_x - left_x).clamp(min=LEAST_DISTANCE), right_y - left_y
        distance = (across.square() + down.square()).sqrt()
        cosine, sine = across / distance, down / distance
    tilt = math.radians(ANATOMICAL_TILT_DEG)
    tilt_cosine, tilt_sine = math.cos(tilt), math.sin(tilt)
    return cosine * tilt_cosine + sine * tilt_sine, sine * tilt_cosine - cosine * tilt_sine


def _means(lungs: Tensor, *values: Tensor) -> list[Tensor]:
    """(N,) mean over the lungs of each map of values."""
    mass = lungs.sum(dim=(1, 2)) + LEAST_MASS
    return [(lungs * value).sum(dim=(1, 2)) / mass for value in values]


def _at(numbers: Tensor) -> Tensor:
    return numbers[:, None, None]
