"""The left pane: the studies of the session, and the library of all that were seen before."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QListView, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.library.keeper import Keeper
from app.library.order import ListOrder
from app.library.patients import patient_of
from app.library.records import ListedImage
from app.panels.image_rows import THUMBNAIL_PX, ImageRows
from app.panels.library_list import KEPT_ICONS, MOST, LibraryListModel
from app.session.open_image import ImageState, OpenImage
from app.session.session import Session
from bsnet_core.dicom_dates import shown_date
from bsnet_core.language import translate as _

REASON_LENGTH = 70
"""Characters of a refusal in the list; the tooltip has it whole."""
SIGHT_AFTER_MS = 50
SESSION_LINES, LIBRARY_LINES = 4, 5
"""Of a row: who; when and which view; in the library which study; two on where it stands."""
SEARCH_AFTER_MS = 200
Index = QModelIndex | QPersistentModelIndex


class ImageListModel(QAbstractListModel):
    """Studies as list rows; row number and study key are the same."""

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
        """How many studies are open."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, thumbnail and tooltip of a row."""
        if not index.isValid():
            return None
        image = self._session.image(index.row())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._described(image)
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

    def _described(self, image: OpenImage) -> str:
        current, patient = self._session.current, patient_of(image.metadata)
        is_prior = current is not None and current.key != image.key and patient_of(current.metadata) == patient != ""
        shown = self._session.shown(image.key)
        return describe(shown, same_patient=is_prior)

    def _refresh_all(self, key: int) -> None:
        self.dataChanged.emit(self.index(0), self.index(self._count - 1))

    def _refresh(self, key: int) -> None:
        index = self.index(key)
        self.dataChanged.emit(index, index)

    def _icon(self, image: OpenImage) -> QIcon:
        if image.key not in self._icons and image.thumbnail is not None:
            height, width = image.thumbnail.shape
            thumbnail_image = QImage(image.thumbnail.data, width, height, width, QImage.Format.Format_Grayscale8)
            pixmap = QPixmap.fromImage(thumbnail_image.copy())
            icon = QIcon(pixmap)
            icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else Qt tints the picture of the chosen row
            self._icons[image.key] = icon
            if len(self._icons) > KEPT_ICONS:
                del self._icons[next(iter(self._icons))]
        if image.key in self._icons:
            return self._icons[image.key]
        blank = QPixmap(THUMBNAIL_PX, THUMBNAIL_PX)
        blank.fill(Qt.GlobalColor.transparent)
        return QIcon(blank)


def describe(image: OpenImage, *, same_patient: bool = False) -> str:
    """Up to four short lines: who, when and which view, where it stands.

    Args:
        image: As it may be shown.
        same_patient: Whether it is another film of the patient on the screen.
    """
    metadata = image.metadata
    view = metadata.view_position or metadata.modality
    parts = (shown_date(metadata.study_date), _("same patient") if same_patient else view)
    when = (" · " if same_patient else "  ").join(part for part in parts if part)
    return "\n".join(part for part in (image.title, when, _state_of(image)) if part)


def _state_of(image: OpenImage) -> str:
    state = image.state.words
    if image.state is ImageState.ANALYSED and image.score is not None:
        state = _("predicted {total}/{most}").format(total=image.score.total, most=MOST)
    elif image.problem and image.state in (ImageState.NOT_SCORED, ImageState.UNREADABLE):
        state = textwrap.shorten(f"{state}: {image.problem}", REASON_LENGTH, placeholder=" …")
    if image.read_total is not None:
        state += "\n" + _("read {total}/{most}").format(total=image.read_total, most=MOST)
    return state


