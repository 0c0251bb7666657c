"""The left pane: the images of the session, and the library of all images opened before."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLabel, QListView, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.library.keeper import Keeper
from app.library.order import ListOrder
from app.library.records import ListedImage
from app.panels.image_rows import THUMBNAIL_PX, ImageListView, ImageRows
from app.panels.library_list import LibraryListModel
from app.panels.search_line import SearchLine
from app.panels.session_list import SessionListModel
from app.panels.worklist_bar import WorklistBar
from app.panels.worklist_rows import WorklistRows
from app.session.session import Session
from app.session.worklist import Worklist
from bsnet_core.language import translate as _

VISIBLE_AFTER_MS = 50
SESSION_LINES, LIBRARY_LINES = 4, 5
"""Lines of a row: patient; date and view; in the library the study; two for the state."""
SEARCH_AFTER_MS = 200


class ImagesPanel(QWidget):
    """Two lists under headings that fold them: session and library; without a keeper there is no library.

    Attributes:
        worklist: The images of the session that are listed.
    """

    chosen = Signal(int)
    """Key of an image of the session."""
    in_sight = Signal(object)
    """Keys of the images whose rows are visible after scrolling."""
    order_chosen = Signal(object)
    """The chosen `ListOrder`."""
    progress_described = Signal(str)
    """The number of images that are read, in a line."""
    open_requested = Signal(Path)
    """File of an image in the library that is not open yet; the file exists."""

    def __init__(self, session: Session, keeper: Keeper | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._keeper = keeper
        self._images: LibraryListModel | None = None
        self.worklist = Worklist(session, self)
        self._model = SessionListModel(session, self)
        self._list = _list_view(_("Images of this session"), SESSION_LINES, self)
        self._rows = WorklistRows(session, self.worklist, self._model, self)
        self._list.setModel(self._rows)
        self._list.resized.connect(self._keep_in_sight)
        self._visible_due = QTimer(self)
        self._visible_due.setSingleShot(True)
        self._visible_due.setInterval(VISIBLE_AFTER_MS)
        self._visible_due.timeout.connect(self._emit_visible)
        self._list.verticalScrollBar().valueChanged.connect(lambda value: self._visible_due.start())
        self._list.selectionModel().currentChanged.connect(self._choose)
        self._rows.filtered_again.connect(self._follow)
        self._worklist_bar = WorklistBar(session, self.worklist, self)
        self._worklist_bar.progress_described.connect(self.progress_described)
        self._heading = _heading(_("This session"), self._list, self)
        self._heading.toggled.connect(self._worklist_bar.setVisible)
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
        layout.addWidget(self._worklist_bar)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._library_heading)
        layout.addWidget(self._library, 1)
        layout.addStretch(0)  # takes the room of folded lists

    def offer_in_menu(self, action: QAction) -> None:
        """Offers an action in the context menu of the session's images, on the one clicked."""
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._list.addAction(action)

    @property
    def message(self) -> str:
        """The message about the library; empty if there is none."""
        return "" if self._message.isHidden() else self._message.text()

    def _list_library(self, keeper: Keeper) -> None:
        self._images = LibraryListModel(keeper, self)
        self._images.counted.connect(self._count_images)
        self._image_list.setModel(self._images)
        self._images.put_in_order(ListOrder(self._order.currentData()))
        self._session.visibility_changed.connect(self._images.follow_visibility)
        self._images.follow_visibility(self._session.visibility)

    def choose_order(self, order: ListOrder) -> None:
        """Lists the library's patients in this order, as if the reader had chosen it."""
        self._order.setCurrentIndex(self._order.findData(order))

    def _follow_order(self) -> None:
        order = ListOrder(self._order.currentData())
        if self._images is not None:
            self._images.put_in_order(order)
        self.order_chosen.emit(order)

    def _make_library(self) -> QWidget:
        pane = QWidget(self)
        self._search = SearchLine(SEARCH_AFTER_MS, pane)
        self._search.setPlaceholderText(_("Patient, date, description"))
        self._search.setAccessibleName(_("Search the library"))
        self._search.search_requested.connect(self._start_search)
        self._order = QComboBox(pane)
        for order in ListOrder:
            self._order.addItem(order.words, order)
        self._order.setAccessibleName(_("Order of the library"))
        self._order.setToolTip(_("Which patients of the library are listed first"))
        self._order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._order.setMinimumContentsLength(8)
        self._order.currentIndexChanged.connect(lambda index: self._follow_order())
        self._message = QLabel("", pane)
        self._message.setProperty("role", "muted")
        self._message.setWordWrap(True)
        self._message.setAccessibleName(_("Message about the library"))
        self._message.hide()
        self._image_list = _list_view(_("Images of the library"), LIBRARY_LINES, pane)
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
        if current.isValid() and not self._rows.is_filtering:
            self.chosen.emit(self._rows.key_at(current))

    def _keep_in_sight(self) -> None:
        self._list.scrollTo(self._list.currentIndex())

    def _follow(self) -> None:
        if self._session.current is not None:
            self._list.setCurrentIndex(self._rows.index_of(self._session.current.key))
            self._keep_in_sight()

    def _emit_visible(self) -> None:
        viewport = self._list.viewport().rect()
        middle, step = viewport.center().x(), self._list.spacing() + 1  # finer than the gaps between rows
        places = (QPoint(middle, y) for y in range(viewport.top(), viewport.bottom() + 1, step))
        rows = dict.fromkeys(self._list.indexAt(place).row() for place in places)
        self.in_sight.emit(tuple(self._rows.key_at(self._rows.index(row, 0)) for row in rows if row >= 0))

    def _start_search(self, text: str) -> None:
        if self._images is not None:
            self._images.search(text)

    def _count_images(self, total: int) -> None:
        self._library_heading.setText(_("Library ({count})").format(count=total))
        if total:
            self._show_message("")
        elif self._search.text():
            self._show_message(_("No image of the library matches."))
        else:
            self._show_message(_("Images that you open will be listed here."))

    def _show_message(self, text: str) -> None:
        self._message.setText(text)
        self._message.setVisible(bool(text))

    def _open_image(self, index: QModelIndex) -> None:
        if self._images is None or self._keeper is None:
            return
        self._show_message("")
        listed = self._images.image(index)
        key = self._key_in_session(listed)
        path = listed.image.path
        if key is not None:
            self.chosen.emit(key)
        elif path is None:
            self._show_message(_("The library does not store file locations. Open the image with File, Open."))
        else:
            self._keeper.ask(lambda library: path.is_file(), partial(self._open_file, path))

    def _open_file(self, path: Path, is_there: bool) -> None:
        if is_there:
            self.open_requested.emit(path)
        else:
            gone = _("The file {name} is no longer in {folder}.")
            self._show_message(gone.format(name=path.name, folder=path.parent))

    def _key_in_session(self, listed: ListedImage) -> int | None:
        uid = listed.image.metadata.sop_instance_uid
        for image in self._session.images:
            if image.path == listed.image.path or (uid and image.metadata.sop_instance_uid == uid):
                return image.key
        return None


def _list_view(name: str, lines: int, parent: QWidget) -> ImageListView:
    view = ImageListView(parent)
    view.setIconSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
    view.setSpacing(3)
    view.setUniformItemSizes(True)
    view.setItemDelegate(ImageRows(view, lines))
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setResizeMode(QListView.ResizeMode.Adjust)
    view.setAccessibleName(name)
    return view


def _heading(text: str, folded: QWidget, parent: QWidget) -> QToolButton:
    """A heading button that folds and unfolds a list."""
    button = QToolButton(parent)
    button.setText(text)
    button.setToolTip(_("Collapse or expand this list"))
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
