"""A sheet of paper measured in millimetres, and the distribution of blocks over pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QTextOption

from app.report.fonts import report_font

MM_PER_INCH = 25.4
MARGIN_MM = 15.0
GAP_MM = 4.0
LINE_GAP_MM = 0.8
FOOTER_MM = 12.0
INK = "#191c20"
QUIET = "#5f666e"
RULE = "#c3c8ce"

LEFT = Qt.AlignmentFlag.AlignLeft
RIGHT = Qt.AlignmentFlag.AlignRight
CENTRE = Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True)
class TextStyle:
    """Size, weight and colour of a text."""

    size_pt: float = 9.0
    bold: bool = False
    colour: str = INK

    def in_colour(self, colour: str) -> TextStyle:
        """This style in another colour."""
        return replace(self, colour=colour)


BODY = TextStyle()
LABEL = TextStyle(8.0, colour=QUIET)
SMALL = TextStyle(7.5, colour=QUIET)
HEADING = TextStyle(10.5, bold=True)
TITLE = TextStyle(16.0, bold=True)
STRONG = TextStyle(9.0, bold=True)


class Sheet:
    """Draws in millimetres on whatever the painter paints on; text keeps its size in points."""

    def __init__(self, painter: QPainter, size_mm: QSizeF, column: tuple[float, float] = (0.0, 1.0)) -> None:
        """Makes a sheet.

        Args:
            painter: Open on the device to draw on.
            size_mm: Size of the paper.
            column: Left and right edge of the content, as shares of the width between the margins.
        """
        self.painter = painter
        self.size_mm = size_mm
        self._column = column
        device = painter.device()
        self._per_mm = device.logicalDpiX() / MM_PER_INCH
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)

    @property
    def content(self) -> QRectF:
        """The area inside the margins and above the footer."""
        width, height = self.size_mm.width() - 2 * MARGIN_MM, self.size_mm.height()
        start, end = self._column
        left = MARGIN_MM + start * width
        return QRectF(left, MARGIN_MM, (end - start) * width, height - 2 * MARGIN_MM - FOOTER_MM + GAP_MM)

    def column(self, start: float, end: float) -> Sheet:
        """The part of this sheet between two shares of its content width, for blocks side by side."""
        return Sheet(self.painter, self.size_mm, (start, end))

    def to_device(self, area: QRectF) -> QRectF:
        """An area in mm converted to the painter's units."""
        scale = self._per_mm
        return QRectF(area.x() * scale, area.y() * scale, area.width() * scale, area.height() * scale)

    def text_height(self, text: str, width_mm: float, style: TextStyle = BODY) -> float:
        """Height in mm of a text broken into lines of `width_mm`."""
        self._set(style)
        area = self.to_device(QRectF(0, 0, width_mm, 1000))
        return self.painter.boundingRect(area, text, _option(LEFT)).height() / self._per_mm

    def text(self, area: QRectF, text: str, style: TextStyle = BODY, align: Qt.AlignmentFlag = LEFT) -> None:
        """Writes a text from the top of an area, broken into lines of its width."""
        self._set(style)
        self.painter.drawText(self.to_device(area), text, _option(align))

    def image(self, area: QRectF, image: QImage) -> QRectF:
        """Draws an image as large as the area allows, at its top centre; returns the part it covers."""
        covered = fitted(area, image)
        self.painter.drawImage(self.to_device(covered), image)
        return covered

    def box(self, area: QRectF, line: str, fill: str | QColor | None = None, *, dashed: bool = False) -> None:
        """Draws a rectangle."""
        pen = QPen(QColor(line), 0.3 * self._per_mm)
        if dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        self.painter.setPen(pen)
        self.painter.setBrush(QColor(fill) if fill is not None else Qt.BrushStyle.NoBrush)
        self.painter.drawRect(self.to_device(area))

    def rule(self, left: float, right: float, top: float) -> None:
        """Draws a horizontal line."""
        self.painter.setPen(QPen(QColor(RULE), 0.2 * self._per_mm))
        line = self.to_device(QRectF(left, top, right - left, 0))
        self.painter.drawLine(line.topLeft(), line.topRight())

    def _set(self, style: TextStyle) -> None:
        self.painter.setFont(report_font(style.size_pt, bold=style.bold))
        self.painter.setPen(QColor(style.colour))


