"""Known alterations of a radiograph, by kind: what an image looks like that should not be scored as it is.

The content check is trained and measured on them. Images are (H, W) float32 in [0, 1], bone bright, as
`Radiograph.pixels` gives them; the result may have another shape. Every alteration draws its strength from a range wide
enough to be seen by eye, from the generator it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]
Rng = np.random.Generator


class Alteration(StrEnum):
    """A kind of alteration."""

    INVERTED = "inverted"
    UPSIDE_DOWN = "upside-down"
    ROTATED_90 = "rotated-90"
    """A quarter turn clockwise."""
    ROTATED_270 = "rotated-270"
    """A quarter turn counter-clockwise."""
    MIRRORED = "mirrored"
    OVEREXPOSED = "overexposed"
    """So bright that parts of the lungs are white."""
    UNDEREXPOSED = "underexposed"
    """So dark that the lungs are black."""
    BLURRED = "blurred"
    LOW_RESOLUTION = "low-resolution"
    """Enlarged again from very few pixels."""
    HALF = "half"
    """The left or the right half, or the upper or the lower one."""
    CUT_OFF = "cut-off"
    """The edge cuts off part of a lung, on one side."""
    TWO_IMAGES = "two-images"
    """Two radiographs beside or above each other."""
    MOSAIC = "mosaic"
    """Four or more radiographs in a grid."""
    SCREENSHOT = "screenshot"
    """A radiograph in the window of a program."""
    PHOTO_OF_SCREEN = "photo-of-screen"
    """A photograph of a screen or a light box, askew, with what is around it."""


def alter(pixels: Pixels, kind: Alteration, rng: Rng, others: Sequence[Pixels] = ()) -> Pixels:
    """An image with one alteration.

    Args:
        pixels: (H, W) float32 in [0, 1], bone bright, in standard orientation.
        kind: What to do to it.
        rng: Draws the strength.
        others: Further radiographs for `TWO_IMAGES` and `MOSAIC`; the image is repeated if there are none.

    Returns:
        (H', W') float32 in [0, 1].
    """
    if kind is Alteration.TWO_IMAGES:
        return two_images(pixels, rng, others)
    if kind is Alteration.MOSAIC:
        return mosaic(pixels, rng, others)
    return np.ascontiguousarray(_ALTERATIONS[kind](pixels, rng), dtype=np.float32)


def slightly_changed(pixels: Pixels, rng: Rng) -> Pixels:
    """As another hospital or another export would give the image: still to be scored without a note."""
    height, width = pixels.shape
    if rng.random() < 0.5:
        top, bottom, left, right = (int(rng.uniform(0, 0.05) * size) for size in (height, height, width, width))
        pixels = pixels[top : height - bottom, left : width - right]
    if rng.random() < 0.5:
        turn = cv2.getRotationMatrix2D((pixels.shape[1] / 2, pixels.shape[0] / 2), rng.uniform(-6, 6), 1.0)
        pixels = cv2.warpAffine(pixels, turn, pixels.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.6:
        pixels = pixels ** rng.uniform(0.8, 1.4)
    if rng.random() < 0.3:
        low, high = np.quantile(pixels, (rng.uniform(0, 0.03), rng.uniform(0.98, 1)))
        pixels = np.clip((pixels - low) / max(float(high - low), 1e-3), 0, 1)
    if rng.random() < 0.3:
        pixels = cv2.GaussianBlur(pixels, (0, 0), min(pixels.shape) * rng.uniform(0.0005, 0.002))
    if rng.random() < 0.3:
        pixels = np.clip(pixels + rng.normal(0, rng.uniform(0.002, 0.015), pixels.shape), 0, 1)
    if rng.random() < 0.3:
        edge = int(rng.uniform(0.005, 0.04) * width)
        pixels = np.pad(pixels, edge, constant_values=float(rng.random() < 0.2))
    if rng.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 95))]
        packed = cv2.imencode(".jpg", (pixels * 255).astype(np.uint8), quality)[1]
        unpacked: Pixels = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.float32)
        pixels = unpacked / np.float32(255)
    return np.ascontiguousarray(pixels, dtype=np.float32)


def overexposed(pixels: Pixels, rng: Rng) -> Pixels:
    """Brightened by a factor, an offset or a gamma until a fifth to two thirds are white, or nearly."""
    way = rng.integers(3)
    if way == 2:
        return pixels ** rng.uniform(0.2, 0.45)
    whitest = max(float(np.quantile(pixels, rng.uniform(0.35, 0.8))), 0.05)
    return np.clip(pixels / whitest if way == 0 else pixels + max(1 - whitest, 0.25), 0, 1)


def underexposed(pixels: Pixels, rng: Rng) -> Pixels:
    """Darkened by an offset or a gamma until the lungs are black; noisy, as from few photons."""
    if rng.integers(2):
        dark = np.clip(pixels - np.quantile(pixels, rng.uniform(0.3, 0.6)), 0, 1)
    else:
        dark = pixels ** rng.uniform(2.8, 7.0)
    noisy = dark + rng.normal(0, rng.uniform(0, 0.01), pixels.shape).astype(np.float32)
    return np.clip(noisy / max(float(noisy.max()), 1e-3), 0, 1)


def blurred(pixels: Pixels, rng: Rng) -> Pixels:
    """Blurred evenly, or along a line as by motion; by half a per cent to 3 % of the shorter side."""
    side = min(pixels.shape)
    if rng.random() < 0.75:
        sigma = side * float(np.exp(rng.uniform(np.log(0.005), np.log(0.03))))
        return cv2.GaussianBlur(pixels, (0, 0), sigma)
    length = max(3, round(side * rng.uniform(0.03, 0.08)))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(rng.uniform(0, 180)), 1.0)
    kernel = cv2.warpAffine(kernel, turn, (length, length))
    return cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def low_resolution(pixels: Pixels, rng: Rng) -> Pixels:
    """Shrunk to 24 to 96 pixels and enlarged again, smooth or in blocks."""
    height, width = pixels.shape
    small = float(np.exp(rng.uniform(np.log(24), np.log(96)))) / min(height, width)
    way = cv2.INTER_NEAREST if rng.random() < 0.4 else cv2.INTER_CUBIC
    few = cv2.resize(
        pixels, (max(8, round(width * small)), max(8, round(height * small))), interpolation=cv2.INTER_AREA
    )
    return np.clip(cv2.resize(few, (width, height), interpolation=way), 0, 1)


def half(pixels: Pixels, rng: Rng) -> Pixels:
    """One half, 42 to 58 % of the image; mostly the left or the right one."""
    height, width = pixels.shape
    share = rng.uniform(0.42, 0.58)
    side = rng.choice(4, p=(0.4, 0.4, 0.1, 0.1))
    rows, columns = round(height * share), round(width * share)
    return (pixels[:, :columns], pixels[:, width - columns :], pixels[:rows], pixels[height - rows :])[side]


def cut_off(pixels: Pixels, rng: Rng) -> Pixels:
    """A quarter to two fifths cut off, on the left, the right, above or below."""
    height, width = pixels.shape
    side = rng.choice(4, p=(0.3, 0.3, 0.2, 0.2))
    share = rng.uniform(0.24, 0.4) if side < 2 else rng.uniform(0.32, 0.45)
    rows, columns = round(height * share), round(width * share)
    return (pixels[:, columns:], pixels[:, : width - columns], pixels[rows:], pixels[: height - rows])[side]


def two_images(pixels: Pixels, rng: Rng, others: Sequence[Pixels] = ()) -> Pixels:
    """Two radiographs, mostly beside each other, with or without a gap; the second may be the same one."""
    other = others[int(rng.integers(len(others)))] if others and rng.random() < 0.8 else pixels
    pair = (pixels, other) if rng.random() < 0.5 else (other, pixels)
    return _grid([list(pair)] if rng.random() < 0.8 else [[pair[0]], [pair[1]]], rng)


def mosaic(pixels: Pixels, rng: Rng, others: Sequence[Pixels] = ()) -> Pixels:
    """A grid of 2 × 2 to 3 × 4 radiographs."""
    rows, columns = ((2, 2), (2, 3), (3, 3), (3, 4), (1, 3))[int(rng.integers(5))]
    pool = (pixels, *others)
    return _grid([[pool[int(rng.integers(len(pool)))] for _ in range(columns)] for _ in range(rows)], rng)


def screenshot(pixels: Pixels, rng: Rng) -> Pixels:
    """The radiograph as part of a window: bars, lists and lines of text around it, light or dark."""
    height, width = pixels.shape
    background = float(rng.choice((rng.uniform(0, 0.25), rng.uniform(0.75, 1))))
    margins = rng.uniform(0.02, 0.5, size=4) * np.array((height, height, width, width)) * 0.8
    if margins.sum() < 0.5 * (height + width) * 0.5:
        margins[int(rng.integers(4))] += 0.45 * min(height, width)
    top, bottom, left, right = (int(margin) for margin in margins)
    window = np.full((height + top + bottom, width + left + right), background, np.float32)
    _write_text(window, rng, 1.0 - background)
    for _bar in range(int(rng.integers(1, 4))):
        thickness = round(rng.uniform(0.02, 0.08) * height)
        at = int(rng.integers(0, window.shape[0] - thickness)) if rng.random() < 0.4 else 0
        window[at : at + thickness] = abs(background - rng.uniform(0.1, 0.4))
        _write_text(window[at : at + thickness], rng, 1.0 - background, lines=2)
    window[top : top + height, left : left + width] = pixels
    return window


def photo_of_screen(pixels: Pixels, rng: Rng) -> Pixels:
    """A photograph of a screen: perspective, surroundings, uneven light, the stripes of two rasters, less contrast."""
    height, width = pixels.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    inset = rng.uniform(0.04, 0.22, size=(4, 2)) * (width, height)
    inward = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    target = (corners + inset * inward).astype(np.float32)
    surroundings = cv2.GaussianBlur(rng.random((height, width)).astype(np.float32), (0, 0), max(width / 12, 1))
    low, high = float(surroundings.min()), float(surroundings.max())
    surroundings = rng.uniform(0, 0.5) + rng.uniform(0.1, 0.5) * (surroundings - low) / max(high - low, 1e-6)
    warp = cv2.getPerspectiveTransform(corners, target)
    inside = cv2.warpPerspective(np.ones_like(pixels), warp, (width, height))
    photo = cv2.warpPerspective(pixels * rng.uniform(0.6, 0.95) + rng.uniform(0, 0.15), warp, (width, height))
    photo = photo + (1 - inside) * surroundings.astype(np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(0.008, 0.04) * width
    phase = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period)
    light = 1 + rng.uniform(-0.4, 0.4) * (x / width - 0.5) + rng.uniform(-0.4, 0.4) * (y / height - 0.5)
    photo = photo * light + rng.uniform(0.01, 0.05) * np.sin(phase)
    if rng.random() < 0.4:  # a lamp mirrored by the screen
        centre_x, centre_y, reach = rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height, 0.08 * width
        photo += rng.uniform(0.2, 0.6) * np.exp(-((x - centre_x) ** 2 + (y - centre_y) ** 2) / (2 * reach**2))
    return np.clip(photo, 0, 1).astype(np.float32)


def _grid(rows: list[list[Pixels]], rng: Rng) -> Pixels:
    """Images of one size in rows, with a gap of 0 to 5 %, black or white."""
    height, width = rows[0][0].shape
    gap = round(width * rng.uniform(0, 0.05)) if rng.random() < 0.7 else 0
    fill = float(rng.integers(2))
    lines = []
    for row in rows:
        parts: list[Pixels] = []
        for image in row:
            fitted = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
            parts += [np.full((height, gap), fill, np.float32), fitted]
        lines += [np.full((gap, sum(part.shape[1] for part in parts[1:])), fill, np.float32), np.hstack(parts[1:])]
    return np.vstack(lines[1:]).astype(np.float32)


def _write_text(image: Pixels, rng: Rng, level: float, lines: int = 30) -> None:
    height, width = image.shape
    drawn = np.zeros((height, width), np.uint8)  # OpenCV writes on 8 bits only
    for _line in range(int(rng.integers(lines // 2, lines + 1))):
        letters = "".join(chr(int(code)) for code in rng.integers(33, 123, size=int(rng.integers(4, 28))))
        place = (int(rng.integers(0, max(width, 1))) - width // 8, int(rng.integers(0, max(height, 1))))
        size = rng.uniform(0.3, 1.0) * max(height, 200) / 800
        cv2.putText(drawn, letters, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, max(1, round(size * 1.5)))
    image[drawn > 127] = level


_ALTERATIONS: dict[Alteration, Callable[[Pixels, Rng], Pixels]] = {
    Alteration.INVERTED: lambda pixels, rng: 1.0 - pixels,
    Alteration.UPSIDE_DOWN: lambda pixels, rng: pixels[::-1, ::-1],
    Alteration.ROTATED_90: lambda pixels, rng: np.rot90(pixels, -1),
    Alteration.ROTATED_270: lambda pixels, rng: np.rot90(pixels, 1),
    Alteration.MIRRORED: lambda pixels, rng: pixels[:, ::-1],
    Alteration.OVEREXPOSED: overexposed,
    Alteration.UNDEREXPOSED: underexposed,
    Alteration.BLURRED: blurred,
    Alteration.LOW_RESOLUTION: low_resolution,
    Alteration.HALF: half,
    Alteration.CUT_OFF: cut_off,
    Alteration.SCREENSHOT: screenshot,
    Alteration.PHOTO_OF_SCREEN: photo_of_screen,
}
