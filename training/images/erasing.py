"""Random parts erased from training images, so that images with masked super-pixels are not foreign to the network."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

ERASED_P = 0.5
LARGEST_REACH = 0.16
"""Largest distance from a part's centre to its edge, as a share of the side."""
SMALL_REACH = 0.09
LARGEST_LUNG_SHARE = 0.06
"""Share of the lungs that may be erased where it is not known where the disease lies: the scores then still hold."""
BLUR = 0.06
"""Reach of the surroundings' mean, as a share of the side."""


class Erasable(StrEnum):
    """The parts of an image that may be erased without making its labels wrong."""

    ANYWHERE = "anywhere"
    """Labels are 0 everywhere, or say where the disease lies."""
    LITTLE_LUNG = "little lung"
    """Labels hold for whole lungs: outside, or a small part inside."""


def random_parts(side_px: int, rng: np.random.Generator, reach: float = LARGEST_REACH) -> npt.NDArray[np.bool_]:
    """(S, S) up to six parts of irregular shape, about as large as super-pixels.

    Args:
        side_px: S.
        rng: Decides number, place and shape.
        reach: Largest distance from a part's centre to its edge, as a share of the side.
    """
    parts = np.zeros((side_px, side_px), np.uint8)
    for _part in range(rng.integers(1, 7)):
        centre, corners = rng.uniform(0, side_px, 2), rng.integers(6, 12)
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        distances = rng.uniform(0.04, reach) * side_px * rng.uniform(0.6, 1.2, corners)
        outline = centre + distances[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        cv2.fillPoly(parts, [outline.astype(np.int32)], 1)
    return parts.astype(bool)


def parts_to_erase(lungs: npt.NDArray[np.bool_], erasable: Erasable, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """(S, S) parts to erase; none for every second image.

    Args:
        lungs: (S, S).
        erasable: What the image's labels allow.
        rng: Decides everything else.
    """
    side_px = len(lungs)
    if rng.random() >= ERASED_P:
        return np.zeros_like(lungs)
    if erasable is Erasable.ANYWHERE:
        return random_parts(side_px, rng)
    if rng.random() < 0.5:
        return random_parts(side_px, rng) & ~lungs
    parts = random_parts(side_px, rng, SMALL_REACH)
    is_little = (parts & lungs).sum() <= LARGEST_LUNG_SHARE * max(1, lungs.sum())
    return parts if is_little else parts & ~lungs


def erase(image: Image, parts: npt.NDArray[np.bool_], rng: np.random.Generator) -> Image:
    """The (S, S) image with its parts black, at their surroundings' mean or at the image's mean, by chance."""
    fillings = (
        np.zeros_like(image),
        cv2.GaussianBlur(image, (0, 0), BLUR * len(image)),
        np.full_like(image, int(image.mean())),
    )
    return np.where(parts, fillings[rng.integers(len(fillings))], image)
