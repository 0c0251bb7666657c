"""The dialog for what a table of readings or results says of patient, image and reader; it writes nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from app.report.table_choices import TableChoices
from bsnet_core.language import translate as _


class TableDialog(QDialog):
    """Asks what a table contains, before its file is chosen."""

    chosen = Signal(object)
    """The `TableChoices`."""

    def __init__(
        self, title: str, parent: QWidget | None = None, *, deidentified: bool, file_names: bool = False
    ) -> None:
        """Makes the dialog.

        Args:
            title: Its title.
            parent: The main window.
            deidentified: Whether the table is de-identified by default.
            file_names: Whether file names are written by default.
        """
        super().__init__(parent)
        self.setWindowTitle(title)
        self.deidentified = self._option(
            _("&De-identify"),
            _("Leave out dates, file names, comments and the reader's name, and write hashes for UIDs"),
        )
        self.keep_dates = self._option(
            _("&Keep the dates"), _("Keep the dates of study and reading in a de-identified table")
        )
        self.file_names = self._option(_("&File names"), _("Write the name of each file, which may name the patient"))
        self.identifiers = QComboBox(self)
        self.identifiers.addItem(_("UIDs as in the file"), False)
        self.identifiers.addItem(_("hashes of the UIDs"), True)
        self.identifiers.setAccessibleName(_("Identifiers"))
        self.identifiers.setToolTip(
            _("The UIDs of each image, or their SHA-256, with which other tables can be joined, too")
        )
        note = QLabel(_("Patients are named by a key of the library, never by name or ID."), self)
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        buttons = QDialogButtonBox(self)
        self.save = buttons.addButton(_("C&hoose file…"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.save.setDefault(True)
        form = QFormLayout()
        form.addRow(self.deidentified)
        form.addRow(self.keep_dates)
        form.addRow(self.file_names)
        form.addRow(_("&Identifiers"), self.identifiers)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(buttons)
        self._file_names_by_default = file_names
        self.file_names.setChecked(file_names)
        self.deidentified.toggled.connect(lambda on: self._follow())
        self.deidentified.setChecked(deidentified)
        self._follow()
        self.accepted.connect(lambda: self.chosen.emit(self.choices))

    @property
    def choices(self) -> TableChoices:
        """The choices as they are now."""
        return TableChoices(
            deidentified=self.deidentified.isChecked(),
            keep_dates=self.keep_dates.isChecked(),
            hashed=bool(self.identifiers.currentData()),
            file_names=self.file_names.isChecked(),
        )

    def _option(self, text: str, tip: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setToolTip(tip)
        return box

    def _follow(self) -> None:
        """Disables the choices that de-identification makes."""
        on = self.deidentified.isChecked()
        self.keep_dates.setEnabled(on)
        for widget in (self.file_names, self.identifiers):
            widget.setEnabled(not on)
        self.file_names.setChecked(not on and self._file_names_by_default)
        if on:
            self.identifiers.setCurrentIndex(self.identifiers.findData(True))
