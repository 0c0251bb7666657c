"""A pane that folds to its edge: by a click on the edge or by whatever calls `fold`."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from bsnet_core.language import translate as _

EDGE_PX = 14
QT_LARGEST_PX = 16_777_215
"""Qt's own largest size, which takes a fixed width back."""


class FoldablePane(QWidget):
    """A widget with an edge on the side of the image; folded, only the edge is left.

    Args:
        content: The widget that folds away.
        name: What is in it, for tips and screen readers.
        is_left: Whether the pane is on the image's left, so that its edge is on the pane's right.
    """

    folded_changed = Signal(bool)
    """Whether the pane is folded now."""

    def __init__(self, content: QWidget, name: str, *, is_left: bool) -> None:
        super().__init__()
        self._content, self._name, self._is_left = content, name, is_left
        self._is_folded = False
        self._open_width = 0
        self._edge = QToolButton(self)
        self._edge.setObjectName("paneEdge")
        self._edge.setAutoRaise(True)
        self._edge.setFixedWidth(EDGE_PX)
        self._edge.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._edge.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a key folds the pane; the edge is for the pointer
        self._edge.clicked.connect(lambda: self.fold(not self._is_folded))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (content, self._edge) if is_left else (self._edge, content):
            layout.addWidget(widget)
        self._describe()

    @property
    def is_folded(self) -> bool:
        """Whether only the edge is shown."""
        return self._is_folded

    @property
    def open_width(self) -> int:
        """The pane's width; while it is folded, the one that it had before, in logical pixels."""
        return self._open_width if self._is_folded else self.width()

    @property
    def width_to_open(self) -> int:
        """The width to give the pane when it has just been unfolded, in logical pixels."""
        return max(self._open_width, self.width())

    @property
    def edge(self) -> QToolButton:
        """The edge that is clicked."""
        return self._edge

    def fold(self, folded: bool, open_width: int | None = None) -> None:
        """Folds the pane to its edge, or unfolds it.

        Args:
            folded: Whether only the edge is to be shown.
            open_width: The width that the pane is to have again; its own one if None.
        """
        if folded == self._is_folded:
            return
        self._open_width = self.open_width if open_width is None else open_width
        self._is_folded = folded
        self._content.setVisible(not folded)
        self.setMaximumWidth(EDGE_PX if folded else QT_LARGEST_PX)
        self._describe()
        self.folded_changed.emit(folded)
        if not folded:
            self._open_width = 0  # from now on the pane's own width counts

    def unfold(self, unfolded: bool) -> None:
        """The opposite of `fold`, for a switch that is on while the pane is shown."""
        self.fold(not unfolded)

    def _describe(self) -> None:
        points_left = self._is_left != self._is_folded
        self._edge.setArrowType(Qt.ArrowType.LeftArrow if points_left else Qt.ArrowType.RightArrow)
        text = (_("Show {pane}") if self._is_folded else _("Hide {pane}")).format(pane=self._name)
        self._edge.setToolTip(text)
        self._edge.setAccessibleName(text)
