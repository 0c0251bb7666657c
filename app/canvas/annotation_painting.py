"""Annotations on the screen: lines, handles and texts, and which one is under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF, QTransform

from app.canvas.drawing.lettering import PLATE, font_of, write_on_plate
from app.canvas.measuring import Annotation, Description

LINE = QColor(120, 220, 130)
SELECTED = QColor(255, 222, 89)
RIM = QColor(0, 0, 0, 190)
HANDLE_PX = 7.0
HISTOGRAM_PX = 40.0
HANDLE_REACH_PX, LINE_REACH_PX = 9.0, 5.0


@dataclass(frozen=True, slots=True)
class Grip:
    """The annotation under the pointer, and its handle; `handle` is None for its line."""

    index: int
    handle: int | None


def grip_at(items: Sequence[Annotation], to_view: QTransform, view_point: QPointF) -> Grip | None:
    """The handle or line under a view point; the latest where there are several."""
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
    description: Description,
    font: QFont,
    area: QRectF,
    *,
    selected: bool,
) -> None:
    """Draws one annotation with its description inside `area`; `to_view` maps image pixels to the painter."""
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
    if description.lines and box.intersects(area.adjusted(-1, -1, 1, 1)):
        corner, small = QPointF(box.right() + 8, box.bottom() + 4), font_of(font, 0.95)
        room = area.adjusted(0, 0, 0, -HISTOGRAM_PX - 2) if description.histogram else area
        plate = write_on_plate(painter, corner, description.lines, small, colour, room)
        if description.histogram:
            _paint_histogram(painter, plate, description.histogram, colour)


def _paint_histogram(painter: QPainter, above: QRectF, counts: Sequence[int], colour: QColor) -> None:
    """Draws bars below the text, as wide as its plate, dark values on the left, the highest bar at full height."""
    place = QRectF(above.left(), above.bottom() + 2, above.width(), HISTOGRAM_PX)
    painter.fillRect(place, PLATE)
    inner, most = place.adjusted(5, 3, -5, -3), max(counts)
    width = inner.width() / len(counts)
    for number, count in enumerate(counts):
        height = inner.height() * count / most
        painter.fillRect(QRectF(inner.left() + number * width, inner.bottom() - height, width, height), colour)


def _distance_to(point: QPointF, start: QPointF, end: QPointF) -> float:
    along, towards = end - start, point - start
    length = QPointF.dotProduct(along, along)
    share = min(max(QPointF.dotProduct(towards, along) / length, 0.0), 1.0) if length > 0 else 0.0
    offset = towards - along * share
    return float(QPointF.dotProduct(offset, offset) ** 0.5)
