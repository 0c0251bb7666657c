"""What the mouse does and what is written, as the reader chose it."""

from __future__ import annotations

from enum import Enum, StrEnum, auto

from PySide6.QtCore import Qt

from bsnet_core.language import translate as _


class ViewMode(StrEnum):
    """What the left button does; the value is the name under which settings keep it."""

    WINDOW = "window"
    ZOOM = "zoom"
    PAN = "pan"
    DISTANCE = "distance"
    ANGLE = "angle"
    ROI = "roi"
    ROI_ELLIPSE = "roi-ellipse"
    PROBE = "probe"
    LENS = "lens"

    @property
    def label(self) -> str:
        """The mode's name for people."""
        return {
            ViewMode.WINDOW: _("Window"),
            ViewMode.ZOOM: _("Zoom"),
            ViewMode.PAN: _("Pan"),
            ViewMode.DISTANCE: _("Distance"),
            ViewMode.ANGLE: _("Angle"),
            ViewMode.ROI: _("Rectangular region"),
            ViewMode.ROI_ELLIPSE: _("Elliptical region"),
            ViewMode.PROBE: _("Pixel values"),
            ViewMode.LENS: _("Magnifier"),
        }[self]

    @property
    def is_measuring(self) -> bool:
        """Whether the left button draws."""
        return self in (ViewMode.DISTANCE, ViewMode.ANGLE, ViewMode.ROI, ViewMode.ROI_ELLIPSE)

    @property
    def has_pointer(self) -> bool:
        """Whether the arrow keys move a pointer over the picture instead of the picture itself."""
        return self.is_measuring or self in (ViewMode.PROBE, ViewMode.LENS)

    @property
    def cursor(self) -> Qt.CursorShape:
        """The pointer's look."""
        if self.has_pointer:
            return Qt.CursorShape.CrossCursor
        return Qt.CursorShape.OpenHandCursor if self is ViewMode.PAN else Qt.CursorShape.ArrowCursor


class WindowDrag(StrEnum):
    """Which way a drag turns the window; to the right it is wider in all of them.

    Source of IHE_BIR: IHE RAD TF-2 4.16.4.2.2.5.4, "Windowing and Rendering" (supplement Basic Image Review):
    "horizontal movement of the mouse to the right will widen the window width (flatten the perceived contrast)" and
    "vertical movement of the mouse upwards will lower the window center (increase the perceived brightness)", read in
    two viewers that quote it, not in the supplement itself.
    """

    DEFAULT = "default"
    """Up is brighter, whichever values are the bright ones."""
    IHE_BIR = "ihe-bir"
    """Up lowers the centre, whichever values are the bright ones: where the low ones are, that is darker."""
    UP_IS_DARKER = "up-is-darker"
    """Up is darker, whichever values are the bright ones."""


class CornerTexts(StrEnum):
    """How much is written into the corners."""

    FULL = "full"
    MINIMAL = "minimal"
    NONE = "none"

    @property
    def next(self) -> CornerTexts:
        """The next of the cycle."""
        order = tuple(CornerTexts)
        return order[(order.index(self) + 1) % len(order)]


class Drag(Enum):
    """What goes on while a mouse button is held."""

    WINDOW = auto()
    PAN = auto()
    ZOOM = auto()
    DRAW = auto()
    GRIP = auto()


DRAG_OF_MODE = {ViewMode.WINDOW: Drag.WINDOW, ViewMode.ZOOM: Drag.ZOOM, ViewMode.PAN: Drag.PAN}
DRAG_OF_BUTTON = {Qt.MouseButton.MiddleButton: Drag.PAN, Qt.MouseButton.RightButton: Drag.ZOOM}


class CurrentSide(StrEnum):
    """Where the current radiograph stands beside a prior one; the value is the name under which settings keep it."""

    LEFT = "left"
    RIGHT = "right"
    ABOVE = "above"
    BELOW = "below"

    @property
    def is_first(self) -> bool:
        """Whether the current radiograph stands on the left or above."""
        return self in (CurrentSide.LEFT, CurrentSide.ABOVE)

    @property
    def is_beside(self) -> bool:
        """Whether the two stand side by side, and not one above the other."""
        return self in (CurrentSide.LEFT, CurrentSide.RIGHT)
