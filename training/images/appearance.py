"""Random changes of an image's appearance that differ between hospitals, but not between patients.

Detectors, windows, compression, letters and tubes tell hospitals apart. A network that learns from several hospitals
with different scores could learn to recognise the hospital; after these changes it cannot.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
GreyLevels = npt.NDArray[np.floating]
"""In [0, 1]."""

LETTERS = "LRAPSUPINE0123456789"
GREY_CURVE_P, CONTRAST_P, WINDOW_P = 0.5, 0.5, 0.25
RESOLUTION_P, BLUR_P, SHARPENING_P, NOISE_P, COMPRESSION_P = 0.35, 0.25, 0.15, 0.35, 0.3
LETTERS_P, TUBES_P, COLLIMATION_P = 0.25, 0.3, 0.2
"""Probability of each change."""


def vary_appearance(image: Image, rng: np.random.Generator) -> Image:
    """A network image as another hospital might have made it.

    Args:
        image: (S, S) uint8, network image times 255.
        rng: Decides which changes are made and how strong they are.

    Returns:
        (S, S) uint8.
    """
    levels = _other_grey_levels(image / np.float32(255), rng)
    varied = np.rint(_other_sharpness(levels, rng) * 255).astype(np.uint8)
    if rng.random() < COMPRESSION_P:
        varied = _compressed(varied, quality=int(rng.uniform(25, 90)))
    if rng.random() < LETTERS_P:
        _write_letters(varied, rng)
    if rng.random() < TUBES_P:
        varied = _with_tubes(varied, rng)
    if rng.random() < COLLIMATION_P:
        _collimate(varied, rng)
    return varied


def _other_grey_levels(image: GreyLevels, rng: np.random.Generator) -> GreyLevels:
    if rng.random() < GREY_CURVE_P:
        image = image ** math.exp(rng.uniform(-0.6, 0.6))
    if rng.random() < CONTRAST_P:
        contrast, brightness = math.exp(rng.uniform(-0.35, 0.35)), rng.uniform(-0.15, 0.15)
        image = (image - 0.5) * contrast + 0.5 + brightness
    if rng.random() < WINDOW_P:
        low, high = rng.uniform(-0.1, 0.2), rng.uniform(0.7, 1.1)
        image = (image - low) / (high - low)
    return image.clip(0, 1)


def _other_sharpness(image: GreyLevels, rng: np.random.Generator) -> GreyLevels:
    side = len(image)
    if rng.random() < RESOLUTION_P:
        smaller = int(rng.uniform(0.4, 1) * side)
        small = cv2.resize(image, (smaller, smaller), interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR))
    if rng.random() < BLUR_P:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6)))
    if rng.random() < SHARPENING_P:
        image = image + rng.uniform(0.3, 1) * (image - cv2.GaussianBlur(image, (0, 0), 1.5))
    if rng.random() < NOISE_P:
        image = image + rng.normal(0, rng.uniform(0.005, 0.05), image.shape)
    return image.clip(0, 1)


def _compressed(image: Image, quality: int) -> Image:
    _done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _write_letters(image: Image, rng: np.random.Generator) -> None:
    side = len(image)
    for _line in range(rng.integers(1, 3)):
        text = "".join(rng.choice(list(LETTERS)) for _letter in range(rng.integers(1, 5)))
        place = int(rng.uniform(0, 0.8) * side), int(rng.uniform(0.05, 0.98) * side)
        height, grey, width = rng.uniform(0.3, 0.9), int(rng.uniform(150, 255)), int(rng.integers(1, 3))
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, height, grey, width)


def _with_tubes(image: Image, rng: np.random.Generator) -> Image:
    side = len(image)
    drawn = image.copy()
    for _tube in range(rng.integers(1, 4)):
        points = rng.uniform(0, side, (1, 2)) + np.cumsum(rng.normal(0, side * 0.12, (6, 2)), axis=0)
        grey, width = int(rng.uniform(140, 255)), int(rng.integers(1, 4))
        cv2.polylines(drawn, [points.astype(np.int32)], False, grey, width, cv2.LINE_AA)
    return np.asarray(cv2.addWeighted(image, 0.5, drawn, 0.5, 0), dtype=np.uint8)


def _collimate(image: Image, rng: np.random.Generator) -> None:
    cells = int(rng.uniform(0.02, 0.1) * len(image))
    grey = 0 if rng.random() < 0.8 else 255
    edges = (np.s_[:cells, :], np.s_[-cells:, :], np.s_[:, :cells], np.s_[:, -cells:])
    image[edges[rng.integers(4)]] = grey
