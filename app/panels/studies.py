"""The studies of the session: thumbnail, patient, study and state."""

from __future__ import annotations

import textwrap
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QListView, QVBoxLayout, QWidget

from app.session import Session, Study, StudyState

THUMBNAIL_PX = 72
REASON_LENGTH = 70
"""Characters of a refusal in the list; the tooltip has it whole."""
Index = QModelIndex | QPersistentModelIndex


class StudyListModel(QAbstractListModel):
    """Studies as list rows; row number and study key are the same."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._icons: dict[int, QIcon] = {}
        session.study_added.connect(self._add)
        session.study_changed.connect(self._refresh)
        self._count = 0

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many studies are open."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, thumbnail and tooltip of a row."""
        if not index.isValid():
            return None
        study = self._session.study(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return describe(self._session.shown(study.key))
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icon(study)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (study.path.name, study.problem) if part)
        return None

    def _add(self, key: int) -> None:
        self.beginInsertRows(QModelIndex(), self._count, self._count)
        self._count += 1
        self.endInsertRows()

    def _refresh(self, key: int) -> None:
        index = self.index(key)
        self.dataChanged.emit(index, index)

    def _icon(self, study: Study) -> QIcon:
        if study.key not in self._icons and study.thumbnail is not None:
            height, width = study.thumbnail.shape
            image = QImage(study.thumbnail.data, width, height, width, QImage.Format.Format_Grayscale8)
            pixmap = QPixmap.fromImage(image.copy())
            icon = QIcon(pixmap)
            icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else Qt tints the picture of the chosen row
            self._icons[study.key] = icon
        if study.key in self._icons:
            return self._icons[study.key]
        blank = QPixmap(THUMBNAIL_PX, THUMBNAIL_PX)
        blank.fill(Qt.GlobalColor.transparent)
        return QIcon(blank)


def describe(study: Study) -> str:
    """Three short lines: who, when and which view, where it stands."""
    facts = study.facts
    date = facts.study_date
    if len(date) == 8:
        date = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    when = "  ".join(part for part in (date, facts.view_position or facts.modality) if part)
    return "\n".join(part for part in (study.title, when, _state_of(study)) if part)


def _state_of(study: Study) -> str:
    state = study.state.words
    if study.state is StudyState.ANALYSED and study.score is not None:
        state = f"predicted {study.score.total}/18"
    elif study.problem and study.state in (StudyState.NOT_SCORED, StudyState.UNREADABLE):
        state = textwrap.shorten(f"{state}: {study.problem}", REASON_LENGTH, placeholder=" …")
    read = "" if study.read_total is None else f", read {study.read_total}/18"
    return state + read


class StudiesPanel(QWidget):
    """The left pane."""

    chosen = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._model = StudyListModel(session, self)
        self._list = QListView(self)
        self._list.setModel(self._model)
        self._list.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self._list.setSpacing(3)
        self._list.setUniformItemSizes(False)
        self._list.setWordWrap(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setResizeMode(QListView.ResizeMode.Adjust)
        # A longer state takes another line, and Qt keeps the old height of a row by itself.
        self._model.dataChanged.connect(self._list.scheduleDelayedItemsLayout)
        self._list.setAccessibleName("Studies of this session")
        self._list.selectionModel().currentChanged.connect(self._choose)
        session.current_changed.connect(self._follow)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 0, 6)
        layout.addWidget(self._list)

    def _choose(self, current: QModelIndex, previous: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.row())

    def _follow(self, key: int) -> None:
        self._list.setCurrentIndex(self._model.index(key))
