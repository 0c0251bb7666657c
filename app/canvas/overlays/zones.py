"""The zone overlay: the 3 × 2 grid in the patient's own pose, with score and confidence in every zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF, QTransform

from app.canvas.drawing import orientation
from app.canvas.drawing.lettering import write
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.frames import Frames, apply
from bsnet_core.inference.quality import LOW_CONFIDENCE
from bsnet_core.language import translate as _
from bsnet_core.partial_score import entry_text
from bsnet_core.zone_outlines import COLUMN_EDGES, ROW_EDGES, zone_corners

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction

LINE = QColor(235, 235, 235)
SHADOW = QColor(0, 0, 0, 170)
OWN = QColor(255, 209, 102)
CHOSEN = QColor(160, 235, 255)
INNER_FRAME = 0.9
"""Side of the second frame, in the zone in turn, as a share of the zone's side."""
LARGEST_PX, SMALLEST_PX = 46.0, 9.0


@dataclass(frozen=True, slots=True)
class ZoneLabel:
    """The predicted score and its confidence, as written into a zone."""

    score: int
    confidence: float

    @property
    def is_unsure(self) -> bool:
        """Whether the confidence is low enough to be marked."""
        return self.confidence < LOW_CONFIDENCE


def zone_polygon(frames: Frames, zone: Zone) -> QPolygonF:
    """The zone's four corners in image pixels: upper left, upper right, lower right, lower left."""
    return QPolygonF([QPointF(x, y) for x, y in zone_corners(frames, zone)])


def zone_at(frames: Frames, x: float, y: float) -> Zone | None:
    """The zone at a place of the image, x and y in image pixels; None outside the grid."""
    place = QPointF(x, y)
    inside = (zone for zone in ZONES if zone_polygon(frames, zone).containsPoint(place, Qt.FillRule.OddEvenFill))
    return next(inside, None)


def grid_outline(frames: Frames) -> QPolygonF:
    """The grid's four corners in image pixels, in the order of `zone_polygon`."""
    side = float(frames.side_px)
    corners = apply(frames.aligned_to_image, [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]])
    return QPolygonF([QPointF(x, y) for x, y in corners])


def _grid_lines(frames: Frames, shown: frozenset[Zone]) -> list[QLineF]:
    """The grid's lines around the zones shown, in image pixels, each line once."""
    side = float(frames.side_px)
    if len(shown) == len(ZONES):
        vertical = [((edge, 0.0), (edge, 1.0)) for edge in COLUMN_EDGES]
        horizontal = [((0.0, edge), (1.0, edge)) for edge in ROW_EDGES]
        shares = [*vertical, *horizontal]
    else:
        shares = list(dict.fromkeys(line for zone in ZONES if zone in shown for line in _border_of(zone)))
    if not shares:
        return []
    ends = apply(frames.aligned_to_image, [(x * side, y * side) for line in shares for x, y in line])
    return [QLineF(QPointF(*start), QPointF(*end)) for start, end in zip(ends[::2], ends[1::2], strict=True)]


def _border_of(zone: Zone) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The zone's four sides as shares of the aligned frame; neighbours share a side."""
    top, bottom = ROW_EDGES[zone.row], ROW_EDGES[zone.row + 1]
    left, right = COLUMN_EDGES[zone.column], COLUMN_EDGES[zone.column + 1]
    return [
        ((left, top), (right, top)),
        ((left, bottom), (right, bottom)),
        ((left, top), (left, bottom)),
        ((right, top), (right, bottom)),
    ]


def labels_of(prediction: Prediction) -> dict[Zone, ZoneLabel]:
    """Predicted score and confidence of every zone."""
    return {zone: ZoneLabel(prediction.score[zone], prediction.confidence_of(zone)) for zone in Zone}


def side_names(frames: Frames, patient_orientation: tuple[str, str] | None) -> tuple[str, str]:
    """The names of the sides above A B C and above D E F.

    A file that does not state its sides has them assumed. Where it states that the image's columns run the other way,
    the network mistook one lung for the other: the sides are questioned instead of stated wrongly.
    """
    along_rows = patient_orientation[0] if patient_orientation is not None else ""
    if orientation.is_stated(along_rows) and along_rows[0] in "RL":
        (from_x, _y), (to_x, _y) = apply(frames.aligned_to_image, [[0.0, 0.0], [frames.side_px, 0.0]])
        if (to_x > from_x) != (along_rows[0] == "L"):
            return _("R? The file says L"), _("L? The file says R")
    return orientation.side_names(patient_orientation)


