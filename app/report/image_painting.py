"""The images of a report, painted off-screen and without widgets, so on any thread: radiograph, overlays, lungs.

The patient's right is always on the left: an image is brought into the standard orientation that its file states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QTransform

from app.canvas.drawing.orientation import side_names
from app.canvas.overlays import explanation_map as explanation_overlay
from app.canvas.overlays import lungs as lungs_overlay
from app.canvas.overlays import zones as zones_overlay
from app.report.fonts import load_fonts, report_font
from bsnet_core.brixia import Zone
from bsnet_core.display import Voi, display_table
from bsnet_core.frames import Frames
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata, Radiograph
from bsnet_core.standard_orientation import AS_STORED, StandardOrientation

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction

LOGICAL_SIDE = 440.0
"""Longer side of a painted image in units, in which overlays measure their lines and letters."""
PIXELS_PER_UNIT = 4.0
LETTER_PT = 11.0
HEIGHT_OF_SIDES = 22.0
"""Height of the side names above the grid of the zone overlay, in units."""
LETTER = QColor(255, 255, 255)
SHADOW = QColor(0, 0, 0)
NO_COLOUR = QColor(255, 255, 255)
PALE_RIM, DARK_RIM = QColor(255, 255, 255), QColor(0, 0, 0)
DARK_LUMINANCE = 0.5
REGION_LETTER = 15.0
"""Height of the letters on single super-pixels, in units."""


@dataclass(frozen=True)
class ImageLayers:
    """The layers painted over an image, bottom to top.

    Attributes:
        explanation: Explanation map and its opacity in [0, 1].
        lungs: Whether the outline of the lung mask is painted.
        lung_fill: Opacity of the colour over the lungs, in [0, 1]; 0 for none.
        zones: Whether the grid with predicted scores and confidence is painted.
    """

    explanation: tuple[explanation_overlay.ExplanationImage, float] | None = None
    lungs: bool = False
    lung_fill: float = 0.0
    zones: bool = False


PLAIN = ImageLayers()


@dataclass(frozen=True)
class PaintedImage:
    """A painted radiograph.

    Attributes:
        image: RGB32, `PIXELS_PER_UNIT` pixels per unit.
        to_units: Transform from pixels of the file to units of `image`.
        sides: Texts at its left and right edge.
    """

    image: QImage
    to_units: QTransform
    sides: tuple[str, str]


def right_side_is_stated_on_the_right(metadata: ImageMetadata) -> bool | None:
    """Whether the patient's right is on the right according to the file; None if the file does not state it.

    Source: DICOM PS3.3 C.7.6.1.1.1, direction of the rows of the image.
    """
    along_rows = metadata.patient_orientation[0][:1] if metadata.patient_orientation else ""
    return {"R": True, "L": False}.get(along_rows)


def zone_a_lies_on_the_right(frames: Frames) -> bool:
    """Whether the network's zones of the patient's right are on the right of the file's pixel grid."""
    middles = [zones_overlay.zone_polygon(frames, zone).boundingRect().center().x() for zone in (Zone.A, Zone.D)]
    return middles[0] > middles[1]


def sides_are_in_doubt(metadata: ImageMetadata, prediction: Prediction | None) -> bool:
    """Whether the zones of the patient's right are where the patient's left is according to the file."""
    stated = right_side_is_stated_on_the_right(metadata)
    return stated is not None and prediction is not None and stated != zone_a_lies_on_the_right(prediction.frames)


def paint_image(
    radiograph: Radiograph,
    voi: Voi,
    *,
    inverted: bool = False,
    prediction: Prediction | None = None,
    layers: ImageLayers = PLAIN,
) -> PaintedImage:
    """Paints a radiograph as displayed, the patient's right on the left, under its overlays.

    Args:
        radiograph: The radiograph; non-square pixels are scaled to square ones.
        voi: Window or VOI LUT in use.
        inverted: Whether the reader has inverted the grey levels.
        prediction: Prediction for this radiograph; every layer needs it.
        layers: Overlays to paint.
    """
    load_fonts()
    orientation = _orientation_of(radiograph.metadata, prediction)
    size = _size_of(radiograph, orientation)
    to_units = _to_units(radiograph, size, orientation)
    grey = _grey_image(radiograph, voi, size, orientation, inverted=inverted)
    has_grid = prediction is not None and layers.zones
    headroom = _headroom(prediction.frames, to_units) if prediction is not None and layers.zones else 0.0
    image = QImage(grey.width(), grey.height() + round(headroom * PIXELS_PER_UNIT), QImage.Format.Format_RGB32)
    image.fill(SHADOW)
    to_units = to_units * QTransform.fromTranslate(0, headroom)
    painter = QPainter(image)
    painter.drawImage(0, image.height() - grey.height(), grey)
    painter.scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setFont(report_font(LETTER_PT))
    if layers.explanation is not None:
        explanation_overlay.paint(painter, to_units, *layers.explanation)
    if prediction is not None and layers.lungs:
        outline = lungs_overlay.outline_of(prediction)
        if layers.lung_fill > 0:
            lungs_overlay.paint_fill(painter, to_units, outline, layers.lung_fill)
        lungs_overlay.paint_contour(painter, to_units, outline, 1.0)
    if prediction is not None and layers.zones:
        labels = zones_overlay.labels_of(prediction)
        stated = radiograph.metadata.patient_orientation
        zones_overlay.paint(painter, to_units, prediction.frames, labels, 1.0, patient_orientation=stated)
    sides = _sides(radiograph.metadata, prediction, orientation)
    if not has_grid:  # the grid names the sides itself
        paint_sides(painter, QRectF(QPointF(0, 0), size), sides)
    painter.end()
    return PaintedImage(image, to_units, sides)


