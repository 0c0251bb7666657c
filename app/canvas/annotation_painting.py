"""Annotations on the screen: lines, handles and texts, and what lies under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF, QTransform

from app.canvas.lettering import font_of, write_on_plate
from app.canvas.measuring import Annotation

LINE = QColor(120, 220, 130)
SELECTED = QColor(255, 222, 89)
RIM = QColor(0, 0, 0, 190)
HANDLE_PX = 7.0
HANDLE_REACH_PX, LINE_REACH_PX = 9.0, 5.0


@dataclass(frozen=True, slots=True)
class Grip:
    """What of which annotation lies under the pointer; `handle` is None for its line."""

    index: int
    handle: int | None


def grip_at(items: Sequence[Annotation], to_view: QTransform, view_point: QPointF) -> Grip | None:
    """The handle or line under a view point; the one made last where several are."""
    for index in reversed(range(len(items))):
        for number, handle in enumerate(items[index].handles):
            offset = to_view.map(QPointF(*handle)) - view_point
            if offset.manhattanLength() <= HANDLE_REACH_PX:
                return Grip(index, number)
    for index in reversed(range(len(items))):
        outline = [to_view.map(QPointF(*point)) for point in items[index].outline]
        if any(_distance_to(view_point, start, end) <= LINE_REACH_PX for start, end in pairwise(outline)):
            return Grip(index, None)
    return None


def paint(
    painter: QPainter,
    to_view: QTransform,
    annotation: Annotation,
    lines: Sequence[str],
    font: QFont,
    area: QRectF,
    *,
    selected: bool,
) -> None:
    """Draws one annotation with its text, which keeps inside `area`; `to_view` maps image pixels to the painter."""
    colour = SELECTED if selected else LINE
    outline = QPolygonF([to_view.map(QPointF(*point)) for point in annotation.outline])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for pen in (QPen(RIM, 4.0), QPen(colour, 1.6)):
        painter.setPen(pen)
        painter.drawPolyline(outline)
    painter.setPen(QPen(RIM, 1.0))
    painter.setBrush(colour)
    half = HANDLE_PX / 2 if selected else HANDLE_PX / 3
    for handle in annotation.handles:
        middle = to_view.map(QPointF(*handle))
        painter.drawRect(QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half))
    painter.restore()
    box = outline.boundingRect()
    if lines and box.intersects(area.adjusted(-1, -1, 1, 1)):
        write_on_plate(painter, QPointF(box.right() + 8, box.bottom() + 4), lines, font_of(font, 0.95), colour, area)


def _distance_to(point: QPointF, start: QPointF, end: QPointF) -> float:
    along, towards = end - start, point - start
    length = QPointF.dotProduct(along, along)
    share = min(max(QPointF.dotProduct(towards, along) / length, 0.0), 1.0) if length > 0 else 0.0
    offset = towards - along * share
    return float(QPointF.dotProduct(offset, offset) ** 0.5)
