"""Made-up images that show nothing: noise, stripes, gradients, shapes, text."""

from __future__ import annotations

import cv2
import numpy as np

from training.images.alterations import Pixels, Rng

SIDE_PX = 256


def drawing(rng: Rng) -> Pixels:
    """(H, W) float32 in [0, 1], about 256 pixels a side."""
    height, width = (int(SIDE_PX * rng.uniform(0.7, 1.3)) for _ in range(2))
    image = (_noise, _stripes, _gradient, _shapes, _text)[int(rng.integers(5))](height, width, rng)
    if rng.random() < 0.3:
        image = 0.6 * image + 0.4 * _noise(height, width, rng)
    low, high = float(image.min()), float(image.max())
    return ((image - low) / max(high - low, 1e-6)).astype(np.float32)


def _noise(height: int, width: int, rng: Rng) -> Pixels:
    noise = rng.random((height, width)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), float(np.exp(rng.uniform(-1, 3.5))))


def _stripes(height: int, width: int, rng: Rng) -> Pixels:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(4, 80)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
    return np.sign(wave) if rng.random() < 0.5 else wave


def _gradient(height: int, width: int, rng: Rng) -> Pixels:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    centre_x, centre_y = rng.uniform(-1, 1, 2)
    round_one = np.hypot(x - centre_x, y - centre_y) ** rng.uniform(0.5, 2)
    return np.asarray(round_one if rng.random() < 0.5 else rng.normal() * x + rng.normal() * y, dtype=np.float32)


def _shapes(height: int, width: int, rng: Rng) -> Pixels:
    image = np.full((height, width), int(rng.integers(256)), np.uint8)
    for _shape in range(int(rng.integers(1, 14))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        size = (int(rng.integers(5, width // 2)), int(rng.integers(5, height // 2)))
        level, thickness = int(rng.integers(256)), int(rng.choice((-1, -1, 2, 5)))
        if rng.random() < 0.6:
            cv2.ellipse(image, centre, size, float(rng.uniform(0, 180)), 0, 360, level, thickness)
        else:
            cv2.rectangle(image, centre, (centre[0] + size[0], centre[1] + size[1]), level, thickness)
    return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 4))).astype(np.float32)


def _text(height: int, width: int, rng: Rng) -> Pixels:
    image = np.zeros((height, width), np.uint8)
    size = float(rng.uniform(0.3, 1.2))
    for row in range(12, height, int(14 + 22 * size)):
        letters = "".join(chr(int(code)) for code in rng.integers(33, 123, size=int(rng.integers(5, 40))))
        cv2.putText(image, letters, (int(rng.integers(0, 40)), row), cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1)
    return (image if rng.random() < 0.5 else 255 - image).astype(np.float32)
