"""A layer over the image: drawn once, then moved along with the image.

Drawing contours, grid, scores and explanation map takes three times as long as drawing the image. So they are drawn
onto one translucent layer of the screen's density, somewhat larger than the view. While the window changes, the layer
is used as it is; while the image moves it is shifted by whole device pixels, and while it is zoomed it is scaled. Once
the image stands still, the layer is drawn again unless what is shown is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

MARGIN_PX = 256
"""Device pixels that the layer extends beyond the view on every side, so that it is seldom drawn while moving."""
LARGEST_STRETCH = 1.6
"""From this factor on letters and lines are too coarse or too fine: they are drawn again even while zooming."""
Draw = Callable[[QPainter, QTransform, QSize], None]
"""Draws the layer: painter, transform from image pixels to its units, and size in device pixels."""


@dataclass(frozen=True)
class _Drawn:
    """A finished drawing of the layer.

    Attributes:
        pixels: The drawing.
        made_of: What it was drawn from, apart from the place.
        to_device: From image pixels to device pixels of the view when it was drawn.
        corner: Its upper left corner in these device pixels.
    """

    pixels: QImage
    made_of: tuple[object, ...]
    to_device: QTransform
    corner: QPoint

    @property
    def place(self) -> QRect:
        """The part it covers, in device pixels of the view when it was drawn."""
        return QRect(self.corner, self.pixels.size())


class Layer:
    """The layer of one view."""

    def __init__(self) -> None:
        self._drawn: _Drawn | None = None
        self._is_exact = True

    @property
    def is_exact(self) -> bool:
        """Whether the last frame equals what drawing it again would give."""
        return self._is_exact

    def forget(self) -> None:
        """Frees the drawing."""
        self._drawn, self._is_exact = None, True

    def paint(
        self,
        painter: QPainter,
        draw: Draw,
        made_of: tuple[object, ...],
        to_view: QTransform,
        area: QRectF,
        extent: QRectF,
        *,
        moving: bool,
    ) -> None:
        """Lays the layer over the view.

        Args:
            painter: Paints in view units.
            draw: Draws the layer where the kept drawing cannot be used.
            made_of: Everything the drawing depends on apart from the place; compared by identity.
            to_view: Maps image pixels to view units.
            area: The whole view.
            extent: The rectangle the layer may draw in, in view units; it can be larger than the view, or empty.
            moving: Whether the kept drawing may be shifted or scaled for now.
        """
        if extent.isEmpty():
            self.forget()
            return
        ratio = painter.deviceTransform().m11()
        to_device = to_view * QTransform.fromScale(ratio, ratio)
        view = QRectF(area.topLeft() * ratio, area.size() * ratio).toAlignedRect()
        drawable = QRectF(extent.topLeft() * ratio, extent.size() * ratio).toAlignedRect()
        all_made_of = (*made_of, ratio)
        drawn = self._drawn
        if drawn is None or not _are_the_same(drawn.made_of, all_made_of):
            drawn = None
        elif drawn.to_device != to_device:
            motion = drawn.to_device.inverted()[0] * to_device
            drawn = drawn if _is_usable(drawn, motion, view.intersected(drawable), moving=moving) else None
        if drawn is None:
            place = view.adjusted(-MARGIN_PX, -MARGIN_PX, MARGIN_PX, MARGIN_PX).intersected(drawable)
            drawn = self._drawn = _draw_layer(draw, all_made_of, to_view, to_device, place, ratio, painter)
        self._is_exact = _paint_drawn(painter, drawn, to_device, ratio)


def _draw_layer(
    draw: Draw,
    made_of: tuple[object, ...],
    to_view: QTransform,
    to_device: QTransform,
    place: QRect,
    ratio: float,
    on_view: QPainter,
) -> _Drawn:
    pixels = QImage(place.size().expandedTo(QSize(1, 1)), QImage.Format.Format_ARGB32_Premultiplied)
    pixels.setDevicePixelRatio(ratio)
    pixels.fill(Qt.GlobalColor.transparent)
    with QPainter(pixels) as painter:
        painter.setFont(on_view.font())
        draw(painter, to_view * QTransform.fromTranslate(-place.x() / ratio, -place.y() / ratio), pixels.size())
    return _Drawn(pixels, made_of, to_device, place.topLeft())


def _is_usable(drawn: _Drawn, motion: QTransform, visible: QRect, *, moving: bool) -> bool:
    """Whether a kept drawing can be shown instead of a new one.

    Args:
        drawn: The kept drawing.
        motion: From the image's place then to its place now, in device pixels.
        visible: The part of the layer that is on the view now.
        moving: Whether it may be shown roughly.
    """
    # Rounding may take one pixel away, where the extent has room to spare or the margin ends.
    covered = motion.mapRect(QRectF(drawn.place)).toRect().adjusted(-1, -1, 1, 1)
    if not covered.contains(visible):
        return False
    if _is_a_shift(motion):
        return moving or _is_by_whole_pixels(motion)
    is_a_zoom = _keeps_axes(motion) and motion.m22() > 0
    return moving and is_a_zoom and 1 / LARGEST_STRETCH < motion.m11() < LARGEST_STRETCH


def _paint_drawn(painter: QPainter, drawn: _Drawn, to_device: QTransform, ratio: float) -> bool:
    """Paints a drawing at the image's current position.

    Returns:
        Whether the result is exact: the same scale, shifted by whole pixels.
    """
    if drawn.to_device == to_device:
        painter.drawImage(QPointF(drawn.corner) / ratio, drawn.pixels)
        return True
    motion = drawn.to_device.inverted()[0] * to_device
    if _is_a_shift(motion):
        shifted = drawn.corner + QPoint(round(motion.dx()), round(motion.dy()))
        painter.drawImage(QPointF(shifted) / ratio, drawn.pixels)
        return _is_by_whole_pixels(motion)
    place = motion.mapRect(QRectF(drawn.place))
    painter.drawImage(QRectF(place.topLeft() / ratio, place.size() / ratio), drawn.pixels)
    return False


def _is_a_shift(motion: QTransform) -> bool:
    return abs(motion.m11() - 1) < 1e-9 and abs(motion.m22() - 1) < 1e-9 and _keeps_axes(motion)


def _keeps_axes(motion: QTransform) -> bool:
    return abs(motion.m12()) < 1e-9 and abs(motion.m21()) < 1e-9


def _is_by_whole_pixels(motion: QTransform) -> bool:
    return all(abs(pixels - round(pixels)) < 1e-3 for pixels in (motion.dx(), motion.dy()))


def _are_the_same(left: tuple[object, ...], right: tuple[object, ...]) -> bool:
    return len(left) == len(right) and all(
        one is other or (isinstance(one, float | str | tuple) and one == other)
        for one, other in zip(left, right, strict=True)
    )
