"""The rows of the session's list that the worklist lists."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.panels.session_list import SessionListModel
from app.session.session import Session
from app.session.worklist import ReadingState, Worklist

FILTERED_AFTER_MS = 100
"""Images that change one after the other, such as a folder that is being analysed, are filtered together."""
Index = QModelIndex | QPersistentModelIndex


class WorklistRows(QSortFilterProxyModel):
    """Filters the rows by the chosen state; the image on the screen is always among them."""

    filtered_again = Signal()
    """All rows have been filtered again; meanwhile the view may have made another row its current one."""

    def __init__(self, session: Session, worklist: Worklist, rows: SessionListModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._worklist, self._rows = session, worklist, rows
        self.is_filtering = False
        # Else Qt would filter in the middle of a change of image, and make another row the current one.
        self.setDynamicSortFilter(False)
        self.setSourceModel(rows)
        self._due = QTimer(self, singleShot=True, interval=FILTERED_AFTER_MS)
        self._due.timeout.connect(self._filter_again)
        worklist.changed.connect(self._filter_again)
        session.reader_changed.connect(self._filter_now)
        session.current_changed.connect(self._filter_now)
        for signal in (session.image_changed, session.metadata_known, session.previews_known):
            signal.connect(self._filter_soon)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """Whether the image of a row is listed."""
        return self._worklist.lists(self._session.image(self._rows.key_of(row)))

    def key_at(self, index: Index) -> int:
        """Key of the image in a row."""
        return self._rows.key_of(self.mapToSource(index).row())

    def index_of(self, key: int) -> QModelIndex:
        """The row of an image; not valid if it is not listed."""
        return self.mapFromSource(self._rows.index_of(key))

    def _filter_soon(self, *_unused: object) -> None:
        if self._worklist.state is not ReadingState.ANY and not self._due.isActive():
            self._due.start()

    def _filter_now(self, *_unused: object) -> None:
        if self._worklist.state is ReadingState.ANY:
            self.filtered_again.emit()  # nothing to filter: thousands of rows stay as they are
        else:
            self._filter_again()

    def _filter_again(self) -> None:
        self.is_filtering = True
        self.invalidate()
        self.is_filtering = False
        self.filtered_again.emit()
