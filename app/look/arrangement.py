"""Where things stand: studies on the left, the picture in the middle, scores and overlays on the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from app.settings.settings import Settings

FIRST_WIDTHS = (280, 770, 390)
LEFT_AT_LEAST_PX = 250


class ScrollingPane(QScrollArea):
    """Scrolls up and down only, so that it is never narrower than what is in it."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it takes the focus and is scrolled to

    def minimumSizeHint(self) -> QSize:
        """The content's width and the scroll bar's."""
        width = self._content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tells the splitter when the content needs another width."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


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
        scroll = ScrollingPane(self._right, self)
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
