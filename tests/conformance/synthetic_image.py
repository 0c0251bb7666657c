"""The one image that every cell of the conformance table holds, at any depth, signed or not, in grey or colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

HEIGHT, WIDTH = 48, 64
"""Both divisible by 16: no JPEG block is padded, and chroma can be subsampled."""


def shares() -> npt.NDArray[np.float64]:
    """(H, W) in [0, 1], both reached: two dark ovals on a bright ground, smooth so that lossy coding costs little."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    ground = 0.7 + 0.3 * columns / WIDTH + 0.1 * rows / HEIGHT
    for centre in (WIDTH * 0.28, WIDTH * 0.72):
        oval = ((columns - centre) / (WIDTH * 0.14)) ** 2 + ((rows - HEIGHT * 0.5) / (HEIGHT * 0.3)) ** 2
        ground -= 0.6 * np.exp(-oval)
    return (ground - ground.min()) / (ground.max() - ground.min())


def grey(bits: int, *, signed: bool = False) -> npt.NDArray[np.int64]:
    """(H, W) stored values over the full range of `bits`; of over 62, those that 62 bits can hold."""
    bits = min(bits, 62)
    values = np.rint(shares() * ((1 << bits) - 1)).astype(np.int64)
    return values - (1 << (bits - 1)) if signed else values


def colour() -> npt.NDArray[np.uint8]:
    """(H, W, 3) red, green and blue, each a different smooth image."""
    one = shares()
    channels = np.stack([one, 0.5 * one + 0.5 * one[::-1], 0.3 + 0.4 * one[:, ::-1]], axis=-1)
    return np.rint(channels * 255).astype(np.uint8)


def luminance(pixels: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """(H, W) luminance of (H, W, 3) red, green and blue (ITU-R BT.601, PS3.3 C.7.6.3.1.2)."""
    weights = np.array([0.299, 0.587, 0.114])
    return np.rint(pixels.astype(np.float64) @ weights).astype(np.int64)


def to_ybr_full(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """(H, W, 3) red, green and blue as luminance and two colour differences (PS3.3 C.7.6.3.1.2, YBR_FULL)."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    converted = pixels.astype(np.float64) @ matrix.T + np.array([0.0, 128.0, 128.0])
    return np.clip(np.rint(converted), 0, 255).astype(np.uint8)
