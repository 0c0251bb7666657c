"""Rows of the image lists in the left pane: thumbnail, patient, date and state.

All rows of a list have the same height, whatever their text: a list of thousands is laid out as fast as one of ten,
and no row moves when its image gets a score.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetrics, QIcon, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import QApplication, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from bsnet_core.agreement import MAX_TOTAL
from bsnet_core.language import translate as _

THUMBNAIL_PX = 56
MAX_ICONS = 100
"""Most thumbnails that a list keeps decoded."""
MARGIN_PX, GAP_PX = 6, 8
NAME_LINES = 2
"""In a pane too narrow for its text size, the name takes two lines beside the thumbnail, and the rest goes below."""
Index = QModelIndex | QPersistentModelIndex


class ImageListView(QListView):
    """A list that needs room for one row only, and says when its size has changed, once its rows are in place."""

    resized = Signal()

    def minimumSizeHint(self) -> QSize:
        """The list's usual width and one row."""
        row = self.itemDelegate().sizeHint(QStyleOptionViewItem(), QModelIndex())
        return QSize(super().minimumSizeHint().width(), row.height() + 2 * (self.frameWidth() + self.spacing()))

    def sizeHint(self) -> QSize:
        """As `minimumSizeHint`: the layout gives it all the room that is left."""
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Says so after the rows were laid out."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self.resized.emit)


class ImageRows(QStyledItemDelegate):
    """Draws the lines of a row's text: the first one bold, the last one over all the room that is left."""

    def __init__(self, view: QListView, lines: int) -> None:
        """Makes a delegate.

        Args:
            view: The list it draws for.
            lines: Lines of text in a row.
        """
        super().__init__(view)
        self._view, self._lines = view, lines

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One size for all rows."""
        line = QFontMetrics(_bold(self._view.font())).lineSpacing()
        height = max(THUMBNAIL_PX, self._lines * line)
        if self._is_narrow():
            height = max(THUMBNAIL_PX, NAME_LINES * line) + (self._lines - 1) * line
        return QSize(2 * MARGIN_PX + THUMBNAIL_PX, height + 2 * MARGIN_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws background and focus in the widget style, then thumbnail and lines."""
        self.initStyleOption(option, index)
        option.text, option.icon = "", QIcon()
        lines = str(index.data(Qt.ItemDataRole.DisplayRole)).split("\n")
        icon = index.data(Qt.ItemDataRole.DecorationRole) or QIcon()
        widget: QWidget = self._view
        style = widget.style() or QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        area: QRect = option.rect.adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
        state = option.state
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        square = QRect(area.left(), area.top(), THUMBNAIL_PX, THUMBNAIL_PX)
        mode = QIcon.Mode.Selected if is_chosen else QIcon.Mode.Normal
        icon.paint(painter, square, Qt.AlignmentFlag.AlignCenter, mode)
        role = QPalette.ColorRole.HighlightedText if is_chosen else QPalette.ColorRole.Text
        painter.setPen(option.palette.color(role))
        self._write(painter, area, lines)
        painter.restore()

    def _write(self, painter: QPainter, area: QRect, lines: list[str]) -> None:
        font = self._view.font()
        step = QFontMetrics(_bold(font)).lineSpacing()
        beside = area.adjusted(THUMBNAIL_PX + GAP_PX, 0, 0, 0)
        is_narrow = self._is_narrow()
        first_height = NAME_LINES * step if is_narrow else step
        below = area.adjusted(0, max(THUMBNAIL_PX, first_height), 0, 0) if is_narrow else beside.adjusted(0, step, 0, 0)
        painter.setFont(_bold(font))
        _write_wrapped(painter, QRect(beside.topLeft(), QSize(beside.width(), first_height)), lines[0])
        painter.setFont(font)
        others = lines[1 : self._lines]
        for number, line in enumerate(others):
            rows = self._lines - 1 - number if number == len(others) - 1 else 1  # the last one takes the rest
            _write_wrapped(painter, QRect(below.left(), below.top() + number * step, below.width(), rows * step), line)

    def _is_narrow(self) -> bool:
        """Whether the pane is too narrow for a score beside the thumbnail."""
        score = _("predicted {total}/{most}").format(total=MAX_TOTAL, most=MAX_TOTAL)
        needed = QFontMetrics(self._view.font()).horizontalAdvance(score)
        return self._view.viewport().width() - 2 * MARGIN_PX - THUMBNAIL_PX - GAP_PX - 2 * self._view.spacing() < needed


def _write_wrapped(painter: QPainter, box: QRect, text: str) -> None:
    """Writes as many words as fit into the box, with an ellipsis for the rest."""
    metrics, wrapped = painter.fontMetrics(), int(Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
    if box.height() < 2 * metrics.lineSpacing() or metrics.horizontalAdvance(text) <= box.width():
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, elided)
        return
    words, fitting = text.split(" "), text
    while len(words) > 1 and metrics.boundingRect(box, wrapped, fitting).height() > box.height():
        words.pop()
        fitting = " ".join(words) + " …"
    painter.drawText(box, wrapped, fitting)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold
