"""The paper sizes of reports."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QSizeF
from PySide6.QtGui import QPageSize


class Paper(StrEnum):
    """A paper size; its value is stored in the settings."""

    A4 = "a4"
    LETTER = "letter"

    @property
    def page_size(self) -> QPageSize:
        """The size for Qt's PDF writer."""
        return QPageSize(QPageSize.PageSizeId.A4 if self is Paper.A4 else QPageSize.PageSizeId.Letter)

    @property
    def size_mm(self) -> QSizeF:
        """Width and height in portrait orientation."""
        return self.page_size.size(QPageSize.Unit.Millimeter)
