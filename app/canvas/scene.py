"""One painted frame of a view: the image, its overlays and annotations, the magnifier and the texts around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QTransform

from app.canvas import annotation_painting, corners
from app.canvas.corners import CornerContent
from app.canvas.drawing.frame import ColourTable, FrameRenderer, GreyTable
from app.canvas.drawing.layer import Layer
from app.canvas.drawing.lettering import INK
from app.canvas.geometry import ViewGeometry
from app.canvas.measuring import Annotation, Description
from app.canvas.overlays import dicom_overlays, pointed_region, stack
from app.canvas.overlays.pointed_region import PointedRegion
from app.canvas.overlays.stack import OverlayState

BACKGROUND = QColor(14, 16, 19)
FOCUS = QColor(120, 160, 190, 150)
OPAQUE, ONE_GREY = np.uint32(0xFF000000), np.uint32(0x00010101)
LENS_RADIUS_PX, LENS_ZOOM = 110.0, 2.5
ANNOTATION_MARGIN_PX = 4.0


@dataclass(frozen=True)
class DrawnAnnotation:
    """A measurement as it is to be drawn, with its description."""

    annotation: Annotation
    description: Description
    selected: bool


@dataclass(frozen=True)
class Scene:
    """Everything one frame is painted from.

    Attributes:
        renderer: The renderer of the radiograph's pixels.
        table: (65536,) uint8 grey level of every code.
        geometry: The image's place.
        corners: The texts around the image, and the radiograph itself.
        outside_shutter: The part covered by the file's shutter, in image pixels; None where nothing is covered.
        planes: The file's DICOM overlays.
        overlays: The overlays; None shows the image alone, also without planes and annotations.
        pointed: The region of the explanation map under the pointer.
        moving: Whether the image is being moved or zoomed, so that overlays may follow roughly.
        annotations: Measurements, the one in progress last.
        lens: The magnifier's middle, in view units.
        cross: The place of the pointer that keys move, in view units.
        has_focus: Whether the view has the focus, shown by a thin frame.
    """

    renderer: FrameRenderer
    table: GreyTable
    geometry: ViewGeometry
    corners: CornerContent
    outside_shutter: QPainterPath | None
    planes: tuple[dicom_overlays.PlaneImage, ...]
    overlays: OverlayState | None
    pointed: PointedRegion | None = None
    moving: bool = False
    annotations: tuple[DrawnAnnotation, ...] = ()
    lens: QPointF | None = None
    cross: QPointF | None = None
    has_focus: bool = False


class ScenePainter:
    """Paints the scenes of one view, and keeps what the next frame can use again."""

    def __init__(self) -> None:
        self._layer = Layer()
        self._colours: tuple[GreyTable, ColourTable] | None = None
        self._lens_renderer: FrameRenderer | None = None
        self._lens_twin_of: FrameRenderer | None = None

    def forget(self) -> None:
        """Frees everything kept of the last image."""
        self._lens_renderer = self._lens_twin_of = None
        self._layer.forget()

    @property
    def is_exact(self) -> bool:
        """Whether the last frame is as sharp as it can be."""
        return self._layer.is_exact

    def paint(self, painter: QPainter, area: QRectF, scene: Scene, font: QFont) -> None:
        """Paints image, overlays, annotations and corner texts.

        Args:
            painter: Paints in view units.
            area: The whole view.
            scene: What to paint.
            font: The font of all texts.
        """
        # The density of what is painted on, which may be an image of another density than the screen's.
        ratio = painter.deviceTransform().m11()
        to_view = scene.geometry.to_view
        size = (area.size() * ratio).toSize()
        self._paint_image(painter, scene, scene.renderer, to_view, size, ratio)
        if scene.overlays is not None:
            self._paint_overlays(painter, area, scene, scene.overlays, font)
            if scene.pointed is not None and scene.overlays.draws_map:
                # Not part of the layer, which would be drawn again with every move of the pointer.
                pointed_region.paint(painter, to_view, scene.pointed)
            self._paint_annotations(painter, area, scene, font)
        if scene.lens is not None:
            self._paint_lens(painter, scene, scene.lens, ratio)
        if scene.cross is not None:
            _paint_cross(painter, scene.cross)
        corners.paint(painter, area, scene.corners, font)
        if scene.has_focus:
            painter.setPen(QPen(FOCUS, 1))
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_image(
        self,
        painter: QPainter,
        scene: Scene,
        renderer: FrameRenderer,
        to_view: QTransform,
        size: QSize,
        ratio: float,
    ) -> None:
        frame = renderer.render(self._colours_of(scene.table), to_view * QTransform.fromScale(ratio, ratio), size)
        if frame is not None:
            frame.image.setDevicePixelRatio(ratio)
            painter.drawImage(QPointF(frame.left_px, frame.top_px) / ratio, frame.image)
        if scene.outside_shutter is not None:
            dicom_overlays.paint_shutter(painter, to_view, scene.outside_shutter)

    def _colours_of(self, grey_levels: GreyTable) -> ColourTable:
        # Qt draws 8-bit grey onto a widget six times slower than the screen's own 32 bits.
        if self._colours is None or self._colours[0] is not grey_levels:
            self._colours = grey_levels, OPAQUE | grey_levels.astype(np.uint32) * ONE_GREY
        return self._colours[1]

    def _paint_overlays(
        self, painter: QPainter, area: QRectF, scene: Scene, overlays: OverlayState, font: QFont
    ) -> None:
        to_view, sides = scene.geometry.to_view, scene.corners.radiograph.metadata.patient_orientation
        occupied = corners.occupied_at_top(area, scene.corners, font)

        def draw(onto: QPainter, to_units: QTransform, size: QSize) -> None:
            ratio = onto.deviceTransform().m11()
            opacity = overlays.strength(stack.PLANES)
            if opacity > 0:
                for plane in scene.planes:
                    plane.paint(onto, to_units * QTransform.fromScale(ratio, ratio), size, ratio, opacity)
            dx, dy = to_units.dx() - to_view.dx(), to_units.dy() - to_view.dy()
            stack.paint(onto, to_units, overlays, sides, [box.translated(dx, dy) for box in occupied])

        extent = stack.drawn_extent(to_view, overlays, scene.geometry.image_on_view, has_planes=bool(scene.planes))
        edges = tuple(box.getRect() for box in occupied)
        made_of = (overlays, scene.planes, sides, painter.font().toString(), edges)
        self._layer.paint(painter, draw, made_of, to_view, area, extent, moving=scene.moving)

    def _paint_annotations(self, painter: QPainter, area: QRectF, scene: Scene, font: QFont) -> None:
        to_view, margin = scene.geometry.to_view, ANNOTATION_MARGIN_PX
        inside = area.adjusted(margin, margin, -margin, -margin)
        for drawn in scene.annotations:
            annotation_painting.paint(
                painter, to_view, drawn.annotation, drawn.description, font, inside, selected=drawn.selected
            )

    def _paint_lens(self, painter: QPainter, scene: Scene, pointer: QPointF, ratio: float) -> None:
        if self._lens_renderer is None or self._lens_twin_of is not scene.renderer:
            self._lens_renderer, self._lens_twin_of = scene.renderer.twin(), scene.renderer
        corner = pointer - QPointF(LENS_RADIUS_PX, LENS_RADIUS_PX)
        place = QRectF(corner, QSizeF(2 * LENS_RADIUS_PX, 2 * LENS_RADIUS_PX))
        circle = QPainterPath()
        circle.addEllipse(place)
        # Relative to the lens's own corner, so that only what it shows is rendered.
        to_lens = scene.geometry.zoomed(LENS_ZOOM, pointer).to_view * QTransform.fromTranslate(-corner.x(), -corner.y())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(circle)
        painter.fillRect(place, BACKGROUND)
        painter.translate(corner)
        size = (place.size() * ratio).toSize()
        self._paint_image(painter, scene, self._lens_renderer, to_lens, size, ratio)
        painter.restore()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 200), 4))
        painter.drawEllipse(place)
        painter.setPen(QPen(INK, 1.5))
        painter.drawEllipse(place)
        painter.restore()


def _paint_cross(painter: QPainter, place: QPointF) -> None:
    for pen in (QPen(QColor(0, 0, 0, 200), 3.0), QPen(INK, 1.2)):
        painter.setPen(pen)
        painter.drawLine(place - QPointF(12, 0), place + QPointF(12, 0))
        painter.drawLine(place - QPointF(0, 12), place + QPointF(0, 12))
