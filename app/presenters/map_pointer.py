"""The region of the explanation map under the pointer: its border, and a tooltip beside it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize
from PySide6.QtGui import QCursor, QFontMetrics, QHelpEvent
from PySide6.QtWidgets import QToolTip

from app.canvas.image_view import ImageView
from app.canvas.overlays.map_regions import border_of_superpixel, superpixel_at
from app.canvas.overlays.pointed_region import PointedRegion
from app.canvas.overlays.region_sentences import affected_zones, describe_region, detail_region
from app.canvas.overlays.zones import zone_at
from app.commands.actions import Actions
from app.session.open_image import OpenImage
from app.session.session import Session
from bsnet_core.brixia import ZONES

GAP_PX = 10
TIP_MARGIN_PX = 14
"""Width and height of a tooltip beyond its text's."""


class MapPointer(QObject):
    """Describes the region under the pointer while the map is seen: in one sentence, or with every number."""

    def __init__(self, session: Session, view: ImageView, actions: Actions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self._place: tuple[float, float] | None = None
        self._with_details = False
        self._outlined: tuple[object, ...] = ()
        view.pointer_moved.connect(self._point_at)
        view.left.connect(lambda view: self.forget())
        view.installEventFilter(self)
        actions.connect_switch("map_details", self._show_details, checked=False)

    def forget(self) -> None:
        """The pointer is over no region."""
        self._place = None
        self.follow()

    def follow(self) -> None:
        """Says what is now under the resting pointer: the map may have grown, or another part of it is shown."""
        text, region = self._described()
        before = self._view.toolTip()
        self._view.setToolTip(text)
        self._view.set_pointed_region(region)
        if before and QToolTip.isVisible() and QToolTip.text() == before != text:
            self._show_tip(QCursor.pos())  # Qt does not update an open tip

    def _point_at(self, x: float, y: float) -> None:
        self._place = x, y
        self.follow()

    def _show_details(self, shown: bool) -> None:
        self._with_details = shown
        self.follow()

    def _described(self) -> tuple[str, PointedRegion | None]:
        """The text, empty where there is nothing to say, and the region."""
        current, place, overlays = self._session.current, self._place, self._view.overlays
        is_seen = overlays.draws_map and not self._view.is_original
        if current is None or place is None or not is_seen:
            return "", None
        image = self._session.shown(current.key)
        if image.prediction is None or image.explanation is None:
            return "", None
        describe = detail_region if self._with_details else describe_region
        text = describe(image.explanation, image.prediction, *place, overlays.map_view)
        return text or "", self._region(image, place) if text else None

    def _region(self, image: OpenImage, place: tuple[float, float]) -> PointedRegion | None:
        explanation, prediction, view = image.explanation, image.prediction, self._view.overlays.map_view
        if explanation is None or prediction is None:
            return None
        index, zone = superpixel_at(explanation, prediction, *place), zone_at(prediction.frames, *place)
        if index is None:
            return None
        made_of = (explanation, prediction, view, index, zone)
        known = self._view.pointed_region
        if known is not None and _are_the_same(made_of, self._outlined):
            return known
        self._outlined = made_of
        others: list[object] = [] if view.chosen is not None else list(affected_zones(explanation, index, view.zones))
        also = tuple(each for each in ZONES if each in others and each is not zone)
        return PointedRegion(border_of_superpixel(explanation, prediction, index), prediction.frames, also)

    # The tip

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Places the tip beside the region, not over it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._view.pointed_region:
            self._show_tip(event.globalPos())
            return True
        return super().eventFilter(watched, event)

    def _show_tip(self, pointer: QPoint) -> None:
        region, geometry, text = self._view.pointed_region, self._view.view_geometry, self._view.toolTip()
        if region is None or geometry is None:
            QToolTip.showText(pointer, text, self._view)
            return
        box = geometry.to_view.mapRect(region.border.boundingRect()).toAlignedRect()
        around = QRect(self._view.mapToGlobal(box.topLeft()), box.size())
        metrics = QFontMetrics(QToolTip.font())
        size = metrics.size(0, text) + QSize(TIP_MARGIN_PX, TIP_MARGIN_PX)
        QToolTip.showText(
            place_beside(around, size, pointer, self._view.screen().availableGeometry()), text, self._view
        )


def place_beside(region: QRect, size: QSize, pointer: QPoint, screen: QRect) -> QPoint:
    """The upper left corner of a tip beside a region: right of it, else left, below or above.

    Args:
        region: The region, on the desktop.
        size: Size of the tip.
        pointer: The pointer, at whose height the tip appears if it fits beside the region.
        screen: The screen.

    Returns:
        The corner; the pointer where the region leaves no room on any side.
    """
    # Qt puts a tip some way below and right of where it is asked to.
    right, left = region.right() + GAP_PX, region.left() - 2 * GAP_PX - size.width()
    if right + size.width() + GAP_PX <= screen.right():
        return QPoint(right, pointer.y())
    if left >= screen.left():
        return QPoint(left, pointer.y())
    x = max(min(pointer.x(), screen.right() - size.width() - GAP_PX), screen.left())
    if region.bottom() + size.height() + 3 * GAP_PX <= screen.bottom():
        return QPoint(x, region.bottom())
    above = region.top() - size.height() - 3 * GAP_PX
    return QPoint(x, above) if above >= screen.top() else pointer


def _are_the_same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two lists hold the identical maps, and equal views and numbers."""
    if len(one) != len(other):
        return False
    return one[0] is other[0] and one[1] is other[1] and one[2:] == other[2:]
