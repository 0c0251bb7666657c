"""What pointer and keys do to the measurements of one picture: draw, choose, take hold, move, delete."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QTransform

from app.canvas.annotation_painting import Grip, grip_at
from app.canvas.annotations import Annotations
from app.canvas.measurement_in_progress import Drawing
from app.canvas.measuring import Annotation, Description, Point, described
from app.canvas.modes import ViewMode
from app.canvas.scene import DrawnAnnotation
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph

KEPT_DESCRIPTIONS = 500
CLICK_PX = 3.0
"""A button let go so near to where it was pressed has not drawn a line: it has clicked."""


class MeasuringHand(QObject):
    """Changes `annotations`, and knows what is under way and which one is chosen.

    Places are in view units or, as `Point`, in image pixels.
    """

    changed = Signal()
    """Something is to be drawn otherwise."""

    def __init__(self, annotations: Annotations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._annotations = annotations
        self._drawing: Drawing | None = None
        self._held: tuple[Grip, Annotation, QPointF] | None = None
        self._moved: Annotation | None = None
        self._chosen: int | None = None
        self._descriptions: dict[Annotation, Description] = {}
        annotations.changed.connect(self._follow)

    @property
    def chosen(self) -> int | None:
        """Number of the annotation that keys act upon."""
        return self._chosen

    @property
    def is_drawing(self) -> bool:
        """Whether a measurement has been begun."""
        return self._drawing is not None

    @property
    def holds(self) -> bool:
        """Whether an annotation is being moved by the pointer."""
        return self._held is not None

    def stop(self) -> None:
        """Lets go of everything, and forgets what was begun."""
        self._drawing = self._held = self._moved = self._chosen = None

    def forget_descriptions(self) -> None:
        """Another picture has other values."""
        self._descriptions.clear()

    # Choosing

    def choose_next(self) -> None:
        """Chooses one after the other, then none."""
        following = 0 if self._chosen is None else self._chosen + 1
        self._chosen = following if following < len(self._annotations.items) else None
        self.changed.emit()

    def choose_none(self) -> None:
        """Keys act upon none of them."""
        self._chosen = None

    def delete_chosen(self) -> None:
        """Takes the chosen one away."""
        if self._chosen is not None:
            index, self._chosen = self._chosen, None
            self._annotations.remove(index, _("Delete a measurement"))

    def shift_chosen(self, dx: float, dy: float) -> None:
        """Moves the chosen one by image pixels."""
        if self._chosen is not None:
            self._replace(self._chosen, self._annotations.items[self._chosen].shifted(dx, dy))

    # Drawing

    def begin(self, mode: ViewMode, point: Point) -> None:
        """Sets the first point of a measurement, unless one is under way."""
        if self._drawing is None:
            self._chosen = None
            self._drawing = Drawing(mode, point)
        self.changed.emit()

    def follow(self, point: Point) -> None:
        """The pointer has moved."""
        if self._drawing is not None:
            self._drawing.move(point)

    def set_point(self, mode: ViewMode, view_point: QPointF, to_view: QTransform, point: Point) -> bool:
        """Sets the next point where the button was let go, unless that was a click on the last one.

        Returns:
            Whether the measurement is finished, and stands among the annotations.
        """
        if self._drawing is None:
            return False
        before = to_view.map(QPointF(*self._drawing.last_fixed))
        if (view_point - before).manhattanLength() < CLICK_PX:
            return False
        finished = self._drawing.fix(point)
        if finished is not None:
            self._drawing = None
            self._annotations.add(finished, _("Measure: {mode}").format(mode=mode.label))
            self._chosen = len(self._annotations.items) - 1
        self.changed.emit()
        return finished is not None

    # Holding

    def take_hold(self, view_point: QPointF, to_view: QTransform | None) -> bool:
        """Chooses and holds what lies under a view point; nothing where `to_view` is None, or while drawing."""
        grip = None
        if to_view is not None and self._drawing is None:
            grip = grip_at(self._annotations.items, to_view, view_point)
        self._chosen = grip.index if grip is not None else None
        if grip is not None:
            self._held = (grip, self._annotations.items[grip.index], view_point)
        self.changed.emit()
        return grip is not None

    def drag(self, view_point: QPointF, to_image: QTransform) -> None:
        """Moves what is held, or the one handle of it that is held."""
        if self._held is None:
            return
        grip, annotation, start = self._held
        now, before = to_image.map(view_point), to_image.map(start)
        if grip.handle is not None:
            self._moved = annotation.with_handle(grip.handle, (now.x(), now.y()))
        else:
            self._moved = annotation.shifted(now.x() - before.x(), now.y() - before.y())
        self.changed.emit()

    def let_go(self) -> None:
        """What was moved stays where it is now."""
        if self._held is not None and self._moved is not None:
            index, moved = self._held[0].index, self._moved
            self._held = self._moved = None
            self._replace(index, moved)

    # Painting

    def drawn(self, radiograph: Radiograph) -> Iterator[DrawnAnnotation]:
        """All annotations as they are to be drawn, and the one under way."""
        items = list(self._annotations.items)
        if self._held is not None and self._moved is not None:
            items[self._held[0].index] = self._moved
        for index, item in enumerate(items):
            yield DrawnAnnotation(item, self._description_of(item, radiograph), index == self._chosen)
        if self._drawing is not None:
            preview = self._drawing.preview
            yield DrawnAnnotation(preview, self._description_of(preview, radiograph), True)

    def _description_of(self, annotation: Annotation, radiograph: Radiograph) -> Description:
        # Statistics over a large region take milliseconds; what was measured stays so.
        if annotation not in self._descriptions:
            if len(self._descriptions) > KEPT_DESCRIPTIONS:
                self._descriptions.clear()
            self._descriptions[annotation] = described(annotation, radiograph)
        return self._descriptions[annotation]

    def _replace(self, index: int, annotation: Annotation) -> None:
        self._annotations.replace(index, annotation, _("Move a measurement"))
        self._chosen = index

    def _follow(self) -> None:
        if self._chosen is not None and self._chosen >= len(self._annotations.items):
            self._chosen = None
        self._held = self._moved = None
        self.changed.emit()
