"""The annotations of one view under pointer and keys: drawing, selecting, moving and deleting them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QTransform

from app.canvas.annotation_painting import Grip, grip_at
from app.canvas.annotations import Annotations
from app.canvas.measurement_in_progress import MeasurementInProgress
from app.canvas.measuring import Annotation, Description, Point, described
from app.canvas.modes import ViewMode
from app.canvas.scene import DrawnAnnotation
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph

KEPT_DESCRIPTIONS = 500
CLICK_PX = 3.0
"""A button released this close to where it was pressed has clicked, not drawn a line."""


class AnnotationEditor(QObject):
    """Changes `annotations`; knows the measurement in progress and the selected annotation.

    Places are in view units or, as `Point`, in image pixels.
    """

    changed = Signal()
    """The annotations are to be painted again."""

    def __init__(self, annotations: Annotations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._annotations = annotations
        self._in_progress: MeasurementInProgress | None = None
        self._grabbed: tuple[Grip, Annotation, QPointF] | None = None
        self._moved: Annotation | None = None
        self._selected: int | None = None
        self._descriptions: dict[Annotation, Description] = {}
        annotations.changed.connect(self._follow)

    @property
    def selected(self) -> int | None:
        """The number of the annotation that keys act upon."""
        return self._selected

    @property
    def is_drawing(self) -> bool:
        """Whether a measurement has been begun."""
        return self._in_progress is not None

    @property
    def is_moving(self) -> bool:
        """Whether the pointer holds an annotation."""
        return self._grabbed is not None

    def stop(self) -> None:
        """Releases everything, and forgets the measurement in progress."""
        self._in_progress = self._grabbed = self._moved = self._selected = None

    def forget_descriptions(self) -> None:
        """Forgets what was measured, because another image has other values."""
        self._descriptions.clear()

    # Selecting

    def select_next(self) -> None:
        """Selects one after the other, then none."""
        following = 0 if self._selected is None else self._selected + 1
        self._selected = following if following < len(self._annotations.items) else None
        self.changed.emit()

    def clear_selection(self) -> None:
        """Selects none."""
        self._selected = None

    def delete_selected(self) -> None:
        """Deletes the selected annotation."""
        if self._selected is not None:
            index, self._selected = self._selected, None
            self._annotations.remove(index, _("delete measurement"))

    def shift_selected(self, dx: float, dy: float) -> None:
        """Moves the selected annotation by image pixels."""
        if self._selected is not None:
            self._replace(self._selected, self._annotations.items[self._selected].shifted(dx, dy))

    # Measuring

    def begin(self, mode: ViewMode, point: Point) -> None:
        """Sets the first point of a measurement, unless one is in progress."""
        if self._in_progress is None:
            self._selected = None
            self._in_progress = MeasurementInProgress(mode, point)
        self.changed.emit()

    def follow(self, point: Point) -> None:
        """Moves the open end of the measurement in progress to the pointer."""
        if self._in_progress is not None:
            self._in_progress.move(point)

    def set_point(self, mode: ViewMode, view_point: QPointF, to_view: QTransform, point: Point) -> bool:
        """Sets the next point where the button was released, unless that was a click on the last point.

        Returns:
            Whether the measurement is finished and now one of the annotations.
        """
        if self._in_progress is None:
            return False
        before = to_view.map(QPointF(*self._in_progress.last_fixed))
        if (view_point - before).manhattanLength() < CLICK_PX:
            return False
        finished = self._in_progress.fix(point)
        if finished is not None:
            self._in_progress = None
            self._annotations.add(finished, mode.undo_text)
            self._selected = len(self._annotations.items) - 1
        self.changed.emit()
        return finished is not None

    # Moving

    def grab(self, view_point: QPointF, to_view: QTransform | None) -> bool:
        """Selects and holds the annotation at a point of the view; none if `to_view` is None, or while measuring."""
        grip = None
        if to_view is not None and self._in_progress is None:
            grip = grip_at(self._annotations.items, to_view, view_point)
        self._selected = grip.index if grip is not None else None
        if grip is not None:
            self._grabbed = (grip, self._annotations.items[grip.index], view_point)
        self.changed.emit()
        return grip is not None

    def drag(self, view_point: QPointF, to_image: QTransform) -> None:
        """Moves the held annotation, or its held handle."""
        if self._grabbed is None:
            return
        grip, annotation, start = self._grabbed
        now, before = to_image.map(view_point), to_image.map(start)
        if grip.handle is not None:
            self._moved = annotation.with_handle(grip.handle, (now.x(), now.y()))
        else:
            self._moved = annotation.shifted(now.x() - before.x(), now.y() - before.y())
        self.changed.emit()

    def drop(self) -> None:
        """Leaves a moved annotation where it is now."""
        if self._grabbed is not None and self._moved is not None:
            index, moved = self._grabbed[0].index, self._moved
            self._grabbed = self._moved = None
            self._replace(index, moved)

    # Painting

    def drawn_annotations(self, radiograph: Radiograph) -> Iterator[DrawnAnnotation]:
        """All annotations as they are to be drawn, the one in progress last."""
        items = list(self._annotations.items)
        if self._grabbed is not None and self._moved is not None:
            items[self._grabbed[0].index] = self._moved
        for index, item in enumerate(items):
            yield DrawnAnnotation(item, self._description_of(item, radiograph), index == self._selected)
        if self._in_progress is not None:
            preview = self._in_progress.preview
            yield DrawnAnnotation(preview, self._description_of(preview, radiograph), True)

    def _description_of(self, annotation: Annotation, radiograph: Radiograph) -> Description:
        # Statistics of a large region take milliseconds, and never change.
        if annotation not in self._descriptions:
            if len(self._descriptions) > KEPT_DESCRIPTIONS:
                self._descriptions.clear()
            self._descriptions[annotation] = described(annotation, radiograph)
        return self._descriptions[annotation]

    def _replace(self, index: int, annotation: Annotation) -> None:
        self._annotations.replace(index, annotation, _("move measurement"))
        self._selected = index

    def _follow(self) -> None:
        if self._selected is not None and self._selected >= len(self._annotations.items):
            self._selected = None
        self._grabbed = self._moved = None
        self.changed.emit()
