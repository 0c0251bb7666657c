"""The six zones as polygons of the stored image, in the patient's own pose."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bsnet_core.brixia import Zone
from bsnet_core.frames import Frames, apply

ROW_EDGES = (0.0, 0.35, 0.65, 1.0)
"""Zone borders as shares of the aligned height: the middle of the ROI bands' overlaps."""
COLUMN_EDGES = (0.0, 0.5, 1.0)


def zone_corners(frames: Frames, zone: Zone) -> npt.NDArray[np.float64]:
    """The zone's four corners in image pixels, (4, 2): upper left, upper right, lower right, lower left.

    Corners may lie outside the image.
    """
    side = frames.side_px
    top, bottom = (ROW_EDGES[zone.row + step] * side for step in (0, 1))
    left, right = (COLUMN_EDGES[zone.column + step] * side for step in (0, 1))
    return apply(frames.aligned_to_image, [[left, top], [right, top], [right, bottom], [left, bottom]])


def zone_outline(frames: Frames, zone: Zone) -> npt.NDArray[np.float64]:
    """The part of a zone that lies on the image.

    Returns:
        (N, 2) corners as x (column), y (row), not closed; pixel-edge coordinates of the stored image, as DICOM has them
        in documents and annotations (PS3.3 C.18.6.1.1, C.10.5.1.1): the first pixel covers 0 to 1. Empty if the zone
        lies outside.
    """
    corners = zone_corners(frames, zone)
    height, width = frames.image_shape
    for axis, limit in ((0, float(width)), (1, float(height))):
        corners = _clipped(corners, axis, 0.0, above=True)
        corners = _clipped(corners, axis, limit, above=False)
    return corners


def closed(outline: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """An outline that ends where it began."""
    return np.vstack([outline, outline[:1]])


def _clipped(corners: npt.NDArray[np.float64], axis: int, limit: float, *, above: bool) -> npt.NDArray[np.float64]:
    """A polygon cut by a line parallel to an edge of the image (Sutherland and Hodgman)."""
    kept: list[npt.NDArray[np.float64]] = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        start_in, end_in = ((point[axis] >= limit) if above else (point[axis] <= limit) for point in (start, end))
        if start_in:
            kept.append(start)
        if start_in != end_in:
            crossing = start + (end - start) * (limit - start[axis]) / (end[axis] - start[axis])
            crossing[axis] = limit
            kept.append(crossing)
    return np.array(kept).reshape(-1, 2)