def paint_sides(painter: QPainter, area: QRectF, sides: tuple[str, str]) -> None:
    """Writes the sides into the upper corners of an image."""
    painter.save()
    font = painter.font()
    font.setPixelSize(15)
    painter.setFont(font)
    inside = area.adjusted(8, 6, -8, -6)
    for text, side in zip(sides, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True):
        for colour, shift in ((SHADOW, 1.0), (LETTER, 0.0)):
            painter.setPen(colour)
            painter.drawText(inside.translated(shift, shift), int(side | Qt.AlignmentFlag.AlignTop), text)
    painter.restore()


def paint_letters(image: QImage, places: Mapping[str, QPointF]) -> None:
    """Writes letters over a painted image, each centred on its position in units."""
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(PIXELS_PER_UNIT, PIXELS_PER_UNIT)
    for text, place in places.items():
        paint_rimmed(painter, place, text, REGION_LETTER, NO_COLOUR)
    painter.end()


def paint_rimmed(painter: QPainter, middle: QPointF, text: str, height: float, colour: QColor) -> None:
    """Paints text with a contrasting rim, legible over dark lung, bright bone and the map alike.

    Args:
        painter: Scaled to units of the image.
        middle: Centre of the text.
        text: One or a few letters.
        height: Height of a capital letter, in units.
        colour: Colour of the letters.
    """
    font = report_font(LETTER_PT, bold=True)
    font.setPixelSize(max(round(height * 1.3), 6))  # digits are some three quarters of the size
    metrics = QFontMetricsF(font)
    path = QPainterPath()
    path.addText(middle.x() - metrics.horizontalAdvance(text) / 2, middle.y() + metrics.capHeight() / 2, font, text)
    rim = PALE_RIM if colour.lightnessF() < DARK_LUMINANCE + 0.1 else DARK_RIM
    painter.setPen(
        QPen(rim, max(height * 0.14, 2.0), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.fillPath(path, colour)


def grey_image(values: npt.NDArray[np.float32], side_px: int) -> QImage:
    """A square map as a greyscale image, such as the aligned lungs.

    Args:
        values: (S, S) float32 in [0, 1].
        side_px: Side of the returned image.
    """
    shrinks = side_px < values.shape[0]
    sized = cv2.resize(
        np.ascontiguousarray(values),
        (side_px, side_px),
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
    )
    return _to_image(np.clip(sized * 255, 0, 255).astype(np.uint8))


def _orientation_of(metadata: ImageMetadata, prediction: Prediction | None) -> StandardOrientation:
    # If zones and file contradict each other, the image stays as stored, and the report says so.
    return (
        AS_STORED if sides_are_in_doubt(metadata, prediction) else StandardOrientation.of(metadata.patient_orientation)
    )


def _headroom(frames: Frames, to_units: QTransform) -> float:
    """Units to add above an image so that the side names above its grid are not cut off."""
    # They are above the grid's highest corner; in a rotated grid that is higher than its edge.
    return max(0.0, HEIGHT_OF_SIDES - to_units.map(zones_overlay.grid_outline(frames)).boundingRect().top())


def _sides(metadata: ImageMetadata, prediction: Prediction | None, orientation: StandardOrientation) -> tuple[str, str]:
    """The sides as the file or the zones state them; nothing is guessed."""
    right, left = side_names(metadata.patient_orientation)
    stated = right_side_is_stated_on_the_right(metadata)
    if stated is None and prediction is None and orientation.changes_nothing:
        return _("side not stated"), ""
    return (left, right) if stated and orientation.changes_nothing else (right, left)


def _size_of(radiograph: Radiograph, orientation: StandardOrientation) -> QSizeF:
    """Width and height of the image in standard orientation, in units."""
    height, width = map(float, radiograph.shape)
    spacing = radiograph.metadata.spacing
    if spacing is not None and spacing.row_mm > 0 and spacing.column_mm > 0:
        height *= spacing.row_mm / spacing.column_mm
    scale = LOGICAL_SIDE / max(height, width)
    size = QSizeF(max(width * scale, 1.0), max(height * scale, 1.0))
    return size.transposed() if orientation.transposed else size


def _to_units(radiograph: Radiograph, size: QSizeF, orientation: StandardOrientation) -> QTransform:
    height, width = orientation.standard_shape(radiograph.shape)
    (m11, m12, dx), (m21, m22, dy) = orientation.affine(radiograph.shape)
    return QTransform(m11, m21, m12, m22, dx, dy) * QTransform.fromScale(size.width() / width, size.height() / height)


def _grey_image(
    radiograph: Radiograph, voi: Voi, size: QSizeF, orientation: StandardOrientation, *, inverted: bool
) -> QImage:
    grey = display_table(radiograph, voi, inverted=inverted)[radiograph.stored]
    width, height = round(size.width() * PIXELS_PER_UNIT), round(size.height() * PIXELS_PER_UNIT)
    standard = np.ascontiguousarray(orientation.to_standard(grey))
    shrinks = width < standard.shape[1]
    return _to_image(
        cv2.resize(standard, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    )


def _to_image(grey: npt.NDArray[np.uint8]) -> QImage:
    grey = np.ascontiguousarray(grey)
    height, width = grey.shape
    return QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
