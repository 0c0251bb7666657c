"""The reader's comment on an image: free text that belongs to the reading."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from bsnet_core.language import translate as _

LINES = 2
BORDER_PX = 2
"""Border and padding of the theme."""
LONGEST_COMMENT = 4000


class CommentField(QPlainTextEdit):
    """A low text field. Esc leaves it, so that digits score again; Tab goes on to the next control."""

    edited = Signal(str)
    """The whole text, after each change by the reader."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(_("Comment"))
        self.setAccessibleName(_("Comment on your reading"))
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.textChanged.connect(lambda: self.edited.emit(self.toPlainText()[:LONGEST_COMMENT]))
        self.show_comment("", editable=False)

    def show_comment(self, text: str, *, editable: bool) -> None:
        """Shows a comment without emitting `edited`; what is being typed keeps its cursor."""
        if self.toPlainText() != text:
            self.blockSignals(True)
            self.setPlainText(text)
            self.blockSignals(False)
        self.setReadOnly(not editable)
        self.setToolTip(
            _("Free text, saved with your reading. Leave out names if the reading is to be exported.")
            if editable
            else _("The comment of your saved reading")
        )

    def sizeHint(self) -> QSize:
        """Room for `LINES` lines."""
        frame = 2 * (self.frameWidth() + BORDER_PX + round(self.document().documentMargin()))
        return QSize(160, LINES * QFontMetrics(self.font()).lineSpacing() + frame)

    def minimumSizeHint(self) -> QSize:
        """Room for `LINES` lines, in any width."""
        return QSize(60, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Takes Esc before the window's action that has it."""
        is_key = event.type() == QEvent.Type.ShortcutOverride
        if is_key and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leaves the field on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
        else:
            super().keyPressEvent(event)
