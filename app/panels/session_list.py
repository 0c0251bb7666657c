"""The images of the session as list rows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QWidget

from app.library.patients import patient_of
from app.panels.image_rows import MAX_ICONS, THUMBNAIL_PX
from app.session.open_image import ImageState, OpenImage
from app.session.readings import describe_read_score
from app.session.session import Session
from bsnet_core.agreement import MAX_TOTAL
from bsnet_core.dicom_dates import shown_date
from bsnet_core.language import translate as _

REASON_LENGTH = 70
"""Characters of a rejection's reason in the list; the tooltip has the whole reason."""
Index = QModelIndex | QPersistentModelIndex


class SessionListModel(QAbstractListModel):
    """The images of the session in the order they were opened."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._icons: dict[int, QIcon] = {}
        self._keys: list[int] = [image.key for image in session.images]
        session.images_added.connect(self._follow_list)
        session.images_removed.connect(self._follow_list)
        session.metadata_known.connect(self._refresh_many)
        session.previews_known.connect(self._refresh_many)
        session.image_changed.connect(self._refresh)
        session.current_changed.connect(self._refresh_all)

    def key_of(self, row: int) -> int:
        """The key of a row's image."""
        return self._keys[row]

    def index_of(self, key: int) -> QModelIndex:
        """The row of an image; invalid for one that is not listed."""
        return self.index(self._keys.index(key)) if key in self._keys else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of open images."""
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, thumbnail and tooltip of a row."""
        if not index.isValid():
            return None
        image = self._session.image(self._keys[index.row()])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text_of(image)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(image)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (image.path.name, image.problem) if part)
        return None

    def _follow_list(self, changed: Sequence[int]) -> None:
        """Takes rows out, and puts new ones in where their images are."""
        listed = [image.key for image in self._session.images]
        for row in reversed(range(len(self._keys))):
            if not self._session.is_listed(self._keys[row]):
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._keys[row]
                self.endRemoveRows()
        if self._keys == listed[: len(self._keys)]:  # the usual case: a whole folder is one step
            if len(listed) > len(self._keys):
                self.beginInsertRows(QModelIndex(), len(self._keys), len(listed) - 1)
                self._keys = listed
                self.endInsertRows()
            return
        for row, key in enumerate(listed):
            if row >= len(self._keys) or self._keys[row] != key:
                self.beginInsertRows(QModelIndex(), row, row)
                self._keys.insert(row, key)
                self.endInsertRows()

    def _refresh_many(self, keys: Sequence[int]) -> None:
        rows = [self._keys.index(key) for key in keys if key in self._keys]
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))

    def _text_of(self, image: OpenImage) -> str:
        current, patient = self._session.current, patient_of(image.metadata)
        is_prior = current is not None and current.key != image.key and patient_of(current.metadata) == patient != ""
        shown = self._session.shown(image.key)
        return describe_session_row(shown, same_patient=is_prior)

    def _refresh_all(self, key: int) -> None:
        if self._keys:
            self.dataChanged.emit(self.index(0), self.index(len(self._keys) - 1))

    def _refresh(self, key: int) -> None:
        index = self.index_of(key)
        if index.isValid():
            self.dataChanged.emit(index, index)

    def _icon(self, image: OpenImage) -> QIcon:
        if image.key not in self._icons and image.thumbnail is not None:
            height, width = image.thumbnail.shape
            thumbnail = QImage(image.thumbnail.data, width, height, width, QImage.Format.Format_Grayscale8)
            pixmap = QPixmap.fromImage(thumbnail.copy())
            icon = QIcon(pixmap)
            icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else Qt tints the thumbnail of the chosen row
            self._icons[image.key] = icon
            if len(self._icons) > MAX_ICONS:
                del self._icons[next(iter(self._icons))]
        if image.key in self._icons:
            return self._icons[image.key]
        blank = QPixmap(THUMBNAIL_PX, THUMBNAIL_PX)
        blank.fill(Qt.GlobalColor.transparent)
        return QIcon(blank)


def describe_session_row(image: OpenImage, *, same_patient: bool = False) -> str:
    """Up to four short lines: patient, date and view, state.

    Args:
        image: The image with everything that may be shown now.
        same_patient: Whether it is another image of the patient on the screen.
    """
    metadata = image.metadata
    view = metadata.view_position or metadata.modality
    parts = (shown_date(metadata.study_date), _("same patient") if same_patient else view)
    when = (" · " if same_patient else "  ").join(part for part in parts if part)
    return "\n".join(part for part in (image.title, when, _state_of(image)) if part)


def _state_of(image: OpenImage) -> str:
    state = image.state.words
    if image.state is ImageState.ANALYSED and image.score is not None:
        state = _("predicted {total}/{most}").format(total=image.score.total, most=MAX_TOTAL)
    elif image.problem and image.state in (ImageState.NOT_SCORED, ImageState.UNREADABLE):
        state = textwrap.shorten(f"{state}: {image.problem}", REASON_LENGTH, placeholder=" …")
    if image.read_score is not None:
        state += "\n" + describe_read_score(image.read_score)
    return state