class ImagesPanel(QWidget):
    """The left pane: two lists under headings that fold them up; without a keeper there is no library."""

    chosen = Signal(int)
    """Key of a study of the session."""
    in_sight = Signal(object)
    """Keys of the studies whose rows have come into sight."""
    order_chosen = Signal(object)
    """A `ListOrder`."""
    requested = Signal(Path)
    """A film of the library that is not open yet and whose file is still there."""

    def __init__(self, session: Session, keeper: Keeper | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._keeper = keeper
        self._images: LibraryListModel | None = None
        self._model = ImageListModel(session, self)
        self._list = _list_view(_("Studies of this session"), SESSION_LINES, self)
        self._list.setModel(self._model)
        self._sight_due = QTimer(self)
        self._sight_due.setSingleShot(True)
        self._sight_due.setInterval(SIGHT_AFTER_MS)
        self._sight_due.timeout.connect(self._tell_sight)
        self._list.verticalScrollBar().valueChanged.connect(lambda value: self._sight_due.start())
        self._list.selectionModel().currentChanged.connect(self._choose)
        session.current_changed.connect(self._follow)
        self._heading = _heading(_("This session"), self._list, self)
        self._library = self._make_library()
        self._library_heading = _heading(_("Library"), self._library, self)
        if keeper is None:
            self._library.hide()
            self._library_heading.hide()
        else:
            self._list_library(keeper)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 0, 6)
        layout.setSpacing(4)
        layout.addWidget(self._heading)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._library_heading)
        layout.addWidget(self._library, 1)
        layout.addStretch(0)  # takes the room of lists that are folded up

    @property
    def message(self) -> str:
        """What is said about the library; empty while nothing is."""
        return "" if self._message.isHidden() else self._message.text()

    def _list_library(self, keeper: Keeper) -> None:
        self._images = LibraryListModel(keeper, self)
        self._images.counted.connect(self._count_images)
        self._image_list.setModel(self._images)
        self._images.put_in_order(ListOrder(self._order.currentData()))
        self._session.blind_changed.connect(self._follow_reader)
        self._session.reader_changed.connect(self._follow_reader)
        self._follow_reader()

    def choose_order(self, order: ListOrder) -> None:
        """Lists the library's patients in this order, as if chosen by hand."""
        self._order.setCurrentIndex(self._order.findData(order))

    def _follow_order(self) -> None:
        order = ListOrder(self._order.currentData())
        if self._images is not None:
            self._images.put_in_order(order)
        self.order_chosen.emit(order)

    def _make_library(self) -> QWidget:
        pane = QWidget(self)
        self._search = QLineEdit(pane)
        self._search.setPlaceholderText(_("Patient, date, description"))
        self._search.setAccessibleName(_("Search the library"))
        self._search.setClearButtonEnabled(True)
        self._search_due = QTimer(self)
        self._search_due.setSingleShot(True)
        self._search_due.setInterval(SEARCH_AFTER_MS)
        self._search_due.timeout.connect(self._start_search)
        self._search.textChanged.connect(lambda text: self._search_due.start())
        self._search.returnPressed.connect(self._start_search)
        self._order = QComboBox(pane)
        for order in ListOrder:
            self._order.addItem(order.words, order)
        self._order.setAccessibleName(_("Order of the library"))
        self._order.setToolTip(_("Which patients of the library come first"))
        self._order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._order.setMinimumContentsLength(8)
        self._order.currentIndexChanged.connect(lambda index: self._follow_order())
        self._message = QLabel("", pane)
        self._message.setProperty("role", "muted")
        self._message.setWordWrap(True)
        self._message.setAccessibleName(_("About the library"))
        self._message.hide()
        self._image_list = _list_view(_("Films of the library"), LIBRARY_LINES, pane)
        self._image_list.activated.connect(self._open_image)
        layout = QVBoxLayout(pane)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._search)
        layout.addWidget(self._order)
        layout.addWidget(self._message)
        layout.addWidget(self._image_list, 1)
        return pane

    def _choose(self, current: QModelIndex, previous: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.row())

    def _follow(self, key: int) -> None:
        self._list.setCurrentIndex(self._model.index(key))

    def _tell_sight(self) -> None:
        viewport = self._list.viewport().rect()
        middle, step = viewport.center().x(), self._list.spacing() + 1  # finer than the gaps between rows
        places = (QPoint(middle, y) for y in range(viewport.top(), viewport.bottom() + 1, step))
        rows = dict.fromkeys(self._list.indexAt(place).row() for place in places)
        self.in_sight.emit(tuple(row for row in rows if row >= 0))

    def _follow_reader(self) -> None:
        if self._images is not None:
            self._images.hide_scores(self._session.reader, hidden=self._session.blind)

    def _start_search(self) -> None:
        self._search_due.stop()
        if self._images is not None:
            self._images.search(self._search.text())

    def _count_images(self, total: int) -> None:
        self._library_heading.setText(_("Library ({count})").format(count=total))
        if total:
            self._say("")
        elif self._search.text():
            self._say(_("No film of the library matches."))
        else:
            self._say(_("Films that you open are listed here from now on."))

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._message.setVisible(bool(text))

    def _open_image(self, index: QModelIndex) -> None:
        if self._images is None or self._keeper is None:
            return
        self._say("")
        listed = self._images.image(index)
        key = self._key_in_session(listed)
        path = listed.image.path
        if key is not None:
            self.chosen.emit(key)
        elif path is None:
            self._say(_("The library keeps no places of files. Open the film with File, Open."))
        else:
            self._keeper.ask(lambda library: path.is_file(), partial(self._open_file, path))

    def _open_file(self, path: Path, is_there: bool) -> None:
        if is_there:
            self.requested.emit(path)
        else:
            self._say(_("The file {name} is not in {folder} any more.").format(name=path.name, folder=path.parent))

    def _key_in_session(self, listed: ListedImage) -> int | None:
        uid = listed.image.metadata.sop_instance_uid
        for image in self._session.images:
            if image.path == listed.image.path or (uid and image.metadata.sop_instance_uid == uid):
                return image.key
        return None


def _list_view(name: str, lines: int, parent: QWidget) -> QListView:
    view = QListView(parent)
    view.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
    view.setSpacing(3)
    view.setUniformItemSizes(True)
    view.setItemDelegate(ImageRows(view, lines))
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setResizeMode(QListView.ResizeMode.Adjust)
    view.setAccessibleName(name)
    return view


def _heading(text: str, folded: QWidget, parent: QWidget) -> QToolButton:
    """A heading that folds what stands below it."""
    button = QToolButton(parent)
    button.setText(text)
    button.setToolTip(_("Fold or unfold this list"))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAutoRaise(True)
    button.setCheckable(True)
    button.setChecked(True)
    button.setArrowType(Qt.ArrowType.DownArrow)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def fold(is_open: bool) -> None:
        button.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        folded.setVisible(is_open)

    button.toggled.connect(fold)
    return button