def paint(
    painter: QPainter,
    to_view: QTransform,
    frames: Frames,
    labels: Mapping[Zone, ZoneLabel],
    opacity: float,
    *,
    score_opacity: float | None = None,
    own: Mapping[Zone, int] | None = None,
    in_turn: Zone | None = None,
    differing: frozenset[Zone] = frozenset(),
    changes: Mapping[Zone, int] | None = None,
    shown: frozenset[Zone] = frozenset(ZONES),
    patient_orientation: tuple[str, str] | None = None,
    occupied: Sequence[QRectF] = (),
) -> None:
    """Draws grid, scores and sides, with horizontal texts whatever the image's orientation.

    Args:
        painter: Paints in view units.
        to_view: Maps image pixels to the painter.
        frames: The prediction's frames, with the patient's pose.
        labels: Prediction per zone; zones left out show only their letter.
        opacity: The grid's opacity, in [0, 1].
        score_opacity: The opacity of the texts in the zones; the grid's if None.
        own: The reader's own entries, 0 to 3 or `NOT_ASSESSABLE`, drawn in a box beside the prediction's.
        in_turn: The zone that the next key scores; it gets a second frame inside its own.
        differing: Zones in which two results differ; they get a "≠" in the upper right corner.
        changes: By zone, the change of the predicted score since a prior image; written below the confidence.
        shown: Zones that are drawn; of the others only the zone in turn keeps its second frame.
        patient_orientation: The file's patient orientation.
        occupied: Places of other texts, in the painter's units: the names of the sides make way for them.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(opacity)
    polygons = {zone: to_view.map(zone_polygon(frames, zone)) for zone in Zone}
    lines = [to_view.map(line) for line in _grid_lines(frames, shown)]
    for pen in (QPen(SHADOW, 3.0), QPen(LINE, 1.3)):
        painter.setPen(pen)
        painter.drawLines(lines)
    if in_turn is not None:
        _draw_inner_frame(painter, polygons[in_turn])
    painter.setOpacity(opacity if score_opacity is None else score_opacity)
    for zone, polygon in polygons.items():
        if zone not in shown:
            continue
        if zone in differing:
            _write_difference(painter, polygon)
        texts = labels.get(zone), (own or {}).get(zone), (changes or {}).get(zone)
        _write_zone(painter, polygon.boundingRect(), zone, *texts)
    painter.setOpacity(opacity)
    _write_sides(painter, polygons, side_names(frames, patient_orientation), occupied)
    painter.restore()


def paint_chosen(painter: QPainter, to_view: QTransform, frames: Frames, zone: Zone) -> None:
    """Draws a broad frame around the zone whose explanation is shown."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(SHADOW, 6.0), QPen(CHOSEN, 3.0)):
        painter.setPen(pen)
        painter.drawPolygon(to_view.map(zone_polygon(frames, zone)))
    painter.restore()


