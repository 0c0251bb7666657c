"""The region of the explanation map under the pointer: its border, and the other zones that it acts on."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QTransform

from app.canvas.overlays.zones import CHOSEN, SHADOW, paint_affected
from bsnet_core.brixia import Zone
from bsnet_core.frames import Frames


@dataclass(frozen=True)
class PointedRegion:
    """A region of the map.

    Attributes:
        border: Its border in image pixels.
        frames: The place of the zones.
        also_affects: Zones other than its own that it acts on.
    """

    border: QPainterPath
    frames: Frames
    also_affects: tuple[Zone, ...] = ()


def paint(painter: QPainter, to_view: QTransform, region: PointedRegion) -> None:
    """Draws the border, and dashed frames around the other zones; `to_view` maps image pixels to the painter."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    border = to_view.map(region.border)
    for pen in (QPen(SHADOW, 3.6), QPen(CHOSEN, 1.6)):
        painter.setPen(pen)
        painter.drawPath(border)
    painter.restore()
    paint_affected(painter, to_view, region.frames, region.also_affects)
