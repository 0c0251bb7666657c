"""The sizes of paper that a report is made for."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QSizeF
from PySide6.QtGui import QPageSize


class Paper(StrEnum):
    """A size of paper; the value is the name under which settings keep it."""

    A4 = "a4"
    LETTER = "letter"

    @property
    def page_size(self) -> QPageSize:
        """As Qt's writers want it."""
        return QPageSize(QPageSize.PageSizeId.A4 if self is Paper.A4 else QPageSize.PageSizeId.Letter)

    @property
    def size_mm(self) -> QSizeF:
        """Width and height, upright."""
        return self.page_size.size(QPageSize.Unit.Millimeter)
