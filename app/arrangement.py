"""Where things stand: studies on the left, the picture in the middle, scores and overlays on the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from app.settings import Settings

FIRST_WIDTHS = (250, 820, 370)
LEFT_AT_LEAST_PX = 220
RIGHT_AT_LEAST_PX = 360


class Arrangement(QSplitter):
    """Three panes side by side, whose widths are kept."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._settings = settings
        self._left, self._centre, self._right = QWidget(self), QWidget(self), QWidget(self)
        self._left_layout = QVBoxLayout(self._left)
        self._left_layout.setContentsMargins(0, 0, 0, 0)
        self._centre_layout = QVBoxLayout(self._centre)
        self._centre_layout.setContentsMargins(6, 6, 6, 6)
        self._right_layout = QVBoxLayout(self._right)
        self._right_layout.setContentsMargins(6, 8, 12, 8)
        scroll = QScrollArea(self)
        scroll.setWidget(self._right)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(RIGHT_AT_LEAST_PX)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes the focus and is scrolled to
        self._left.setMinimumWidth(LEFT_AT_LEAST_PX)
        for index, pane in enumerate((self._left, self._centre, scroll)):
            self.addWidget(pane)
            self.setStretchFactor(index, 1 if pane is self._centre else 0)
        self.setChildrenCollapsible(False)
        self.setSizes(list(settings.pane_widths or FIRST_WIDTHS))

    def fill(self, left: Sequence[QWidget], centre: Sequence[QWidget], right: Sequence[QWidget]) -> None:
        """Puts widgets below each other into each pane.

        Args:
            left: The first one takes the room that is left.
            centre: Bars, and last the picture, which takes all the room.
            right: As high as they want to be; the pane scrolls.
        """
        for widget in left:
            self._left_layout.addWidget(widget, 1 if widget is left[0] else 0)
        for widget in centre:
            self._centre_layout.addWidget(widget, 1 if widget is centre[-1] else 0)
        for widget in right:
            self._right_layout.addWidget(widget)
        self._right_layout.addStretch(1)

    def keep_widths(self) -> None:
        """Keeps the panes' widths for the next start."""
        self._settings.pane_widths = tuple(self.sizes())
