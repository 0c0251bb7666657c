"""Where the picture lies in the view: zoom, pan, and non-square pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtGui import QTransform

MIN_SCALE, MAX_SCALE = 0.02, 40.0
FIT_MARGIN_PX = 8.0


@dataclass(frozen=True, slots=True)
class ViewGeometry:
    """Maps image pixels to view coordinates.

    Attributes:
        image_size: Width and height in image pixels.
        pixel_aspect: Height of a pixel divided by its width in mm; 1 for square pixels.
        scale: View units per image pixel along x.
        centre: The image point shown in the middle of the view.
        view_size: Of the widget, in view units.
    """

    image_size: QSizeF
    pixel_aspect: float
    scale: float
    centre: QPointF
    view_size: QSizeF

    @classmethod
    def fitted(cls, image_size: QSizeF, pixel_aspect: float, view_size: QSizeF) -> ViewGeometry:
        """The whole picture, as large as it goes."""
        wide = max(view_size.width() - 2 * FIT_MARGIN_PX, 1.0) / image_size.width()
        high = max(view_size.height() - 2 * FIT_MARGIN_PX, 1.0) / (image_size.height() * pixel_aspect)
        centre = QPointF(image_size.width() / 2, image_size.height() / 2)
        return cls(image_size, pixel_aspect, min(wide, high), centre, view_size)

    @property
    def to_view(self) -> QTransform:
        """Image pixels to view units."""
        transform = QTransform()
        transform.translate(self.view_size.width() / 2, self.view_size.height() / 2)
        transform.scale(self.scale, self.scale * self.pixel_aspect)
        transform.translate(-self.centre.x(), -self.centre.y())
        return transform

    def to_image(self, view_point: QPointF) -> QPointF:
        """The image point under a view point."""
        inverse, _ = self.to_view.inverted()
        return inverse.map(view_point)

    def zoomed(self, factor: float, view_point: QPointF) -> ViewGeometry:
        """Zoomed so that the image point under `view_point` stays there."""
        fixed = self.to_image(view_point)
        scale = min(max(self.scale * factor, MIN_SCALE), MAX_SCALE)
        share = self.scale / scale
        return replace(self, scale=scale, centre=fixed + (self.centre - fixed) * share)

    def panned(self, view_offset: QPointF) -> ViewGeometry:
        """Moved along with the pointer; the picture's middle cannot leave the view entirely."""
        x = self.centre.x() - view_offset.x() / self.scale
        y = self.centre.y() - view_offset.y() / (self.scale * self.pixel_aspect)
        return replace(
            self,
            centre=QPointF(min(max(x, 0.0), self.image_size.width()), min(max(y, 0.0), self.image_size.height())),
        )

    def resized(self, view_size: QSizeF) -> ViewGeometry:
        """The same picture in a view of another size, its middle kept."""
        return replace(self, view_size=view_size)