def paint_affected(painter: QPainter, to_view: QTransform, frames: Frames, zones: Iterable[Zone]) -> None:
    """Draws dashed frames around zones that a region elsewhere acts on."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for zone in zones:
        for pen in (QPen(SHADOW, 4.0), QPen(CHOSEN, 2.0, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawPolygon(to_view.map(zone_polygon(frames, zone)))
    painter.restore()


def _draw_inner_frame(painter: QPainter, polygon: QPolygonF) -> None:
    corners = [polygon.at(number) for number in range(4)]
    middle = (corners[0] + corners[2]) / 2
    inner = QPolygonF([middle + (corner - middle) * INNER_FRAME for corner in corners])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(SHADOW, 5.0), QPen(OWN, 2.6)):
        painter.setPen(pen)
        painter.drawPolygon(inner)


def _write_difference(painter: QPainter, polygon: QPolygonF) -> None:
    box, corners = polygon.boundingRect(), [polygon.at(number) for number in range(4)]
    size = min(max(min(box.width(), box.height()) * 0.14, SMALLEST_PX), LARGEST_PX)
    # In a corner of the zone itself, which may be tilted on the screen.
    corner = corners[1] + (corners[3] - corners[1]) * 0.14
    painter.setBrush(QColor(0, 0, 0, 150))
    painter.setPen(QPen(LINE, 1.3))
    painter.drawEllipse(corner, size * 0.62, size * 0.62)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    around = QRectF(corner.x() - size, corner.y() - size, 2 * size, 2 * size)
    _write_line(painter, around, corner.y(), "≠", size, bold=True)


def _write_zone(
    painter: QPainter, box: QRectF, zone: Zone, label: ZoneLabel | None, own: int | None, change: int | None
) -> None:
    size = min(max(min(box.width(), box.height()) * 0.24, SMALLEST_PX), LARGEST_PX)
    middle = box.center().y()
    if label is None and own is None:
        _write_line(painter, box, middle, zone.name, size * 0.5)
        return
    _write_line(painter, box, middle - size * 0.82, zone.name, size * 0.42)
    # With both scores, the prediction is in the left half of the line and the reader's own in the right half.
    # Low confidence is marked by a sign, not by a colour.
    confidence = "" if label is None else f"{label.confidence:.0%}" + (" ?" if label.is_unsure else "")
    small = max(size * 0.38, SMALLEST_PX)
    second, third = _lines_below(size, small)
    own_word, offset = _("own"), 0.0
    if label is not None and own is not None:
        metrics = QFontMetricsF(_font(painter, small))
        needed = metrics.horizontalAdvance(confidence) + metrics.horizontalAdvance(own_word) + small
        if needed > box.width():
            own_word, needed = "", 0.0  # its frame says whose it is
        offset = max(size * 0.55, needed / 4)
    if label is not None:
        _write_line(painter, box.translated(-offset, 0), middle, str(label.score), size, bold=True)
        _write_line(painter, box.translated(-offset, 0), middle + second, confidence, small)
        if change is not None and third + small / 2 < box.height() / 2:  # otherwise it would lie on the zone below
            text = f"Δ {change:+d}".replace("-", "−") if change else "Δ 0"
            _write_line(painter, box.translated(-offset, 0), middle + third, text, small, bold=bool(change))
    if own is not None:
        frame = QRectF(box.center().x() + offset - size * 0.42, middle - size * 0.55, size * 0.84, size * 1.1)
        painter.setBrush(QColor(0, 0, 0, 120))
        painter.setPen(QPen(OWN, max(size / 20, 1.2)))
        painter.drawRoundedRect(frame, size * 0.12, size * 0.12)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        _write_line(painter, box.translated(offset, 0), middle, entry_text(own), size, bold=True, ink=OWN)
        _write_line(painter, box.translated(offset, 0), middle + second, own_word, small, ink=OWN)


def _lines_below(size: float, small: float) -> tuple[float, float]:
    """Distances of the middles of two small lines from the middle of the score above them; no line lies on another."""
    second = max(size * 0.85, size * 0.55 + small * 0.5)
    return second, second + max(size * 0.5, small * 1.25)


def _write_sides(
    painter: QPainter, polygons: Mapping[Zone, QPolygonF], names: tuple[str, str], occupied: Sequence[QRectF]
) -> None:
    """Writes the sides' names outside the grid, both below it if one would lie on another text above it."""
    font = _font(painter, 13.0)
    for below in (False, True):
        places = []
        for column, name in enumerate(names):
            of_side = [polygons[zone] for zone in ZONES if zone.column == column]
            places.append(_place_of_side(of_side, polygons, name, font, below=below))
        if not any(place.intersects(box) for place in places for box in occupied):
            break
    left, right = sorted(places, key=lambda place: place.center().x())
    if left.intersects(right):
        apart = (left.right() - right.left()) / 2
        left.translate(-apart, 0)
        right.translate(apart, 0)
    for name, place in zip(names, places, strict=True):
        write(painter, place, Qt.AlignmentFlag.AlignCenter, [name], font)


def _place_of_side(
    of_side: list[QPolygonF], polygons: Mapping[Zone, QPolygonF], text: str, font: QFont, *, below: bool
) -> QRectF:
    """The place above a side, or below it; where one side is the lower one, above and below the grid in any case."""
    grid, box = _bounds(polygons.values()), _bounds(of_side)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 8, metrics.height()
    offset = box.center() - grid.center()
    if abs(offset.x()) >= abs(offset.y()):
        middle = box.center().x()
    else:
        middle, below = grid.center().x(), offset.y() >= 0
    top = grid.bottom() + 4 if below else grid.top() - height - 4
    return QRectF(middle - width / 2, top, width, height)


def _bounds(polygons: Iterable[QPolygonF]) -> QRectF:
    box = QRectF()
    for polygon in polygons:
        box = box.united(polygon.boundingRect())
    return box


def _write_line(
    painter: QPainter, box: QRectF, middle: float, text: str, height: float, *, bold: bool = False, ink: QColor = LINE
) -> None:
    place = QRectF(box.center().x() - box.width(), middle - height, 2 * box.width(), 2 * height)
    write(painter, place, Qt.AlignmentFlag.AlignCenter, [text], _font(painter, height, bold=bold), ink)


def _font(painter: QPainter, height: float, *, bold: bool = False) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(max(round(height), 9))
    font.setBold(bold)
    return font
