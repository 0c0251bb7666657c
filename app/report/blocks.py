"""The building blocks of a report's pages: heading, labelled lines, notes, images, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from app.report.layout import (
    BODY,
    GAP_MM,
    HEADING,
    LABEL,
    LEFT,
    LINE_GAP_MM,
    RIGHT,
    SMALL,
    STRONG,
    TITLE,
    Sheet,
    TextStyle,
)
from app.report.lines import Line, time_with_offset
from bsnet_core.intended_use import intended_use
from bsnet_core.language import translate as _

AMBER = "#fff3d6"
AMBER_LINE = "#c49434"
LABEL_WIDTH_MM = 31.0
TIME_WIDTH_MM = 45.0


@dataclass(frozen=True)
class Heading:
    """Title of the report, its time, and the intended use in a frame."""

    made_at: datetime

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        return self._title_height(sheet) + 2 + self._frame_height(sheet)

    def draw(self, sheet: Sheet, top: float) -> None:
        """Title and time, the intended use below them."""
        area = sheet.content
        sheet.text(QRectF(area.left(), top, self._title_width(sheet), 40), _title(), TITLE)
        made = QRectF(area.right() - TIME_WIDTH_MM, top + 2.5, TIME_WIDTH_MM, 5)
        sheet.text(made, time_with_offset(self.made_at), LABEL, RIGHT)
        frame = QRectF(area.left(), top + self._title_height(sheet) + 2, area.width(), self._frame_height(sheet))
        sheet.box(frame, AMBER_LINE, AMBER)
        sheet.text(frame.adjusted(3, 1.8, -3, 0), intended_use(), STRONG)

    def _title_width(self, sheet: Sheet) -> float:
        return sheet.content.width() - TIME_WIDTH_MM - GAP_MM

    def _title_height(self, sheet: Sheet) -> float:
        return sheet.text_height(_title(), self._title_width(sheet), TITLE)

    def _frame_height(self, sheet: Sheet) -> float:
        return sheet.text_height(intended_use(), sheet.content.width() - 6, STRONG) + 3.6


def _title() -> str:
    return _("Brixia score of a chest radiograph")


@dataclass(frozen=True)
class Lines:
    """Labels and values in one or two columns, under a heading."""

    title: str
    lines: Sequence[Line]
    columns: int = 2

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        return self._title_height + max(
            (sum(self._line_height(sheet, line) for line in column) for column in self._split()), default=0.0
        )

    def draw(self, sheet: Sheet, top: float) -> None:
        """First column first."""
        if self.title:
            sheet.text(QRectF(sheet.content.left(), top, sheet.content.width(), 6), self.title, HEADING)
        width = self._width(sheet)
        for number, column in enumerate(self._split()):
            left = sheet.content.left() + number * (width + GAP_MM)
            below = top + self._title_height
            for line in column:
                sheet.text(QRectF(left, below + 0.3, LABEL_WIDTH_MM - 2, 20), line.label, LABEL)
                value = QRectF(left + LABEL_WIDTH_MM, below, width - LABEL_WIDTH_MM, 100)
                sheet.text(value, line.value)
                below += self._line_height(sheet, line)

    @property
    def _title_height(self) -> float:
        return 6.0 if self.title else 0.0

    def _split(self) -> list[Sequence[Line]]:
        each = -(-len(self.lines) // self.columns)
        return [self.lines[first : first + each] for first in range(0, len(self.lines), max(each, 1))]

    def _width(self, sheet: Sheet) -> float:
        return (sheet.content.width() - (self.columns - 1) * GAP_MM) / self.columns

    def _line_height(self, sheet: Sheet, line: Line) -> float:
        value = sheet.text_height(line.value, self._width(sheet) - LABEL_WIDTH_MM)
        return max(value, sheet.text_height(line.label, LABEL_WIDTH_MM - 2, LABEL) + 0.3) + LINE_GAP_MM


@dataclass(frozen=True)
class Notes:
    """Sentences under a heading, each with a mark."""

    title: str
    notes: Sequence[str]

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        return 6.0 + sum(self._note_height(sheet, note) for note in self.notes)

    def draw(self, sheet: Sheet, top: float) -> None:
        """One below the other."""
        content = sheet.content
        sheet.text(QRectF(content.left(), top, content.width(), 6), self.title, HEADING)
        top += 6.0
        for note in self.notes:
            sheet.text(QRectF(content.left(), top, 4, 5), "•")
            sheet.text(QRectF(content.left() + 4, top, content.width() - 4, 100), note)
            top += self._note_height(sheet, note)

    def _note_height(self, sheet: Sheet, note: str) -> float:
        return sheet.text_height(note, sheet.content.width() - 4) + LINE_GAP_MM


@dataclass(frozen=True)
class Images:
    """Images side by side, all of one height, each with a caption below; without a title no room is left for it."""

    title: str
    images: Sequence[tuple[QImage, str]]
    tallest: float = 84.0

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        captions = zip(self._widths(sheet), self.images, strict=True)
        return (
            self._title_height
            + self._height_of_images(sheet)
            + 1.5
            + max(sheet.text_height(caption, width, SMALL) for width, (_image, caption) in captions)
        )

    def draw(self, sheet: Sheet, top: float) -> None:
        """From left to right."""
        content = sheet.content
        sheet.text(QRectF(content.left(), top, content.width(), 6), self.title, HEADING)
        left, height = content.left(), self._height_of_images(sheet)
        for width, (image, caption) in zip(self._widths(sheet), self.images, strict=True):
            area = QRectF(left, top + self._title_height, width, height)
            sheet.image(area, image)
            sheet.text(QRectF(left, area.bottom() + 1.5, width, 40), caption, SMALL)
            left += width + GAP_MM

    @property
    def _title_height(self) -> float:
        return 6.0 if self.title else 0.0

    def _height_of_images(self, sheet: Sheet) -> float:
        room = sheet.content.width() - (len(self.images) - 1) * GAP_MM
        shapes = sum(image.width() / image.height() for image, _caption in self.images)
        return min(room / shapes, self.tallest)

    def _widths(self, sheet: Sheet) -> list[float]:
        height = self._height_of_images(sheet)
        return [height * image.width() / image.height() for image, _caption in self.images]


@dataclass(frozen=True)
class Table:
    """Rows of cells under a heading.

    Attributes:
        title: The heading.
        rows: The column heads, then the body; the first column is left-aligned, the others right-aligned.
        shares: Relative widths of the columns.
        note: Text between the heading and the table.
    """

    title: str
    rows: Sequence[Sequence[str]]
    shares: Sequence[float]
    note: str = ""

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        rows = sum(self._row_height(sheet, number) for number in range(len(self.rows)))
        return 6.0 + self._note_height(sheet) + rows + 0.4

    def draw(self, sheet: Sheet, top: float) -> None:
        """Row below row, a rule under each."""
        content = sheet.content
        sheet.text(QRectF(content.left(), top, content.width(), 6), self.title, HEADING)
        top += 6.0
        sheet.text(QRectF(content.left(), top, content.width(), 20), self.note, SMALL)
        top += self._note_height(sheet)
        for number in range(len(self.rows)):
            height, left = self._row_height(sheet, number), content.left()
            for column, (text, width, style) in enumerate(self._cells(sheet, number)):
                sheet.text(QRectF(left, top, width - 1, height), text, style, LEFT if column == 0 else RIGHT)
                left += width
            top += height
            sheet.rule(content.left(), content.right(), top - 0.4)

    def _cells(self, sheet: Sheet, number: int) -> list[tuple[str, float, TextStyle]]:
        """Text, width in mm and style of every cell of a row."""
        style = LABEL if number == 0 else BODY
        widths = [sheet.content.width() * share / sum(self.shares) for share in self.shares]
        return [(text, width, style) for text, width in zip(self.rows[number], widths, strict=True)]

    def _row_height(self, sheet: Sheet, number: int) -> float:
        return max(sheet.text_height(text, width - 1, style) for text, width, style in self._cells(sheet, number)) + 0.8

    def _note_height(self, sheet: Sheet) -> float:
        return sheet.text_height(self.note, sheet.content.width(), SMALL) + LINE_GAP_MM if self.note else 0.0
