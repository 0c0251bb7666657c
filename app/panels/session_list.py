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
    """The images of the session; a row's number is its image's key."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._icons: dict[int, QIcon] = {}
        session.images_added.connect(self._add)
        session.metadata_known.connect(self._refresh_many)
        session.previews_known.connect(self._refresh_many)
        session.image_changed.connect(self._refresh)
        session.current_changed.connect(self._refresh_all)
        self._count = 0

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of open images."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, thumbnail and tooltip of a row."""
        if not index.isValid():
            return None
        image = self._session.image(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text_of(image)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(image)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (image.path.name, image.problem) if part)
        return None

    def _add(self, keys: Sequence[int]) -> None:
        self.beginInsertRows(QModelIndex(), self._count, self._count + len(keys) - 1)
        self._count += len(keys)
        self.endInsertRows()

    def _refresh_many(self, keys: Sequence[int]) -> None:
        self.dataChanged.emit(self.index(min(keys)), self.index(max(keys)))

    def _text_of(self, image: OpenImage) -> str:
        current, patient = self._session.current, patient_of(image.metadata)
        is_prior = current is not None and current.key != image.key and patient_of(current.metadata) == patient != ""
        shown = self._session.shown(image.key)
        return describe_session_row(shown, same_patient=is_prior)

    def _refresh_all(self, key: int) -> None:
        self.dataChanged.emit(self.index(0), self.index(self._count - 1))

    def _refresh(self, key: int) -> None:
        index = self.index(key)
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
