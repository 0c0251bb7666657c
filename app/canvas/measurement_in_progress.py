"""A measurement being drawn, by dragging or by clicks, before it becomes an annotation."""

from __future__ import annotations

from app.canvas.measuring import Angle, Annotation, Distance, Point, Region, RegionShape
from app.canvas.modes import ViewMode

SHAPES = {ViewMode.ROI: RegionShape.RECTANGLE, ViewMode.ROI_ELLIPSE: RegionShape.ELLIPSE}
POINTS_OF = {ViewMode.DISTANCE: 2, ViewMode.ANGLE: 3, ViewMode.ROI: 2, ViewMode.ROI_ELLIPSE: 2}
"""Points of a finished measurement in each mode that measures."""


class MeasurementInProgress:
    """The points set so far, and the one that follows the pointer."""

    def __init__(self, mode: ViewMode, first: Point) -> None:
        """Begins a measurement.

        Args:
            mode: A mode that measures.
            first: Where the button was pressed.

        Raises:
            ValueError: the mode measures nothing that is known here.
        """
        if mode not in POINTS_OF:
            raise ValueError(f"The mode {mode.value!r} measures nothing.")
        self._mode = mode
        self._fixed = [first]
        self._moving = first

    @property
    def last_fixed(self) -> Point:
        """The point set last."""
        return self._fixed[-1]

    def move(self, point: Point) -> None:
        """Moves the open end to the pointer."""
        self._moving = point

    def fix(self, point: Point) -> Annotation | None:
        """Sets a point; returns the annotation once it has all its points."""
        self._fixed.append(point)
        self._moving = point
        return self._annotation_of(self._fixed) if len(self._fixed) == POINTS_OF[self._mode] else None

    @property
    def preview(self) -> Annotation:
        """The annotation that a point under the pointer would give."""
        return self._annotation_of([*self._fixed, self._moving])

    def _annotation_of(self, points: list[Point]) -> Annotation:
        if len(points) == 3:
            return Angle(*points)
        first, second = points
        if self._mode in (ViewMode.DISTANCE, ViewMode.ANGLE):
            return Distance(first, second)
        return Region(first, second, SHAPES[self._mode])
