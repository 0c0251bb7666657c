"""The history of the open image: its saved readings, and from the audit log who did what, and when; read-only."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.library.keeper import Keeper
from app.library.records import Event, LogEntry
from app.look.theme import room_for
from app.panels.saved_readings import SavedReadings
from app.session.session import Session
from bsnet_core.language import translate as _

LETTERS, LINES = 100, 24
"""Size of the window in characters and lines of text."""


class ImageHistoryWindow(QWidget):
    """Readings and audit log of the open image, newest first, updated while the window is open."""

    def __init__(self, session: Session, keeper: Keeper, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._session, self._keeper = session, keeper
        self._question = 0
        self.setWindowTitle(_("History of this image"))
        self._about = QLabel("", self)
        self._about.setAccessibleName(_("Image"))
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self.table = QTableWidget(0, 3, self)
        self.table.setHorizontalHeaderLabels([_("When"), _("Who"), _("What")])
        self.table.setAccessibleName(_("History of this image"))
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.readings = SavedReadings(self)
        layout = QVBoxLayout(self)
        layout.addWidget(self._about)
        layout.addWidget(_heading(_("Saved readings"), self))
        layout.addWidget(self.readings, 1)
        layout.addWidget(_heading(_("What was done"), self))
        layout.addWidget(self.table, 2)
        self.resize(room_for(self, LETTERS, LINES))
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)
        session.current_changed.connect(lambda key: self.refresh())
        session.emptied.connect(self.refresh)
        keeper.recalled.connect(lambda key, recalled: self.refresh())
        keeper.logged.connect(self.refresh)
        session.visibility_changed.connect(lambda visibility: self.refresh())

    def open(self) -> None:
        """Shows the window with the current entries."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.table.setFocus()
        self.refresh()

    def refresh(self) -> None:
        """Asks the library for the entries again if the window is visible."""
        if not self.isVisible():
            return
        self._question += 1
        question, image = self._question, self._session.current
        self.readings.show_readings(() if image is None else self._session.shown(image.key).readings)
        if image is None or not image.is_loaded:
            self._fill(_("No image is open."), ())
            return

        def accept(entries: tuple[LogEntry, ...]) -> None:
            if question == self._question:  # else another image has been opened since
                self._fill(image.title if entries else _("{image}: no entries yet").format(image=image.title), entries)

        self._keeper.ask_of(image.key, lambda library, number: library.log_entries(number), accept)

    def _fill(self, about: str, entries: tuple[LogEntry, ...]) -> None:
        self._about.setText(about)
        self.table.setRowCount(len(entries))
        for row, entry in enumerate(reversed(entries)):
            when = entry.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            for column, text in enumerate((when, entry.reader or _("unnamed reader"), describe_entry(entry))):
                self.table.setItem(row, column, QTableWidgetItem(text))
        if entries and self.table.currentRow() < 0:
            self.table.setCurrentCell(0, 0)


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "heading")
    return label


def describe_entry(entry: LogEntry) -> str:
    """An entry of the audit log in words."""
    match entry.event:
        case Event.SAVED if entry.detail == "blind":
            return _("saved a reading, blind")
        case Event.SAVED:
            return _("saved a reading")
        case Event.SEEN:
            return _("saw the prediction for the first time")
        case Event.REVEALED:
            return _("revealed the prediction before saving a reading")
        case Event.EXPORTED:
            return _("exported: {what}").format(what=_describe_export(entry.detail))
        case Event.FORGOTTEN:
            return _("removed patient identities from the library")
        case Event.OPENED:
            return _("opened the image")


def _describe_export(detail: str) -> str:
    return {
        "report": _("report"),
        "figure": _("figure"),
        "picture": _("image"),
        "film": _("16-bit image"),
        "dicom": _("DICOM results"),
        "table": _("table"),
    }.get(detail, detail)
