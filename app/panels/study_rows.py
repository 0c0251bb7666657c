"""How a film is drawn in the lists of the left pane: thumbnail, who, when, and where it stands.

All rows of a list are equally high, whatever they say: a list of thousands is laid out as fast as one of ten, and a
row does not move when its film gets a score.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QIcon, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.panels.library_list import MOST
from bsnet_core.language import translate as _

THUMBNAIL_PX = 56
MARGIN_PX, GAP_PX = 6, 8
LINES = 4
"""Who; when and which view; two on where it stands."""
LINES_BESIDE_THUMBNAIL = 2
"""Where the pane is too narrow for texts of this size, the others stand below."""
Index = QModelIndex | QPersistentModelIndex


class StudyRows(QStyledItemDelegate):
    """Draws the lines of a row's text; the first one stands out, and the last one takes what room is left."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for all rows."""
        line = QFontMetrics(_bold(self._view.font())).lineSpacing()
        if self._is_narrow():
            beside = max(THUMBNAIL_PX, LINES_BESIDE_THUMBNAIL * line)
            height = beside + (LINES - LINES_BESIDE_THUMBNAIL) * line
        else:
            height = max(THUMBNAIL_PX, LINES * line)
        return QSize(2 * MARGIN_PX + THUMBNAIL_PX, height + 2 * MARGIN_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Background and focus as the style has them, then thumbnail and lines."""
        self.initStyleOption(option, index)
        lines = option.text.split("\n")
        icon: QIcon = option.icon
        option.text, option.icon = "", QIcon()
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
        below_from = max(THUMBNAIL_PX, LINES_BESIDE_THUMBNAIL * step)
        for number, line in enumerate(lines[:LINES]):
            is_below = number >= LINES_BESIDE_THUMBNAIL and self._is_narrow()
            place = area if is_below else beside
            top = area.top() + (below_from + (number - LINES_BESIDE_THUMBNAIL) * step if is_below else number * step)
            is_last = number == min(len(lines), LINES) - 1
            rows = LINES - number if is_last and number else 1
            painter.setFont(_bold(font) if number == 0 else font)
            box = QRect(place.left(), top, place.width(), rows * step)
            if rows > 1 and painter.fontMetrics().horizontalAdvance(line) > box.width():
                self._write_wrapped(painter, box, line)
            else:
                elided = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, box.width())
                painter.drawText(QRect(box.left(), top, box.width(), step), Qt.AlignmentFlag.AlignVCenter, elided)

    def _write_wrapped(self, painter: QPainter, box: QRect, text: str) -> None:
        flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        metrics = painter.fontMetrics()
        fitting = text
        while fitting and metrics.boundingRect(box, int(flags), fitting).height() > box.height():
            fitting = fitting.removesuffix(" …").rpartition(" ")[0]
            fitting = f"{fitting} …" if fitting else ""
        painter.drawText(box, int(flags), fitting or text)

    def _is_narrow(self) -> bool:
        """Whether a score does not fit beside the thumbnail."""
        score = _("predicted {total}/{most}").format(total=MOST, most=MOST)
        needed = QFontMetrics(self._view.font()).horizontalAdvance(score)
        return self._view.viewport().width() - 2 * MARGIN_PX - THUMBNAIL_PX - GAP_PX - 2 * self._view.spacing() < needed


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold
