"""A layer over the picture, drawn once and moved along with it.

Drawing contours, grid, scores and map anew takes three times as long as the picture beneath. So they are drawn onto one
translucent image of the screen's own density, somewhat larger than the view. While the window changes, that image is
laid over as it is; while the picture moves it is shifted by whole device pixels, and while it is zoomed it is scaled.
Once the picture stands still, it is drawn anew wherever that was not exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

MARGIN_PX = 256
"""Device pixels that the image goes on beyond the view on every side, so that moving seldom needs more."""
LARGEST_STRETCH = 1.6
"""From this factor on letters and lines are too coarse or too fine, and are drawn anew even while zooming."""
Draw = Callable[[QPainter, QTransform, QSize], None]
"""Draws the layer: the painter, from image pixels to its units, and its size in device pixels."""


@dataclass(frozen=True)
class _Drawn:
    """A finished image of the layer.

    Attributes:
        made_of: What it shows, other than its place.
        to_device: From image pixels to device pixels of the view when it was drawn.
        corner: Its upper left corner in these.
    """

    image: QImage
    made_of: tuple[object, ...]
    to_device: QTransform
    corner: QPoint

    @property
    def place(self) -> QRect:
        """What it covers, in device pixels of the view when it was drawn."""
        return QRect(self.corner, self.image.size())


class Layer:
    """The image of the layer of one view, and how it follows the picture."""

    def __init__(self) -> None:
        self._drawn: _Drawn | None = None
        self._is_exact = True

    @property
    def is_exact(self) -> bool:
        """Whether the last frame showed what drawing anew would have shown."""
        return self._is_exact

    def forget(self) -> None:
        """Lets the image go."""
        self._drawn, self._is_exact = None, True

    def paint(
        self,
        painter: QPainter,
        draw: Draw,
        made_of: tuple[object, ...],
        to_view: QTransform,
        area: QRectF,
        reach: QRectF,
        *,
        moving: bool,
    ) -> None:
        """Lays the layer over the view.

        Args:
            painter: Paints in view units.
            draw: Draws the layer where the image that is there cannot be used.
            made_of: All that the drawing depends on apart from its place; compared by identity.
            to_view: Maps image pixels to view units.
            area: The whole view.
            reach: Where the layer may have drawn something, in view units; it can be larger than the view, or empty.
            moving: Whether a frame may be shifted or scaled for now.
        """
        if reach.isEmpty():
            self.forget()
            return
        ratio = painter.deviceTransform().m11()
        to_device = to_view * QTransform.fromScale(ratio, ratio)
        view = QRectF(area.topLeft() * ratio, area.size() * ratio).toAlignedRect()
        requested = QRectF(reach.topLeft() * ratio, reach.size() * ratio).toAlignedRect()
        all_made_of = (*made_of, ratio)
        drawn = self._drawn
        if drawn is None or not _are_the_same(drawn.made_of, all_made_of):
            drawn = None
        elif drawn.to_device != to_device:
            motion = drawn.to_device.inverted()[0] * to_device
            seen = view.intersected(requested)
            drawn = drawn if _serves(drawn, motion, seen, moving=moving) else None
        if drawn is None:
            place = view.adjusted(-MARGIN_PX, -MARGIN_PX, MARGIN_PX, MARGIN_PX).intersected(requested)
            drawn = self._drawn = _draw_anew(draw, all_made_of, to_view, to_device, place, ratio, painter)
        self._is_exact = _lay_over(painter, drawn, to_device, ratio)


def _draw_anew(
    draw: Draw,
    made_of: tuple[object, ...],
    to_view: QTransform,
    to_device: QTransform,
    place: QRect,
    ratio: float,
    on_view: QPainter,
) -> _Drawn:
    image = QImage(place.size().expandedTo(QSize(1, 1)), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setFont(on_view.font())
        draw(painter, to_view * QTransform.fromTranslate(-place.x() / ratio, -place.y() / ratio), image.size())
    return _Drawn(image, made_of, to_device, place.topLeft())


def _serves(drawn: _Drawn, motion: QTransform, seen: QRect, *, moving: bool) -> bool:
    """Whether the image can stand in for a new one.

    Args:
        drawn: The image.
        motion: From where the picture lay then to where it lies now, in device pixels.
        seen: The part of the layer that is on the view now.
        moving: Whether it may do so roughly.
    """
    # Rounding may take one pixel away, where `reach` has room to spare or the margin ends.
    covered = motion.mapRect(QRectF(drawn.place)).toRect().adjusted(-1, -1, 1, 1)
    if not covered.contains(seen):
        return False
    if _is_a_shift(motion):
        return moving or (_is_whole(motion.dx()) and _is_whole(motion.dy()))
    is_a_zoom = _is_upright(motion) and motion.m22() > 0
    return moving and is_a_zoom and 1 / LARGEST_STRETCH < motion.m11() < LARGEST_STRETCH


def _lay_over(painter: QPainter, drawn: _Drawn, to_device: QTransform, ratio: float) -> bool:
    """Whether it was exact."""
    if drawn.to_device == to_device:
        painter.drawImage(QPointF(drawn.corner) / ratio, drawn.image)
        return True
    motion = drawn.to_device.inverted()[0] * to_device
    if _is_a_shift(motion):
        shifted = drawn.corner + QPoint(round(motion.dx()), round(motion.dy()))
        painter.drawImage(QPointF(shifted) / ratio, drawn.image)
        return _is_whole(motion.dx()) and _is_whole(motion.dy())
    place = motion.mapRect(QRectF(drawn.place))
    painter.drawImage(QRectF(place.topLeft() / ratio, place.size() / ratio), drawn.image)
    return False


def _is_a_shift(motion: QTransform) -> bool:
    return abs(motion.m11() - 1) < 1e-9 and abs(motion.m22() - 1) < 1e-9 and _is_upright(motion)


def _is_upright(motion: QTransform) -> bool:
    return abs(motion.m12()) < 1e-9 and abs(motion.m21()) < 1e-9


def _is_whole(pixels: float) -> bool:
    return abs(pixels - round(pixels)) < 1e-3


def _are_the_same(left: tuple[object, ...], right: tuple[object, ...]) -> bool:
    return len(left) == len(right) and all(
        one is other or (isinstance(one, float | str | tuple) and one == other)
        for one, other in zip(left, right, strict=True)
    )
