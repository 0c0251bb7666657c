"""The window's panes: the list of images on the left, the image in the middle, scores and overlays on the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from app.look.foldable_pane import EDGE_PX, QT_LARGEST_PX, FoldablePane
from bsnet_core.language import translate as _

FIRST_WIDTHS = (280, 770, 390)
PORTRAIT_FROM, LANDSCAPE_FROM = 1.2, 1.1
"""Height by width from which on the panes are below the image, and below which they are beside it again."""
IMAGE_SHARE = 0.62
EDGE_HEIGHT_PX = 28
LEFT_AT_LEAST_PX, PANES_AT_LEAST_PX = 250, 200


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

    In a window that is clearly higher than wide, the image has the whole width and the other panes are below it.

    Args:
        sizes: Of the left, the image's and the right pane in logical pixels, as they were left; empty for those of the
            first start. The image's is its height where the others are below it.
        left: Widgets below each other; the first takes the space that is left. They scroll in a low window.
        centre: Bars, and last the image, which takes all the space.
        right: Widgets at their own height, which scroll.
        in_sight: Widgets below them that never scroll away.
        portrait_sizes: As `sizes`, for a window in which the other panes are below the image; empty for the usual ones.
        parent: The window.

    Attributes:
        left, right: The panes that fold.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        left: Sequence[QWidget],
        centre: Sequence[QWidget],
        right: Sequence[QWidget],
        in_sight: Sequence[QWidget] = (),
        portrait_sizes: Sequence[int] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        left_pane = ScrollingPane(_pane(left, stretched=left[0], margins=(0, 0, 0, 0)))
        left_pane.setMinimumWidth(LEFT_AT_LEAST_PX)
        self._centre = _pane(centre, stretched=centre[-1], margins=(6, 6, 6, 6))
        scrolling = ScrollingPane(_pane(right, stretched=None, margins=(6, 8, 12, 8)))
        below = _pane(in_sight, stretched=None, margins=(6, 0, 12, 8))
        fixed = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        fixed.setHeightForWidth(True)  # a legend takes more lines in a narrow pane
        below.setSizePolicy(fixed)
        right_pane = _pane((scrolling, below), stretched=scrolling, margins=(0, 0, 0, 0))
        self.left = FoldablePane(left_pane, _("the list of images"), is_left=True)
        self.right = FoldablePane(right_pane, _("scores and overlays"), is_left=False)
        self._row = QSplitter(Qt.Orientation.Horizontal)
        self._row.setChildrenCollapsible(False)
        self.setChildrenCollapsible(False)
        for pane in (self.left, self._centre, self.right, self._row):
            self.addWidget(pane)
        self._row.hide()
        self._stretch()
        self._image_height = 0
        self._sizes_at_start, self._portrait_sizes = tuple(sizes or FIRST_WIDTHS), tuple(portrait_sizes)
        self._is_alone, self._folded_before = False, (False, False)
        self.set_pane_sizes(self._sizes_at_start)
        self.splitterMoved.connect(lambda place, index: self._note_image_height())
        for pane in (self.left, self.right):
            pane.folded_changed.connect(lambda folded: self._follow_fold())

    @property
    def is_portrait(self) -> bool:
        """Whether the other panes are below the image."""
        return self.orientation() is Qt.Orientation.Vertical

    @property
    def pane_sizes(self) -> tuple[int, int, int]:
        """Sizes of the left, the image's and the right pane; of a folded pane, what it had before."""
        left, right = self.left.open_width, self.right.open_width
        if self.is_portrait:
            return left, self._image_height if self._are_folded else self._centre.height(), right
        return left, max(self.left.width() + self._centre.width() + self.right.width() - left - right, 1), right

    def set_pane_sizes(self, sizes: Sequence[int]) -> None:
        """Gives the panes these sizes as far as there is room."""
        left, centre, right = sizes
        if self.is_portrait:
            self.setSizes([centre, max(self.height() - self.handleWidth() - centre, 1)])
            self._row.setSizes([left, right])
        else:
            self.setSizes([left, centre, right, 0])

    @property
    def folded(self) -> tuple[bool, bool]:
        """Whether the left and the right pane are folded; while the image is shown alone, whether they were before."""
        return self._folded_before if self._is_alone else (self.left.is_folded, self.right.is_folded)

    def fold_at_start(self, folded: Sequence[bool]) -> None:
        """Folds the left and the right pane, before the window is shown, as they were left."""
        self.left.fold(folded[0], self._sizes_at_start[0])
        self.right.fold(folded[1], self._sizes_at_start[2])

    def show_image_alone(self, alone: bool) -> None:
        """Folds both panes, or gives back those that were open."""
        if alone == self._is_alone:
            return
        if alone:
            self._folded_before = self.folded
        self._is_alone = alone
        for pane, was_folded in zip((self.left, self.right), self._folded_before, strict=True):
            pane.fold(alone or was_folded)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts the panes beside the image or below it, as the window's shape asks for."""
        super().resizeEvent(event)
        is_high = self.height() > self.width() * PORTRAIT_FROM
        if is_high and not self.is_portrait:
            self._put_below()
        elif self.is_portrait and self.height() < self.width() * LANDSCAPE_FROM:
            self._put_beside()

    def _put_below(self) -> None:
        self.setOrientation(Qt.Orientation.Vertical)
        for pane in (self.left, self.right):
            self._row.addWidget(pane)
        self._row.show()
        self._stretch()
        usual = (self.width() // 2, round(self.height() * IMAGE_SHARE), self.width() // 2)
        left, height, right = self._portrait_sizes or usual
        self._image_height = min(height, self.height() - PANES_AT_LEAST_PX)
        self.set_pane_sizes((left, self._image_height, right))
        self._follow_fold()

    def _note_image_height(self) -> None:
        if self.is_portrait and not self._are_folded:
            self._image_height = self._centre.height()
            self._portrait_sizes = self.pane_sizes

    def _put_beside(self) -> None:
        self._row.hide()
        self.insertWidget(0, self.left)
        self.insertWidget(2, self.right)
        self.setOrientation(Qt.Orientation.Horizontal)
        self._stretch()
        left, centre, right = FIRST_WIDTHS
        self.set_pane_sizes((left, max(self.width() - left - right, centre), right))

    def _stretch(self) -> None:
        # Only once all panes are in it: a pane made as a child of the splitter is there, elsewhere, before it is added.
        for index in range(self.count()):
            self.setStretchFactor(index, 1 if self.widget(index) is self._centre else 0)
        for index in range(self._row.count()):
            self._row.setStretchFactor(index, 1)

    @property
    def _are_folded(self) -> bool:
        return self.left.is_folded and self.right.is_folded

    def _follow_fold(self) -> None:
        is_flat = self._are_folded and self.is_portrait
        self._row.setMaximumHeight(EDGE_HEIGHT_PX if is_flat else QT_LARGEST_PX)
        left, right = (EDGE_PX if pane.is_folded else pane.width_to_open for pane in (self.left, self.right))
        if not self.is_portrait:
            self.set_pane_sizes((left, max(self.width() - left - right, 1), right))
        elif is_flat:
            self.set_pane_sizes((left, self.height(), right))
        else:
            self.set_pane_sizes((left, self._image_height, right))


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
