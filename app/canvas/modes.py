"""The reader's choices: what the mouse does, what is written, where the current image is."""

from __future__ import annotations

from enum import Enum, StrEnum, auto

from PySide6.QtCore import Qt

from bsnet_core.language import translate as _


class ViewMode(StrEnum):
    """The effect of the left button; the value is the name in the settings."""

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
        """The mode's name in the window."""
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
    def undo_text(self) -> str:
        """The step that a measurement adds to the undo list, shown after "Undo"; empty if the mode measures nothing."""
        return {
            ViewMode.DISTANCE: _("measure distance"),
            ViewMode.ANGLE: _("measure angle"),
            ViewMode.ROI: _("measure rectangle"),
            ViewMode.ROI_ELLIPSE: _("measure ellipse"),
        }.get(self, "")

    @property
    def is_measuring(self) -> bool:
        """Whether the left button draws."""
        return self in (ViewMode.DISTANCE, ViewMode.ANGLE, ViewMode.ROI, ViewMode.ROI_ELLIPSE)

    @property
    def has_pointer(self) -> bool:
        """Whether the arrow keys move a pointer over the image instead of the image itself."""
        return self.is_measuring or self in (ViewMode.PROBE, ViewMode.LENS)

    @property
    def cursor(self) -> Qt.CursorShape:
        """The shape of the mouse pointer."""
        if self.has_pointer:
            return Qt.CursorShape.CrossCursor
        return Qt.CursorShape.OpenHandCursor if self is ViewMode.PAN else Qt.CursorShape.ArrowCursor


class WindowDrag(StrEnum):
    """The direction in which a drag changes the window; to the right always widens it.

    Source of IHE_BIR: IHE RAD TF-2 4.16.4.2.2.5.4, "Windowing and Rendering" (supplement Basic Image Review):
    "horizontal movement of the mouse to the right will widen the window width (flatten the perceived contrast)" and
    "vertical movement of the mouse upwards will lower the window center (increase the perceived brightness)", quoted
    from two viewers that cite it, not from the supplement itself.
    """

    DEFAULT = "default"
    """Up is brighter, whether high or low values are bright."""
    IHE_BIR = "ihe-bir"
    """Up lowers the centre, whether high or low values are bright: where low values are bright, that is darker."""
    UP_IS_DARKER = "up-is-darker"
    """Up is darker, whether high or low values are bright."""


class CornerTexts(StrEnum):
    """The amount of text in the corners."""

    FULL = "full"
    MINIMAL = "minimal"
    NONE = "none"

    @property
    def next(self) -> CornerTexts:
        """The next one of the cycle."""
        order = tuple(CornerTexts)
        return order[(order.index(self) + 1) % len(order)]


class Drag(Enum):
    """The effect of moving the mouse while a button is held."""

    WINDOW = auto()
    PAN = auto()
    ZOOM = auto()
    DRAW = auto()
    GRIP = auto()


DRAG_OF_MODE = {ViewMode.WINDOW: Drag.WINDOW, ViewMode.ZOOM: Drag.ZOOM, ViewMode.PAN: Drag.PAN}
DRAG_OF_BUTTON = {Qt.MouseButton.MiddleButton: Drag.PAN, Qt.MouseButton.RightButton: Drag.ZOOM}


class CurrentSide(StrEnum):
    """The current radiograph's place beside a prior one; the value is the name in the settings."""

    LEFT = "left"
    RIGHT = "right"
    ABOVE = "above"
    BELOW = "below"

    @property
    def is_first(self) -> bool:
        """Whether the current radiograph is on the left or above."""
        return self in (CurrentSide.LEFT, CurrentSide.ABOVE)

    @property
    def is_beside(self) -> bool:
        """Whether the two are side by side, not one above the other."""
        return self in (CurrentSide.LEFT, CurrentSide.RIGHT)
