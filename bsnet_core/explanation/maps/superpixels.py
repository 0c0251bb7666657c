"""Quickshift super-pixels (Vedaldi & Soatto 2008), by scikit-image and by a faster algorithm with the same result.

Quickshift gives every pixel a density, the Gaussian-weighted count of pixels near it in place and colour, and links it
to the nearest pixel of higher density; links longer than a limit are cut, and each tree left is a super-pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

KERNEL_SHARE = 4 / 512
"""Width of the density kernel as a share of the side: 4 pixels at 512; gives some 200 super-pixels."""
DISTANCE_SHARE = 16 / 512
"""Longest link as a share of the side."""
RATIO = 0.5
"""Weight of colour against place."""
CHANNELS = 3
"""Quickshift clusters colour and place; a grey image is three equal channels, as for the paper's input."""
SEED = 0
TIE_BREAKING_NOISE = 1e-5
"""Standard deviation of the noise that scikit-image adds to the densities."""
SMOOTHING_SHARE = 2 / 384
"""Standard deviation, as a share of the side, by which an image is smoothed for a division that noise does not move."""
DENSITY_ERROR = 1e-11
"""Largest error of a density that the series below may have; densities are around 50."""

Labels = npt.NDArray[np.int32]


def superpixels_of(network_image: npt.NDArray[np.float32]) -> Labels:
    """Quickshift super-pixels, the same partition as `reference_superpixels_of` in a tenth of the time.

    Densities: the colour factor exp(-a (x_i - x_j)^2) of a Parzen window is expanded in powers of x_i and x_j, so that
    what depends on place is a separable Gaussian filter of the powers of the image. Links: neighbours are visited by
    distance, and only by pixels that have not found theirs yet; most find it right beside them.

    Args:
        network_image: (S, S) float32 in [0, 1].

    Returns:
        (S, S) int32 labels 0..N-1 without gaps.
    """
    grey = network_image.astype(np.float64)
    kernel_size, longest = _sizes(network_image.shape[0])
    reach = math.ceil(3 * kernel_size)
    densities = _densities(grey, kernel_size, reach)
    # The same noise as scikit-image adds, so that ties break alike.
    densities += np.random.default_rng(SEED).normal(scale=TIE_BREAKING_NOISE, size=densities.shape)
    parents = _nearest_of_higher_density(grey, densities, reach, longest)
    while True:
        grandparents = parents[parents]
        if np.array_equal(grandparents, parents):
            break
        parents = grandparents
    return _gapless(parents.reshape(grey.shape))


def reference_superpixels_of(network_image: npt.NDArray[np.float32]) -> Labels:
    """Quickshift super-pixels by scikit-image.

    Args:
        network_image: (S, S) float32 in [0, 1].

    Returns:
        (S, S) int32 labels 0..N-1 without gaps.
    """
    from skimage.segmentation import quickshift

    kernel_size, longest = _sizes(network_image.shape[0])
    labels = quickshift(
        np.repeat(network_image[..., None], CHANNELS, axis=2).astype(np.float64),
        ratio=RATIO,
        kernel_size=kernel_size,
        max_dist=longest,
        convert2lab=False,
        rng=SEED,
    )
    return _gapless(labels)


