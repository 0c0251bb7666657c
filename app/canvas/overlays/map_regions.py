"""The super-pixels of an explanation map as regions of the image: where they lie, and which supports a score most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath, QPolygonF

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.frames import Frames, apply, invert
from bsnet_core.zone_outlines import COLUMN_EDGES, ROW_EDGES

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction

UPSAMPLING = 3
NO_ZONE = len(ZONES)
"""Number of the places outside the grid, in `zones_of_places`."""


def zones_of_places(frames: Frames) -> npt.NDArray[np.intp]:
    """(S, S) the zone that every place of the network frame lies in, by its number in `ZONES`, or `NO_ZONE`."""
    side = frames.side_px
    try:
        (xx, xy, x0), (yx, yy, y0) = invert(frames.aligned_to_network)
    except ValueError:
        return np.full((side, side), NO_ZONE, dtype=np.intp)  # an alignment to a point has no zones
    columns, rows = np.arange(side)[None, :] + 0.5, np.arange(side)[:, None] + 0.5
    across = np.digitize((xx * columns + xy * rows + x0) / side, COLUMN_EDGES) - 1
    down = np.digitize((yx * columns + yy * rows + y0) / side, ROW_EDGES) - 1
    height, width = len(ROW_EDGES) - 1, len(COLUMN_EDGES) - 1
    numbers = np.full((height, width), NO_ZONE, dtype=np.intp)
    for number, zone in enumerate(ZONES):
        numbers[zone.row, zone.column] = number
    inside = (across >= 0) & (across < width) & (down >= 0) & (down < height)
    return np.where(inside, numbers[np.clip(down, 0, height - 1), np.clip(across, 0, width - 1)], NO_ZONE)


def superpixel_at(explanation: Explanation, prediction: Prediction, image_x: float, image_y: float) -> int | None:
    """The super-pixel at a place of the original image, in its pixel-edge coordinates; None outside the image."""
    height, width = prediction.frames.image_shape
    if not (0 <= image_x < width and 0 <= image_y < height):
        return None
    ((x, y),) = apply(prediction.frames.image_to_network, [[image_x, image_y]])
    last = explanation.superpixels.shape[0] - 1
    return int(explanation.superpixels[min(max(int(y), 0), last), min(max(int(x), 0), last)])


def strongest_superpixel(explanation: Explanation, prediction: Prediction, zone: Zone) -> int | None:
    """The super-pixel that supports a zone's predicted score most.

    Returns:
        Its number; None where the score is 0, or where no super-pixel supports it.
    """
    score = prediction.score[zone]
    strength = explanation.strength_of(zone, score)
    index = int(strength.argmax())
    return index if score > 0 and strength[index] > 0 else None


def place_of_superpixel(explanation: Explanation, prediction: Prediction, index: int) -> QPointF:
    """A place inside a super-pixel, close to its centre, in pixel-edge coordinates of the original image."""
    rows, columns = np.nonzero(explanation.superpixels == index)
    # The centre itself may be outside a curved super-pixel.
    nearest = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    ((x, y),) = apply(prediction.frames.network_to_image, [[columns[nearest] + 0.5, rows[nearest] + 0.5]])
    return QPointF(x, y)


def border_of_superpixel(explanation: Explanation, prediction: Prediction, index: int) -> QPainterPath:
    """The border of a super-pixel, in pixel-edge coordinates of the original image."""
    is_it = explanation.superpixels == index
    rows, columns = np.nonzero(is_it)
    top, left = int(rows.min()), int(columns.min())
    part = is_it[top : rows.max() + 1, left : columns.max() + 1].astype(np.uint8)
    fine = np.pad(part.repeat(UPSAMPLING, axis=0).repeat(UPSAMPLING, axis=1), 1)
    contours, _hierarchy = cv2.findContours(fine, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for contour in contours:
        # A contour runs through the middles of pixels: a sixth of a network pixel inside the border.
        network_points = (contour[:, 0, :].astype(np.float64) - 0.5) / UPSAMPLING + (left, top)
        points = apply(prediction.frames.network_to_image, network_points)
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
        path.closeSubpath()
    return path
