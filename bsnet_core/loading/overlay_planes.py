"""Display shutter and overlay planes of a DICOM file (PS3.3 C.7.6.11, C.9.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from bsnet_core.loading.decoder import MAX_PIXELS
from bsnet_core.loading.header import PARSING_ERRORS, value_of
from bsnet_core.loading.look_up_tables import words_of
from bsnet_core.radiograph import OverlayPlane, Shutter

OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
ROWS, COLUMNS, DESCRIPTION, ORIGIN, DATA = 0x10, 0x11, 0x22, 0x50, 0x3000


def shutter_of(header: Dataset) -> Shutter | None:
    """The shutter, or None if the file has none or states an invalid one."""
    shapes = value_of(header, "ShutterShape")
    try:
        names = [shapes] if isinstance(shapes, str) else [str(shape) for shape in shapes or ()]
        # DICOM counts rows and columns from 1; the edges themselves are shown.
        rectangle = circle = None
        polygon: tuple[tuple[float, float], ...] = ()
        if "RECTANGULAR" in names:
            left, right = int(header.ShutterLeftVerticalEdge), int(header.ShutterRightVerticalEdge)
            top, bottom = int(header.ShutterUpperHorizontalEdge), int(header.ShutterLowerHorizontalEdge)
            rectangle = (left - 1.0, top - 1.0, float(right), float(bottom))
        if "CIRCULAR" in names:
            row, column = (int(value) for value in header.CenterOfCircularShutter)
            circle = (column - 0.5, row - 0.5, float(header.RadiusOfCircularShutter))
        if "POLYGONAL" in names:
            numbers = [int(value) for value in header.VerticesOfThePolygonalShutter]
            polygon = tuple((column - 0.5, row - 0.5) for row, column in zip(numbers[::2], numbers[1::2], strict=True))
    except PARSING_ERRORS:
        return None
    is_empty = rectangle is not None and (rectangle[0] >= rectangle[2] or rectangle[1] >= rectangle[3])
    if is_empty or (circle is not None and circle[2] <= 0) or len(polygon) in (1, 2):
        return None
    if rectangle is None and circle is None and not polygon:
        return None
    return Shutter(rectangle, circle, polygon)


def overlay_planes_of(header: Dataset) -> tuple[OverlayPlane, ...]:
    """The overlay planes with data of their own; those in unused bits of the pixels (retired) are ignored."""
    planes = []
    for group in OVERLAY_GROUPS:
        if (group, DATA) not in header:
            continue
        try:
            planes.append(_plane(header, group))
        except PARSING_ERRORS:  # a malformed overlay must not cost the image
            continue
    return tuple(planes)


def _plane(header: Dataset, group: int) -> OverlayPlane:
    rows, columns = int(header[group, ROWS].value), int(header[group, COLUMNS].value)
    data = bytes(header[group, DATA].value)
    if rows <= 0 or columns <= 0 or rows * columns > min(MAX_PIXELS, 8 * len(data)):
        raise ValueError("The overlay plane is larger than its data.")
    if header[group, DATA].VR == "OW":  # words of 16 bits, in the byte order of the file (PS3.5 8.1.2)
        data = words_of(data, is_little_endian=header.original_encoding[1] is not False).astype("<u2").tobytes()
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little", count=rows * columns)
    drawn = bits.reshape(rows, columns).astype(bool)
    drawn.setflags(write=False)
    origin = header[group, ORIGIN].value if (group, ORIGIN) in header else (1, 1)
    top, left = (int(value) - 1 for value in origin) if isinstance(origin, Sequence) else (0, 0)
    description = str(header[group, DESCRIPTION].value or "") if (group, DESCRIPTION) in header else ""
    return OverlayPlane(drawn, left, top, description.strip())
