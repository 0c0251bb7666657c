"""Figures for TensorBoard: outlines of lungs, alignments and confusion matrices, as (H, W, 3) uint8."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bsnet_core.brixia import N_CLASSES
from bsnet_core.language import translate as _

RgbImage = npt.NDArray[np.uint8]

BY_HAND_RGB = (64, 220, 64)
FOUND_RGB = (255, 160, 0)
GAP_PX = 2


def mask_image(images: npt.NDArray[np.uint8], found: npt.NDArray[np.bool_], by_hand: npt.NDArray[np.bool_]) -> RgbImage:
    """Images side by side, with the lungs drawn by hand in green and the predicted lungs in orange on top.

    Args:
        images: (N, S, S) uint8.
        found: (N, S, S) predicted lungs.
        by_hand: (N, S, S) lungs drawn by hand.
    """
    shown = []
    for image, mine, reference in zip(images, found, by_hand, strict=True):
        colour = np.repeat(image[..., None], 3, axis=-1).copy()
        for mask, rgb in ((reference, BY_HAND_RGB), (mine, FOUND_RGB)):
            contours, _hierarchy = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(colour, contours, -1, rgb, 1)
        shown.append(colour)
    return _beside(shown)


def alignment_image(*rows: npt.NDArray[np.float32]) -> RgbImage:
    """One line of images per argument, such as misaligned, re-aligned and canonical masks.

    Args:
        rows: (N, S, S) each, values in [0, 1]; S may differ between them.
    """
    side = max(maps.shape[-1] for maps in rows)
    lines = []
    for maps in rows:
        grey = np.rint(255 * maps.clip(0, 1)).astype(np.uint8)
        grown = [cv2.resize(one, (side, side), interpolation=cv2.INTER_NEAREST) for one in grey]
        lines.append(_beside([np.repeat(one[..., None], 3, axis=-1) for one in grown]))
    return np.concatenate(lines, axis=0)


def confusion_image(predicted: npt.NDArray[np.int_], reference: npt.NDArray[np.int_]) -> RgbImage:
    """Confusion matrix of predicted zone scores against the radiologist's, as counts and shares of the row."""
    counts = confusion_counts(predicted, reference)
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    figure = Figure(figsize=(4, 4), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(N_CLASSES))
    axes.set_yticks(range(N_CLASSES))
    axes.set_xlabel(_("prediction"))
    axes.set_ylabel(_("radiologist"))
    for row, column in np.ndindex(counts.shape):
        text = f"{counts[row, column]}\n{shares[row, column]:.0%}"
        axes.text(column, row, text, ha="center", va="center", color="white" if shares[row, column] > 0.5 else "black")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def confusion_counts(predicted: npt.NDArray[np.int_], reference: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    """(4, 4) counts; the row is the radiologist's zone score, the column the predicted one."""
    counts = np.zeros((N_CLASSES, N_CLASSES), dtype=np.int_)
    np.add.at(counts, (np.asarray(reference).ravel(), np.asarray(predicted).ravel()), 1)
    return counts


def _beside(images: Sequence[RgbImage]) -> RgbImage:
    gap = np.full((images[0].shape[0], GAP_PX, 3), 255, dtype=np.uint8)
    parts = [part for image in images for part in (image, gap)]
    return np.concatenate(parts[:-1], axis=1)
