import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QListView, QStyleOptionViewItem

from app.panels.image_rows import ImageRows
from app.panels.images import SESSION_LINES


def painted(qtbot, text, percent, width=272):
    """A row of the left pane at its first width."""
    view = QListView()
    qtbot.addWidget(view)
    font = view.font()
    font.setPointSizeF(font.pointSizeF() * percent / 100)
    view.setFont(font)
    view.setSpacing(3)
    view.resize(width, 400)
    view.show()
    model = QStandardItemModel(view)
    model.appendRow(QStandardItem(text))
    view.setModel(model)
    rows = ImageRows(view, SESSION_LINES)
    option = QStyleOptionViewItem()
    size = rows.sizeHint(option, model.index(0, 0))
    option.initFrom(view)
    option.rect = QRect(0, 0, view.viewport().width() - 6, size.height())
    image = QImage(QSize(option.rect.width(), size.height()), QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = QPainter(image)
    rows.paint(painter, option, model.index(0, 0))
    painter.end()
    return image


@pytest.mark.parametrize("percent", [100, 125, 150, 175, 200])
def test_a_row_shows_both_scores_whole_at_every_text_size(qtbot, percent):
    row = "Hannover 52eb2633\n2020-01-01  AP\npredicted 1{}/18\nread 1{}/18"
    # Were a line elided, its last sign would not be seen.
    shown = painted(qtbot, row.format(1, 2), percent)
    assert painted(qtbot, row.format(1, 2).replace("18\nread", "19\nread"), percent) != shown
    assert painted(qtbot, row.format(1, 2)[:-1] + "9", percent) != shown
    assert painted(qtbot, row.format(1, 2).replace("AP", "AR"), percent) != shown


def test_rows_are_equally_high_whatever_they_say(qtbot):
    short, long = painted(qtbot, "a\nwaiting", 100), painted(qtbot, "a\nb\nnot scored: " + "because " * 30, 100)
    assert short.height() == long.height()
