"""The zone overlay: the 3 x 2 grid in the patient's own pose, with score and confidence in every zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF, QTransform

from bsnet_core.brixia import Zone
from bsnet_core.frames import Frames, apply
from bsnet_core.quality import LOW_CONFIDENCE

if TYPE_CHECKING:
    from bsnet_core.prediction import Prediction

ROW_EDGES = (0.0, 0.35, 0.65, 1.0)
"""Zone borders as shares of the aligned height: the middle of the ROI bands' overlaps."""
COLUMN_EDGES = (0.0, 0.5, 1.0)
LINE = QColor(235, 235, 235)
SHADOW = QColor(0, 0, 0, 170)


@dataclass(frozen=True, slots=True)
class ZoneLabel:
    """What is written into a zone."""

    score: int
    confidence: float

    @property
    def is_unsure(self) -> bool:
        """Whether the confidence is low enough to be marked."""
        return self.confidence < LOW_CONFIDENCE


def zone_polygon(frames: Frames, zone: Zone) -> QPolygonF:
    """The zone's four corners in image pixels: upper left, upper right, lower right, lower left."""
    side = frames.side_px
    top, bottom = ROW_EDGES[zone.row] * side, ROW_EDGES[zone.row + 1] * side
    left, right = COLUMN_EDGES[zone.column] * side, COLUMN_EDGES[zone.column + 1] * side
    corners = apply(frames.aligned_to_image, [[left, top], [right, top], [right, bottom], [left, bottom]])
    return QPolygonF([QPointF(x, y) for x, y in corners])


def labels_of(prediction: Prediction) -> dict[Zone, ZoneLabel]:
    """Predicted score and confidence of every zone."""
    return {zone: ZoneLabel(prediction.score[zone], prediction.confidence_of(zone)) for zone in Zone}


def paint(
    painter: QPainter, to_view: QTransform, frames: Frames, labels: dict[Zone, ZoneLabel], opacity: float
) -> None:
    """Draws grid, scores and sides; `to_view` maps image pixels to the painter, `opacity` lies in [0, 1]."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(opacity)
    polygons = {zone: to_view.map(zone_polygon(frames, zone)) for zone in Zone}
    for pen in (QPen(SHADOW, 3.0), QPen(LINE, 1.3)):
        painter.setPen(pen)
        for polygon in polygons.values():
            painter.drawPolygon(polygon)
    for zone, polygon in polygons.items():
        _write_zone(painter, polygon.boundingRect(), zone, labels.get(zone))
    _write_side(painter, polygons[Zone.A], "R (patient)")
    _write_side(painter, polygons[Zone.D], "L (patient)")
    painter.restore()


def _write_zone(painter: QPainter, box: QRectF, zone: Zone, label: ZoneLabel | None) -> None:
    size = min(max(min(box.width(), box.height()) * 0.24, 9.0), 46.0)
    lines = [(zone.name, size * 0.5, 0.0)]
    if label is not None:
        sure = f"{label.confidence:.0%}" + (" ?" if label.is_unsure else "")
        lines = [(zone.name, size * 0.42, -size * 0.78), (str(label.score), size, 0.0), (sure, size * 0.38, size * 0.8)]
    for text, height, offset in lines:
        font = QFont(painter.font())
        font.setPixelSize(max(round(height), 8))
        font.setBold(text.isdigit())
        place = QRectF(box.left(), box.center().y() + offset - height, box.width(), 2 * height)
        _write(painter, place, text, font)


def _write_side(painter: QPainter, polygon: QPolygonF, text: str) -> None:
    middle = (polygon.at(0) + polygon.at(1)) / 2
    font = QFont(painter.font())
    font.setPixelSize(13)
    _write(painter, QRectF(middle.x() - 60, middle.y() - 22, 120, 18), text, font)


def _write(painter: QPainter, place: QRectF, text: str, font: QFont) -> None:
    painter.setFont(font)
    painter.setPen(SHADOW)
    painter.drawText(place.translated(1.2, 1.2), Qt.AlignmentFlag.AlignCenter, text)
    painter.setPen(LINE)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
