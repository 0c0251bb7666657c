"""The images of the library as list rows, fetched page by page in the background."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QWidget

from app.library.keeper import Keeper
from app.library.order import ListOrder
from app.library.records import ImagePage, ListedImage
from app.panels.image_rows import MAX_ICONS
from app.session.readings import describe_read_score
from app.session.visibility import Visibility
from bsnet_core.agreement import MAX_TOTAL
from bsnet_core.dicom_dates import shown_date
from bsnet_core.language import translate as _
from bsnet_core.shown_texts import person_name

PAGE_ROWS = 100
RELOAD_AFTER_MS = 300
SHORT_KEY = 4
"""Characters of a patient's key in the list; they distinguish patients if the library stores no names."""
Index = QModelIndex | QPersistentModelIndex


class LibraryListModel(QAbstractListModel):
    """The images of the library that match the search: the rows fetched so far."""

    counted = Signal(int)
    """Number of images that match."""

    def __init__(self, keeper: Keeper, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._text = ""
        self._order = ListOrder.LAST_OPENED
        self._rows: list[ListedImage] = []
        self._total = 0
        self._icons: OrderedDict[int, QIcon] = OrderedDict()
        self._request = 0
        self._is_asking = False
        self._visibility = Visibility()
        self._reload_due = QTimer(self)
        self._reload_due.setSingleShot(True)
        self._reload_due.setInterval(RELOAD_AFTER_MS)
        self._reload_due.timeout.connect(self._reload)
        keeper.changed.connect(self._reload_soon)
        self._reload()

    def search(self, text: str) -> None:
        """Shows the images that match."""
        if text != self._text:
            self._text = text
            self._replace_rows((), 0)
            self._reload()

    def put_in_order(self, order: ListOrder) -> None:
        """Lists the patients in another order."""
        if order is not self._order:
            self._order = order
            self._replace_rows((), 0)
            self._reload()

    def follow_visibility(self, visibility: Visibility) -> None:
        """Shows the scores that may be shown."""
        self._visibility = visibility
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def image(self, index: Index) -> ListedImage:
        """The image of a row."""
        return self._rows[index.row()]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of rows fetched so far."""
        return 0 if parent.isValid() else len(self._rows)

    def canFetchMore(self, parent: Index) -> bool:
        """Whether more images match than were fetched."""
        return not parent.isValid() and len(self._rows) < self._total

    def fetchMore(self, parent: Index) -> None:
        """Asks for the next page; its rows arrive later."""
        if not self._is_asking:
            self._ask(len(self._rows), PAGE_ROWS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, thumbnail and tooltip of a row."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            may_show = self._visibility.allows(row.readers)
            if may_show and row.predicted_total is not None:
                self._keeper.note_shown(row.image.number)
            return describe_library_row(row, scores_hidden=not may_show)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            path = row.image.path
            return _("The library does not store the location of this file.") if path is None else str(path)
        return None

    def _reload_soon(self) -> None:
        if not self._reload_due.isActive():
            self._reload_due.start()

    def _reload(self) -> None:
        self._ask(0, max(len(self._rows), PAGE_ROWS))

    def _ask(self, offset: int, limit: int) -> None:
        self._request += 1
        request, text, order = self._request, self._text, self._order
        self._is_asking = True

        def accept(page: ImagePage) -> None:
            if request == self._request:  # else another search has started since
                self._is_asking = False
                self._accept(page)

        def reject(error: object) -> None:
            if request == self._request:
                self._is_asking = False

        self._keeper.ask(lambda library: library.images(text, order=order, offset=offset, limit=limit), accept, reject)

    def _accept(self, page: ImagePage) -> None:
        if page.offset and page.offset == len(self._rows):
            if page.rows:
                self.beginInsertRows(QModelIndex(), page.offset, page.offset + len(page.rows) - 1)
                self._rows += page.rows
                self.endInsertRows()
            self._total = page.total if page.rows else len(self._rows)
        else:
            self._replace_rows(page.rows, page.total)
        self.counted.emit(self._total)

    def _replace_rows(self, rows: tuple[ListedImage, ...], total: int) -> None:
        self._total = total
        if [row.image.number for row in rows] == [row.image.number for row in self._rows]:
            self._rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def _icon(self, row: ListedImage) -> QIcon:
        number = row.image.number
        if number not in self._icons:
            pixmap = QPixmap()
            pixmap.loadFromData(row.image.thumbnail)
            icon = QIcon(pixmap)
            icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else Qt tints the thumbnail of the chosen row
            self._icons[number] = icon
            if len(self._icons) > MAX_ICONS:
                self._icons.popitem(last=False)
        return self._icons[number]


def describe_library_row(row: ListedImage, *, scores_hidden: bool = False) -> str:
    """A few short lines: patient, date, view, number among the patient's images, study and state."""
    metadata = row.image.metadata
    when = "  ".join(
        part for part in (shown_date(metadata.study_date), metadata.view_position or metadata.modality) if part
    )
    who = _name_of(row)
    if row.of_patient > 1:
        when += " · " + _("{number} of {count}").format(number=row.place, count=row.of_patient)
    if row.place > 1:
        who = f"↳ {who}"
    study = _("same study as above") if row.place_in_study > 1 else " ".join(metadata.study_description.split())
    return "\n".join(part for part in (who, when, study, _state_of(row, scores_hidden=scores_hidden)) if part)


def _name_of(row: ListedImage) -> str:
    image = row.image
    name = person_name(image.metadata.patient_name)
    if name:
        return name
    if image.path is not None:
        return image.path.name
    if image.patient_key:
        return _("Patient {key}").format(key=image.patient_key[:SHORT_KEY])
    return _("Image {number}").format(number=image.number)


def _state_of(row: ListedImage, *, scores_hidden: bool) -> str:
    if row.read_score is not None and not scores_hidden:
        total = describe_read_score(row.read_score)
        state = _("{total} by {reader}").format(total=total, reader=row.reader) if row.reader else total
    elif row.read_score is not None:
        state = _("read by others") if row.reader else _("read")
    elif row.predicted_total is not None:
        state = _("analysed") if scores_hidden else _("analysed, not read")
    else:
        state = _("new")
    if row.predicted_total is not None and not scores_hidden:
        state += "\n" + _("predicted {total}/{most}").format(total=row.predicted_total, most=MAX_TOTAL)
    return state
