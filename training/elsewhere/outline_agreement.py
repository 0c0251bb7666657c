"""Measures of a map against a radiologist's outlines, on the pixels of the network image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bsnet_core.frames import Frames, apply
from training.datasets.lesion_outlines import Outline
from training.elsewhere.statistics_of_rows import auroc

Map = npt.NDArray[np.float32]


def in_network_frame(outline: Outline, frames: Frames) -> Outline:
    """(S, S) bool: the outline at the centre of each pixel of the network image; false outside of the image."""
    side, (height, width) = frames.side_px, frames.image_shape
    rows, columns = np.mgrid[0:side, 0:side] + 0.5
    x, y = np.floor(apply(frames.network_to_image, np.stack([columns.ravel(), rows.ravel()], axis=1))).T.astype(int)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = np.zeros(side * side, dtype=bool)
    found[inside] = outline[y[inside], x[inside]]
    return found.reshape(side, side)


def weight_inside(shown: Map, outline: Outline) -> float:
    """Share of the map's positive weight inside an outline, in [0, 1]; NaN if nothing is positive."""
    positive = np.maximum(shown, 0).astype(np.float64)
    total = float(positive.sum())
    return float(positive[outline].sum()) / total if total > 0 else float("nan")


def lesion_auroc(shown: Map, lungs: Outline, disease: Outline) -> float:
    """Chance that a diseased pixel of the lungs is higher than another one; NaN if all are diseased, or none."""
    pixels = np.flatnonzero(lungs)
    return auroc(shown.ravel()[pixels], disease.ravel()[pixels])(np.arange(len(pixels)))