def _option(align: Qt.AlignmentFlag) -> QTextOption:
    # Absolute: a right-to-left name still starts beside its label.
    option = QTextOption(align | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignTop)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    return option


def fitted(area: QRectF, image: QImage) -> QRectF:
    """The area of an image scaled to fit into another area, at its top centre."""
    scale = min(area.width() / image.width(), area.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(area.x() + (area.width() - width) / 2, area.y(), width, height)


class Block(Protocol):
    """A part of a report that is never split between two pages."""

    def height(self, sheet: Sheet) -> float:
        """Height in mm over the width of the sheet's content."""

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draws the block from `top`, in mm from the upper edge of the sheet."""


@dataclass(frozen=True)
class Beside:
    """Two blocks side by side.

    Attributes:
        left, right: The blocks.
        share: Share of the width for the left one.
    """

    left: Block
    right: Block
    share: float

    def height(self, sheet: Sheet) -> float:
        """Height in mm of the taller one."""
        return max(block.height(column) for block, column in self._placed(sheet))

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draws both from `top`."""
        for block, column in self._placed(sheet):
            block.draw(column, top)

    def _placed(self, sheet: Sheet) -> tuple[tuple[Block, Sheet], tuple[Block, Sheet]]:
        start = self.share + 2 * GAP_MM / sheet.content.width()
        return (self.left, sheet.column(0.0, self.share)), (self.right, sheet.column(start, 1.0))


@dataclass(frozen=True)
class Stacked:
    """Two blocks one below the other that stay on one page."""

    upper: Block
    lower: Block
    gap_mm: float = GAP_MM

    def height(self, sheet: Sheet) -> float:
        """Height in mm of both and the gap between them."""
        return self.upper.height(sheet) + self.gap_mm + self.lower.height(sheet)

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draws one below the other."""
        self.upper.draw(sheet, top)
        self.lower.draw(sheet, top + self.upper.height(sheet) + self.gap_mm)


def paginate(blocks: Sequence[Block], sheet: Sheet) -> list[list[Block]]:
    """Distributes blocks over pages in order; a block too tall for any page gets a page of its own."""
    pages: list[list[Block]] = [[]]
    used = 0.0
    for block in blocks:
        height = block.height(sheet)
        if pages[-1] and used + GAP_MM + height > sheet.content.height():
            pages.append([])
            used = 0.0
        used += height + (GAP_MM if pages[-1] else 0.0)
        pages[-1].append(block)
    return pages


def draw_pages(pages: Sequence[Sequence[Block]], sheet: Sheet, footer: str, next_page: Callable[[], object]) -> None:
    """Draws every page with its footer and number; calls `next_page` between two pages."""
    for number, blocks in enumerate(pages, start=1):
        if number > 1:
            next_page()
        top = sheet.content.top()
        for block in blocks:
            block.draw(sheet, top)
            top += block.height(sheet) + GAP_MM
        _draw_footer(sheet, footer, page_number(number, len(pages)))


def page_number(number: int, count: int) -> str:
    """The page number in the footer; `number` counts from 1."""
    return f"{number} / {count}"


def _draw_footer(sheet: Sheet, footer: str, number: str) -> None:
    content = sheet.content
    top = sheet.size_mm.height() - MARGIN_MM - FOOTER_MM / 2
    sheet.rule(content.left(), content.right(), top)
    sheet.text(QRectF(content.left(), top + 1, content.width() - 20, FOOTER_MM), footer, SMALL)
    sheet.text(QRectF(content.right() - 20, top + 1, 20, FOOTER_MM), number, SMALL, RIGHT)
