"""The lung overlay: contour and translucent fill of the segmentation, in the original image's frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from bsnet_core.frames import apply

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import LungsFound, Prediction

COLOUR = QColor(88, 196, 221)
UPSAMPLING = 4
FILL_OPACITY = 0.2
MIN_AREA_SHARE = 0.0005


@dataclass(frozen=True)
class LungOutline:
    """The contour of the lung mask as a path in image pixels."""

    path: QPainterPath


def outline_of(prediction: Prediction | LungsFound) -> LungOutline:
    """The contour at lung probability 0.5, traced between the network's pixels."""
    probability = prediction.outlined_lungs
    is_lung = probability >= 0.5
    if not is_lung.any():
        return LungOutline(QPainterPath())
    # Only around the lungs, with one pixel more on each side for the border to run through.
    rows, columns = (np.flatnonzero(is_lung.any(axis=axis)) for axis in (1, 0))
    top, left = max(int(rows[0]) - 1, 0), max(int(columns[0]) - 1, 0)
    part = np.ascontiguousarray(probability[top : rows[-1] + 2, left : columns[-1] + 2])
    height, width = part.shape
    fine = cv2.resize(part, (width * UPSAMPLING, height * UPSAMPLING), interpolation=cv2.INTER_LINEAR) >= 0.5
    contours, _ = cv2.findContours(fine.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_TC89_L1)
    smallest = MIN_AREA_SHARE * (probability.shape[0] * UPSAMPLING) ** 2
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for contour in contours:
        if len(contour) < 3 or cv2.contourArea(contour) < smallest:
            continue
        network_points = (contour[:, 0, :].astype(np.float64) + 0.5) / UPSAMPLING + (left, top)
        image_points = apply(prediction.frames.network_to_image, network_points)
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in image_points]))
        path.closeSubpath()
    return LungOutline(path)


def paint(painter: QPainter, to_view: QTransform, outline: LungOutline, opacity: float) -> None:
    """Draws fill and contour; `to_view` maps image pixels to the painter, `opacity` is in [0, 1]."""
    paint_fill(painter, to_view, outline, opacity)
    paint_contour(painter, to_view, outline, opacity)


def paint_fill(painter: QPainter, to_view: QTransform, outline: LungOutline, opacity: float) -> None:
    """Draws a translucent colour over the lungs, which never hides them at any `opacity`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(opacity * FILL_OPACITY)
    painter.fillPath(to_view.map(outline.path), COLOUR)
    painter.restore()


def paint_contour(painter: QPainter, to_view: QTransform, outline: LungOutline, opacity: float) -> None:
    """Draws the line around each lung, of the same width at every zoom."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(opacity)
    painter.setPen(QPen(COLOUR, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(to_view.map(outline.path))  # twice as fast as strokePath
    painter.restore()
