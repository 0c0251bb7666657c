"""The pose of a pair of lungs in closed form: made upright and cropped to their box, differentiably.

Upright is the line through the centres of the left and the right half of the lungs. Halves need no two separate
pieces, so lungs that touch are treated like others; and every step but the choice of the edge cells has gradients.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bsnet_core.model.resampling import cell_centres, compose, identity_alignment, resample

ANATOMICAL_TILT_DEG = 2.5
"""The left lung's centre lies lower; median of the human-drawn masks of the public Cohen set."""
MARGIN_SHARE = 2 * 3 / 512
"""Around the box, in normalised coordinates: 3 pixels at 512."""
REACH = 1.5
"""Half the side of the square around the lungs' centre in which their box is looked for, in normalised coordinates."""
TURNS = 3
"""How often the line between the halves is turned with what was found; the angle settles at the second or third."""
SOFT_LINE = 0.02
"""Width of the line between the halves, in normalised coordinates."""
LEAST_DISTANCE = 0.05
"""Least distance across between the halves' centres, in normalised coordinates."""
LEAST_MASS = 1e-3
LUNG = 0.5
"""Probability from which on a place counts as lung."""


def lung_pose(probability: Tensor) -> Tensor:
    """(N, 2, 3) alignment (aligned to network frame) that shows upright lungs from edge to edge.

    Args:
        probability: (N, 1, S, S) in [0, 1]. Without any lung the alignment is the identity.
    """
    turned = _upright(probability[:, 0])
    wide = turned * turned.new_tensor([REACH, REACH, 1.0])
    seen = resample(probability, wide, math.ceil(REACH * probability.shape[-1]))[:, 0]
    left, right = _ends(seen.amax(dim=1))
    top, bottom = _ends(seen.amax(dim=2))
    zero = torch.zeros_like(left)
    box = torch.stack(
        [
            torch.stack([(right - left) / 2, zero, (right + left) / 2], dim=1),
            torch.stack([zero, (bottom - top) / 2, (bottom + top) / 2], dim=1),
        ],
        dim=1,
    )
    lungs_there = (seen.amax(dim=(1, 2)) >= LUNG)[:, None, None]
    return torch.where(lungs_there, compose(turned, box), identity_alignment(probability))


def _upright(lungs: Tensor) -> Tensor:
    """(N, 2, 3): turned upright about the centre of (N, S, S) lungs, of full size."""
    axis = cell_centres(lungs.shape[-1], lungs.device)
    x, y = axis[None, None, :], axis[None, :, None]
    centre_x, centre_y = _centre(lungs, x, y)
    cosine, sine = torch.ones_like(centre_x), torch.zeros_like(centre_x)
    for _ in range(TURNS):
        beyond = _at(cosine) * (x - _at(centre_x)) + _at(sine) * (y - _at(centre_y))
        right = torch.sigmoid(beyond / SOFT_LINE) * lungs
        left_x, left_y = _centre(lungs - right, x, y)
        right_x, right_y = _centre(right, x, y)
        across, down = (right_x - left_x).clamp(min=LEAST_DISTANCE), right_y - left_y
        distance = (across.square() + down.square()).sqrt()
        cosine, sine = across / distance, down / distance
    tilt = math.radians(ANATOMICAL_TILT_DEG)
    tilt_cosine, tilt_sine = math.cos(tilt), math.sin(tilt)
    cosine, sine = cosine * tilt_cosine + sine * tilt_sine, sine * tilt_cosine - cosine * tilt_sine
    return torch.stack(
        [torch.stack([cosine, -sine, centre_x], dim=1), torch.stack([sine, cosine, centre_y], dim=1)], dim=1
    )


def _centre(lungs: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    mass = lungs.sum(dim=(1, 2)) + LEAST_MASS
    return (lungs * x).sum(dim=(1, 2)) / mass, (lungs * y).sum(dim=(1, 2)) / mass


def _at(numbers: Tensor) -> Tensor:
    return numbers[:, None, None]


def _ends(profile: Tensor) -> tuple[Tensor, Tensor]:
    """Where (N, L) profiles begin and end to be lung, margin included, in the coordinates of `_upright`."""
    size = profile.shape[1]
    first = _first(profile)
    end = size - _first(profile.flip(1))
    return (2 * first / size - 1) * REACH - MARGIN_SHARE, (2 * end / size - 1) * REACH + MARGIN_SHARE


def _first(profile: Tensor) -> Tensor:
    """(N,) edge, in cells, where a profile first reaches lung, between cells by linear interpolation."""
    size = profile.shape[1]
    places = torch.arange(size, device=profile.device, dtype=profile.dtype)
    # The first of the cells in question without arg-max, which not every run time computes alike.
    index = size - ((profile >= LUNG).to(profile.dtype) * (size - places)).amax(dim=1)
    here = (profile * (places == index[:, None])).sum(dim=1)
    before = (profile * (places == index[:, None] - 1)).sum(dim=1)
    share = ((LUNG - before) / (here - before).clamp(min=LEAST_MASS)).clamp(0, 1)
    return index - 1 + share
