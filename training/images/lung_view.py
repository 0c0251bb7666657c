"""A random view of a chest radiograph around its lungs, for training that knows the lungs' pose.

The network sees lungs that take up about half of its image. A view that is hardly larger than the lungs shows them as
large at a fraction of the arithmetic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.frames import Affine, invert

MAP_STRIDE = 4
"""Maps of a view have one cell for so many pixels of its image along each side, as the encoder's finest level."""
LARGEST_ANGLE_DEG = 12.0
LARGEST_STRETCH = 0.08
LARGEST_SHIFT = 0.12
"""As a share of half the aligned frame's side."""


@dataclass(frozen=True)
class LungView:
    """A view and what lies in it.

    Attributes:
        image: (S, S) uint8, network image times 255.
        lungs: (S/4, S/4) float32 lung probability in [0, 1].
        disease: (S/4, S/4) float32 in [0, 1], the part of each cell outlined as disease; None if that is not known.
        alignment: (2, 3) float32, from the aligned frame to the view, in normalised coordinates. It undoes a mirrored
            view, so that zones keep their sides.
    """

    image: npt.NDArray[np.uint8]
    lungs: npt.NDArray[np.float32]
    disease: npt.NDArray[np.float32] | None
    alignment: npt.NDArray[np.float32]


def random_frame(widest: float, rng: np.random.Generator) -> Affine:
    """(2, 3) from a random view to the aligned frame, in normalised coordinates; mirrored in every second case.

    Args:
        widest: Side of the widest view in sides of the aligned frame; the narrowest has its size.
        rng: Decides size, turn, shape, place and side.
    """
    size, angle = rng.uniform(1.0, widest), math.radians(rng.uniform(-LARGEST_ANGLE_DEG, LARGEST_ANGLE_DEG))
    stretch = math.exp(rng.uniform(-LARGEST_STRETCH, LARGEST_STRETCH))
    cosine, sine = size * math.cos(angle), size * math.sin(angle)
    linear = np.array([[cosine * stretch, -sine], [sine, cosine / stretch]])
    shift = rng.uniform(-LARGEST_SHIFT, LARGEST_SHIFT, (2, 1))
    if rng.random() < 0.5:
        linear = linear @ np.diag([-1.0, 1.0])
    return np.hstack([linear, shift])


def plain_frame(size: float) -> Affine:
    """(2, 3) from a view, neither rotated nor mirrored, of `size` sides of the aligned frame to the aligned frame."""
    return np.array([[size, 0.0, 0.0], [0.0, size, 0.0]])


def show(
    image: npt.NDArray[np.uint8],
    lungs: npt.NDArray[np.uint8],
    disease: npt.NDArray[np.uint8] | None,
    pose: npt.NDArray[np.floating],
    frame: Affine,
    side_px: int,
) -> LungView:
    """The view of an image.

    Args:
        image: (N, N) network image times 255.
        lungs: (M, M) lung probability times 255 in the same frame.
        disease: (D, D) 255 inside disease in the same frame; None if that is not known.
        pose: (2, 3) alignment of the image: from the aligned frame to the network frame, in normalised coordinates.
        frame: (2, 3) from the view to the aligned frame, in normalised coordinates.
        side_px: S, side of the view.
    """
    linear = pose[:, :2] @ frame
    shown = np.hstack([linear[:, :2], linear[:, 2:] + pose[:, 2:]])
    cells = side_px // MAP_STRIDE
    return LungView(
        _warped(image, shown, side_px),
        _shares(lungs, shown, cells),
        None if disease is None else _shares(disease, shown, cells),
        invert(frame).astype(np.float32),
    )


def _shares(source: npt.NDArray[np.uint8], shown: Affine, side: int) -> npt.NDArray[np.float32]:
    return (_warped(source, shown, side) / 255).astype(np.float32)


def _warped(source: npt.NDArray[np.uint8], shown: Affine, side: int) -> npt.NDArray[np.uint8]:
    """The place `shown` gives for each pixel of a square of `side`, both in normalised coordinates; black outside."""
    half = len(source) / 2
    linear = half * shown[:, :2] * (2 / side)
    # From the centre of a target pixel to the centre of a source pixel.
    offset = half * (shown[:, :2] @ np.full(2, 1 / side - 1) + shown[:, 2] + 1) - 0.5
    matrix = np.hstack([linear, offset[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(np.ascontiguousarray(source), matrix, (side, side), flags=flags), dtype=np.uint8)
