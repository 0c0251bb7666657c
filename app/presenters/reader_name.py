"""The reader's name, asked for once: when the first reading is about to be saved and nobody is named."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.settings.settings import LONGEST_NAME, Settings
from bsnet_core.language import translate as _


class ReaderNameDialog(QDialog):
    """Asks for a name; the reading can be saved without one, too."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Your name"))
        text = QLabel(
            _(
                "With what name should your readings be saved? It tells them apart from those of other readers, in the "
                "library, in reports and in tables. You can change it in the preferences."
            ),
            self,
        )
        text.setWordWrap(True)
        self.name = QLineEdit(self)
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setAccessibleName(_("Your name"))
        self.name.setPlaceholderText(_("Name or initials"))
        buttons = QDialogButtonBox(self)
        self.save = buttons.addButton(_("Save with this name"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.save_unnamed = buttons.addButton(_("Save without a name"), QDialogButtonBox.ButtonRole.DestructiveRole)
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.save.setEnabled(False)
        self.save.setDefault(True)
        self.name.textChanged.connect(lambda written: self.save.setEnabled(bool(written.strip())))
        self.save.clicked.connect(self.accept)
        self.save_unnamed.clicked.connect(self._accept_unnamed)
        self.cancel.clicked.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(self.name)
        layout.addWidget(buttons)

    def _accept_unnamed(self) -> None:
        self.name.clear()
        self.accept()


class ReaderName(QObject):
    """Asks before the first reading is saved, and never again."""

    def __init__(self, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._settings, self._window = settings, window
        self._dialog: ReaderNameDialog | None = None

    @property
    def dialog(self) -> ReaderNameDialog | None:
        """The question on the screen."""
        return self._dialog

    def ask_first(self, go_on: Callable[[], None]) -> bool:
        """Whether the name is asked for; `go_on` is called once it is answered, and not if the reader thinks better."""
        if self._settings.reader or self._settings.has_asked_for_reader:
            return False
        if self._dialog is None:
            dialog = self._dialog = ReaderNameDialog(self._window)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.accepted.connect(lambda: self._take(dialog.name.text().strip(), go_on))
            dialog.finished.connect(self._close)
            dialog.open()
            dialog.name.setFocus()
        return True

    def _take(self, name: str, go_on: Callable[[], None]) -> None:
        self._settings.has_asked_for_reader = True
        self._settings.reader = name
        go_on()

    def _close(self) -> None:
        self._dialog = None
