"""The file's own overlays: the shutter's black surround and the DICOM overlay planes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPolygonF, QTransform

from app.canvas.drawing.frame import ColourTable, FrameRenderer
from bsnet_core.radiograph import OverlayPlane, Shutter

SURROUND = QColor(0, 0, 0)
PLANE_COLOUR = (120, 215, 235)


def shutter_path(shutter: Shutter, image_size: tuple[int, int], pixel_aspect: float) -> QPainterPath:
    """The part of the image outside the shutter, in image pixels.

    Args:
        shutter: The file's shutter.
        image_size: (height, width) in pixels.
        pixel_aspect: Height of a pixel divided by its width, so that a circle is round in mm.
    """
    height, width = image_size
    whole = QPainterPath()
    whole.addRect(QRectF(0, 0, width, height))
    open_part = QPainterPath(whole)
    if shutter.rectangle is not None:
        left, top, right, bottom = shutter.rectangle
        part = QPainterPath()
        part.addRect(QRectF(QPointF(left, top), QPointF(right, bottom)))
        open_part = open_part.intersected(part)
    if shutter.circle is not None:
        x, y, radius = shutter.circle
        part = QPainterPath()
        part.addEllipse(QPointF(x, y), radius, radius / pixel_aspect)
        open_part = open_part.intersected(part)
    if shutter.polygon:
        part = QPainterPath()
        part.addPolygon(QPolygonF([QPointF(x, y) for x, y in shutter.polygon]))
        part.closeSubpath()
        open_part = open_part.intersected(part)
    return whole.subtracted(open_part)


def paint_shutter(painter: QPainter, to_view: QTransform, outside: QPainterPath) -> None:
    """Blackens the part outside the shutter, from `shutter_path`."""
    painter.fillPath(to_view.map(outside), SURROUND)


class PlaneImage:
    """One overlay plane, drawn as fast as the image itself."""

    def __init__(self, plane: OverlayPlane) -> None:
        self._plane_to_image = QTransform.fromTranslate(plane.left, plane.top)
        self._renderer = FrameRenderer(plane.drawn.astype(np.uint16) * np.uint16(255))
        self._table = _table_of(1.0)
        self._opacity = 1.0

    def paint(self, painter: QPainter, to_device: QTransform, device_size: QSize, ratio: float, opacity: float) -> None:
        """Draws the plane.

        Args:
            painter: Paints in view units.
            to_device: Maps image pixels to device pixels of the view.
            device_size: Size of the view in device pixels.
            ratio: Device pixels per view unit.
            opacity: In [0, 1].
        """
        if opacity != self._opacity:
            self._table, self._opacity = _table_of(opacity), opacity
        frame = self._renderer.render(self._table, self._plane_to_image * to_device, device_size)
        if frame is not None:
            frame.image.setDevicePixelRatio(ratio)
            painter.drawImage(QPointF(frame.left_px, frame.top_px) / ratio, frame.image)


def _table_of(opacity: float) -> ColourTable:
    """(65536,) premultiplied ARGB for each coverage of a pixel, 0 to 255."""
    alpha = np.rint(np.minimum(np.arange(65536), 255) * opacity).astype(np.uint32)
    red, green, blue = (alpha * channel // 255 for channel in PLANE_COLOUR)
    return (alpha << 24 | red << 16 | green << 8 | blue).astype(np.uint32)
