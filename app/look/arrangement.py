"""The window's panes: the list of images on the left, the image in the middle, scores and overlays on the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QSplitter, QVBoxLayout, QWidget

FIRST_WIDTHS = (280, 770, 390)
LEFT_AT_LEAST_PX = 250


class ScrollingPane(QScrollArea):
    """A pane that scrolls vertically and is never narrower than its content."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the widgets in it take the focus and are scrolled to

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
    """Three panes side by side; the image's pane takes what the window grows by.

    Args:
        widths: The panes' widths in logical pixels, as they were left; empty for those of the first start.
        left: Widgets below each other; the first takes the space that is left.
        centre: Bars, and last the image, which takes all the space.
        right: Widgets at their own height, which scroll.
        in_sight: Widgets below them that never scroll away.
        parent: The window.
    """

    def __init__(
        self,
        widths: Sequence[int],
        *,
        left: Sequence[QWidget],
        centre: Sequence[QWidget],
        right: Sequence[QWidget],
        in_sight: Sequence[QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        left_pane = _pane(left, stretched=left[0], margins=(0, 0, 0, 0))
        left_pane.setMinimumWidth(LEFT_AT_LEAST_PX)
        centre_pane = _pane(centre, stretched=centre[-1], margins=(6, 6, 6, 6))
        scrolling = ScrollingPane(_pane(right, stretched=None, margins=(6, 8, 12, 8)))
        below = _pane(in_sight, stretched=None, margins=(6, 0, 12, 8))
        below.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        right_pane = _pane((scrolling, below), stretched=scrolling, margins=(0, 0, 0, 0))
        for pane in (left_pane, centre_pane, right_pane):
            self.addWidget(pane)
        # Only now: a pane made as a child of the splitter is in it, at another place, before it is added.
        for pane in (left_pane, centre_pane, right_pane):
            self.setStretchFactor(self.indexOf(pane), 1 if pane is centre_pane else 0)
        self.setChildrenCollapsible(False)
        self.setSizes(list(widths or FIRST_WIDTHS))


def _pane(widgets: Sequence[QWidget], *, stretched: QWidget | None, margins: tuple[int, int, int, int]) -> QWidget:
    """Widgets below each other; without a stretched one, the space that is left is below them."""
    pane = QWidget()
    layout = QVBoxLayout(pane)
    layout.setContentsMargins(*margins)
    for widget in widgets:
        layout.addWidget(widget, 1 if widget is stretched else 0)
    if stretched is None:
        layout.addStretch(1)
    return pane