def smoothed(network_image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(S, S) float32: the image without its finest detail, which noise cannot be told from.

    Divided into super-pixels, it keeps its borders under noise that nobody sees; the image itself does not.
    """
    sigma = SMOOTHING_SHARE * network_image.shape[0]
    return np.asarray(cv2.GaussianBlur(network_image, (0, 0), sigma), dtype=np.float32)


def _sizes(side_px: int) -> tuple[float, float]:
    """Width of the kernel and longest link in pixels."""
    return max(KERNEL_SHARE * side_px, 1.0), DISTANCE_SHARE * side_px


def _gapless(labels: npt.NDArray[np.int_]) -> Labels:
    _, gapless = np.unique(labels, return_inverse=True)
    return gapless.reshape(labels.shape).astype(np.int32)


def _densities(grey: npt.NDArray[np.float64], kernel_size: float, reach: int) -> npt.NDArray[np.float64]:
    """(S, S): sum over the window of exp(-distance^2 / (2 kernel_size^2)), place and colour together."""
    # Centred, the image's powers stay small, and so do the terms.
    centred = grey - (grey.max() + grey.min()) / 2
    largest_difference = float(centred.max() - centred.min())
    sharpness = CHANNELS * RATIO**2 / (2 * kernel_size**2)
    terms, order = sharpness * largest_difference**2, 1
    while terms * (2 * reach + 1) ** 2 > DENSITY_ERROR:
        order += 1
        terms *= sharpness * largest_difference**2 / order
    places = np.arange(-reach, reach + 1)
    kernel = np.exp(-(places**2) / (2 * kernel_size**2))
    powers = [np.ones_like(centred)]
    for _ in range(2 * order):
        powers.append(powers[-1] * centred)
    filtered = [cv2.sepFilter2D(power, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_CONSTANT) for power in powers]
    densities = filtered[0].copy()
    for k in range(1, order + 1):
        factor = (-sharpness) ** k / math.factorial(k)
        for m in range(2 * k + 1):
            densities += factor * math.comb(2 * k, m) * (-1) ** m * powers[2 * k - m] * filtered[m]
    return densities


def _nearest_of_higher_density(
    grey: npt.NDArray[np.float64], densities: npt.NDArray[np.float64], reach: int, longest: float
) -> npt.NDArray[np.intp]:
    """(S * S,) flat index of every pixel's parent, itself for a root."""
    height, width = grey.shape
    # A frame of the lowest density spares a test of the borders.
    padded_density = np.pad(densities, reach, constant_values=-np.inf).ravel()
    padded_grey = np.pad(grey, reach).ravel()
    stride = width + 2 * reach
    pixels = (np.arange(height)[:, None] + reach) * stride + np.arange(width)[None, :] + reach
    parents = pixels.ravel().copy()
    waiting = pixels.ravel().copy()
    nearest = np.full(waiting.shape, np.inf)
    best = waiting.copy()
    for squared_distance, offsets in _rings(reach):
        if squared_distance > longest**2:
            break
        # Pixels with a neighbour nearer than this ring are done, whatever the colours in it.
        done = nearest <= squared_distance
        if done.any():
            _settle(parents, reach, stride, width, waiting[done], best[done])
            waiting, nearest, best = waiting[~done], nearest[~done], best[~done]
        if not waiting.size:
            break
        own_density, own_grey = padded_density[waiting], padded_grey[waiting]
        for row, column in offsets:
            neighbour = waiting + (row * stride + column)
            distance = squared_distance + CHANNELS * (RATIO * (own_grey - padded_grey[neighbour])) ** 2
            closer = (padded_density[neighbour] > own_density) & (distance < nearest)
            nearest[closer] = distance[closer]
            best[closer] = neighbour[closer]
    near_enough = nearest <= longest**2
    _settle(parents, reach, stride, width, waiting[near_enough], best[near_enough])
    rows, columns = np.divmod(parents, stride)
    return (rows - reach) * width + columns - reach


def _settle(
    parents: npt.NDArray[np.intp],
    reach: int,
    stride: int,
    width: int,
    children: npt.NDArray[np.intp],
    found: npt.NDArray[np.intp],
) -> None:
    rows, columns = np.divmod(children, stride)
    parents[(rows - reach) * width + columns - reach] = found


def _rings(reach: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Offsets of a square window by squared distance, each ring in reading order as scikit-image visits them."""
    rings: dict[int, list[tuple[int, int]]] = {}
    for row in range(-reach, reach + 1):
        for column in range(-reach, reach + 1):
            if row or column:
                rings.setdefault(row**2 + column**2, []).append((row, column))
    yield from sorted(rings.items())
