"""Text over an image: readable on white and on black, at the size of the widget's font."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QImage, QPainter

INK = QColor(235, 238, 241)
RIM = QColor(0, 0, 0, 210)
"""The rim's colour; only its opacity is used."""
PLATE = QColor(10, 12, 15, 190)


def font_of(base: QFont, factor: float, *, bold: bool = False) -> QFont:
    """`base` enlarged or reduced; it follows the user's font size and the screen's pixel ratio."""
    font = QFont(base)
    font.setPixelSize(max(round(QFontInfo(base).pixelSize() * factor), 8))
    font.setBold(bold)
    return font


def write(
    painter: QPainter,
    place: QRectF,
    alignment: Qt.AlignmentFlag,
    lines: Sequence[str],
    font: QFont,
    ink: QColor = INK,
) -> None:
    """Writes lines of text with a dark rim, each cut to the width of `place`."""
    metrics = QFontMetricsF(font)
    height = metrics.lineSpacing()
    top = place.top()
    if alignment & Qt.AlignmentFlag.AlignBottom:
        top = place.bottom() - height * len(lines)
    elif alignment & Qt.AlignmentFlag.AlignVCenter:
        top = place.center().y() - height * len(lines) / 2
    ratio = painter.deviceTransform().m11()
    for number, line in enumerate(lines):
        if not line:
            continue
        text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, place.width())
        left = place.left()
        if alignment & Qt.AlignmentFlag.AlignRight:
            left = place.right() - metrics.horizontalAdvance(text)
        elif alignment & Qt.AlignmentFlag.AlignHCenter:
            left = place.center().x() - metrics.horizontalAdvance(text) / 2
        rim_px = _rim_px(metrics)
        # On whole device pixels, otherwise the letters would be resampled.
        x, y = round((left - rim_px) * ratio) / ratio, round((top + number * height - rim_px) * ratio) / ratio
        painter.drawImage(QPointF(x, y), _rimmed(text, font.toString(), ink.rgba(), ratio))


def _rim_px(metrics: QFontMetricsF) -> float:
    # Small letters need a rim wide enough to close between them.
    return max(metrics.height() / 11, 2.2)


@lru_cache(maxsize=256)
def _rimmed(text: str, font_text: str, ink: int, ratio: float) -> QImage:
    """One line with its rim; cached, because the same few lines are drawn in every frame."""
    font = QFont()
    font.fromString(font_text)
    metrics = QFontMetricsF(font)
    rim_px = _rim_px(metrics)
    width, height = metrics.horizontalAdvance(text) + 2 * rim_px + 2, metrics.height() + 2 * rim_px
    image = QImage(ceil(width * ratio), ceil(height * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    baseline = QPointF(rim_px, rim_px + metrics.ascent())
    _draw_text(image, baseline, text, font, ink)
    # The letters dilated by the rim, then the letters on top: stroking their outlines takes ten times as long.
    pixels = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    radius = max(round(rim_px * ratio), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    dilated = cv2.dilate((pixels >> 24).astype(np.uint8), disc)
    pixels[:] = (dilated.astype(np.uint32) * RIM.alpha() // 255) << 24
    _draw_text(image, baseline, text, font, ink)
    return image


def _draw_text(image: QImage, baseline: QPointF, text: str, font: QFont, ink: int) -> None:
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font)
    painter.setPen(QColor.fromRgba(ink))
    painter.drawText(baseline, text)
    painter.end()


def write_on_plate(
    painter: QPainter, corner: QPointF, lines: Sequence[str], font: QFont, ink: QColor, area: QRectF
) -> QRectF:
    """Writes lines on a dark plate with its upper left corner at `corner`, moved so that it stays inside `area`.

    Returns:
        The plate's rectangle.
    """
    metrics = QFontMetricsF(font)
    size = QRectF(
        0, 0, max(metrics.horizontalAdvance(line) for line in lines) + 10, metrics.lineSpacing() * len(lines) + 4
    )
    x = min(max(corner.x(), area.left()), area.right() - size.width())
    y = min(max(corner.y(), area.top()), area.bottom() - size.height())
    plate = size.translated(x, y)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PLATE)
    painter.drawRoundedRect(plate, 3, 3)
    painter.setFont(font)
    painter.setPen(ink)
    for number, line in enumerate(lines):
        painter.drawText(
            QPointF(plate.left() + 5, plate.top() + 2 + number * metrics.lineSpacing() + metrics.ascent()), line
        )
    painter.restore()
    return plate
