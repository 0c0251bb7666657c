"""The lines at the end of a report on which its reader writes name, date and signature."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF

from app.report.layout import GAP_MM, LABEL, LEFT, SMALL, Sheet
from bsnet_core.language import translate as _

LINE_MM = 10.0
"""From the top of the block to the lines: room to write in."""


@dataclass(frozen=True)
class SignatureLines:
    """Three lines side by side.

    Attributes:
        name: Printed above the line for the name; empty to leave it for writing.
    """

    name: str

    def height(self, sheet: Sheet) -> float:
        """Height in mm."""
        labels = max(sheet.text_height(label, width, SMALL) for label, width in self._fields(sheet))
        return LINE_MM + 0.6 + labels

    def draw(self, sheet: Sheet, top: float) -> None:
        """Lines with what they are for below them."""
        left = sheet.content.left()
        for number, (label, width) in enumerate(self._fields(sheet)):
            sheet.rule(left, left + width, top + LINE_MM)
            if number == 0 and self.name:
                height = sheet.text_height(self.name, width, LABEL)
                sheet.text(QRectF(left, top + LINE_MM - height - 0.6, width, height + 1), self.name, LABEL, LEFT)
            sheet.text(QRectF(left, top + LINE_MM + 0.6, width, 10), label, SMALL)
            left += width + GAP_MM

    def _fields(self, sheet: Sheet) -> tuple[tuple[str, float], ...]:
        """Label and width in mm of each line."""
        room = sheet.content.width() - 2 * GAP_MM
        return (_("Name"), 0.42 * room), (_("Date"), 0.18 * room), (_("Signature"), 0.40 * room)
