"""The image's place in the view: zoom, pan, orientation, and non-square pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QTransform

from app.canvas.drawing.orientation import AS_STORED, Orientation

MIN_SCALE, MAX_SCALE = 0.02, 40.0
FIT_MARGIN_PX = 8.0


@dataclass(frozen=True, slots=True)
class ViewGeometry:
    """Maps image pixels to view coordinates.

    Attributes:
        image_size: Width and height in image pixels.
        pixel_aspect: Height of a pixel divided by its width in mm; 1 for square pixels.
        scale: View units per image pixel along the image's rows.
        centre: The image point shown in the middle of the view.
        view_size: Size of the widget, in view units.
        orientation: The image's orientation on the screen.
    """

    image_size: QSizeF
    pixel_aspect: float
    scale: float
    centre: QPointF
    view_size: QSizeF
    orientation: Orientation = AS_STORED

    @classmethod
    def fitted(
        cls,
        image_size: QSizeF,
        pixel_aspect: float,
        view_size: QSizeF,
        orientation: Orientation = AS_STORED,
    ) -> ViewGeometry:
        """The whole image, as large as possible."""
        width, height = image_size.width(), image_size.height() * pixel_aspect
        if orientation.swaps_sides:
            width, height = height, width
        scale = min(
            max(view_size.width() - 2 * FIT_MARGIN_PX, 1.0) / width,
            max(view_size.height() - 2 * FIT_MARGIN_PX, 1.0) / height,
        )
        centre = QPointF(image_size.width() / 2, image_size.height() / 2)
        return cls(image_size, pixel_aspect, scale, centre, view_size, orientation)

    @property
    def to_view(self) -> QTransform:
        """From image pixels to view units."""
        middle = QTransform.fromTranslate(self.view_size.width() / 2, self.view_size.height() / 2)
        return QTransform.fromTranslate(-self.centre.x(), -self.centre.y()) * self._linear * middle

    @property
    def _linear(self) -> QTransform:
        return QTransform.fromScale(self.scale, self.scale * self.pixel_aspect) * self.orientation.matrix

    def to_image(self, view_point: QPointF) -> QPointF:
        """The image point under a view point."""
        inverse, _ = self.to_view.inverted()
        return inverse.map(view_point)

    @property
    def image_on_view(self) -> QRectF:
        """The rectangle of the whole image, in view units."""
        return self.to_view.mapRect(QRectF(QPointF(0, 0), self.image_size))

    def zoomed(self, factor: float, view_point: QPointF) -> ViewGeometry:
        """Zoomed so that the image point under `view_point` stays there."""
        fixed = self.to_image(view_point)
        scale = min(max(self.scale * factor, MIN_SCALE), MAX_SCALE)
        share = self.scale / scale
        return replace(self, scale=scale, centre=fixed + (self.centre - fixed) * share)

    def panned(self, view_offset: QPointF) -> ViewGeometry:
        """Moved along with the pointer; a point of the image always stays in the middle of the view."""
        to_image, _ = self._linear.inverted()
        centre = self.centre - to_image.map(view_offset)
        return self.centred_at(centre)

    def centred_at(self, image_point: QPointF) -> ViewGeometry:
        """With this image point, or the nearest one inside the image, in the middle of the view."""
        x = min(max(image_point.x(), 0.0), self.image_size.width())
        y = min(max(image_point.y(), 0.0), self.image_size.height())
        return replace(self, centre=QPointF(x, y))

    def resized(self, view_size: QSizeF) -> ViewGeometry:
        """The geometry in a view of another size, with the same image point in the middle."""
        return replace(self, view_size=view_size)
