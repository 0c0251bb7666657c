"""The tag browser: a separate window with all DICOM tags of the open image's file, and a search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QGuiApplication, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.background.jobs import Job, JobQueue
from app.look.icons import sign
from app.look.theme import Colours, room_for
from app.panels.search_line import SearchLine
from app.session.open_image import OpenImage
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading.dicom_tags import Identity, TagEntry, TagFile, load_tags

TAG, NAME, VR, VALUE, IDENTITY = range(5)
N_COLUMNS = 5
SEARCH_AFTER_MS = 150
LETTERS, LINES = 130, 42
"""Size of the window in characters and lines of text."""
Index = QModelIndex | QPersistentModelIndex


class TagModel(QAbstractItemModel):
    """The tags of one file as a tree."""

    def __init__(self, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[TagEntry, ...] = ()
        self._children: dict[int, list[int]] = {}
        self._icons: dict[Identity, QIcon] = {}
        self.paint_icons(colours)

    def paint_icons(self, colours: Colours) -> None:
        """Draws the identity icons in a theme's colours."""
        self._icons = {
            Identity.CERTAIN: sign("lock", colours.caution),
            Identity.POSSIBLE: sign("lock-question", colours.muted),
        }

    def show_tags(self, tags: TagFile) -> None:
        """Replaces all tags."""
        self.beginResetModel()
        self._entries = tags.entries
        self._children = {}
        for place, entry in enumerate(tags.entries):
            self._children.setdefault(entry.parent, []).append(place)
        self.endResetModel()

    def entry(self, index: Index) -> TagEntry:
        """The tag of a row."""
        return self._entries[index.internalId()]

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Index of a row below its parent."""
        places = self._children.get(self._place(parent), [])
        if not 0 <= row < len(places) or not 0 <= column < N_COLUMNS:
            return QModelIndex()
        return self.createIndex(row, column, places[row])

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override] # noqa: B008
        """Index of the sequence or item that contains a row."""
        if not index.isValid():
            return QModelIndex()
        above = self._entries[index.internalId()].parent
        return QModelIndex() if above < 0 else self.createIndex(self._entries[above].row, 0, above)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Number of tags in a row."""
        return 0 if parent.column() > 0 else len(self._children.get(self._place(parent), ()))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Tag, name, VR, value, identity."""
        return N_COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles of the columns."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (_("Tag"), _("Name"), _("VR"), _("Value"), _("Identity"))[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, icon and tooltip of a cell."""
        if not index.isValid():
            return None
        entry, column = self.entry(index), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(entry)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (entry.value if column == VALUE else entry.keyword) or None
        if role == Qt.ItemDataRole.DecorationRole and column == IDENTITY:
            return self._icons.get(entry.identity)
        return None

    def _place(self, index: Index) -> int:
        return index.internalId() if index.isValid() else -1


class TagFilter(QSortFilterProxyModel):
    """Rows that contain a text, with their parents."""

    def __init__(self, model: TagModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._searched = ""
        self.setRecursiveFilteringEnabled(True)
        self.setSourceModel(model)

    def search(self, text: str) -> None:
        """Shows only rows with this text in their tag, keyword, name or value."""
        self._searched = text.strip().casefold()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """Whether a row itself contains the text."""
        return not self._searched or self._searched in searchable_text(
            self._model.entry(self._model.index(row, 0, parent))
        )


class TagsWindow(QWidget):
    """A non-modal window that stays open and follows the open image."""

    def __init__(
        self,
        queue: JobQueue,
        colours: Colours,
        parent: QWidget | None = None,
        place_of: Callable[[Path], Path] = lambda path: path,
    ) -> None:
        """Makes the window.

        Args:
            queue: The thread that loads the tags.
            colours: Colours of the theme.
            parent: The main window.
            place_of: Gives the path to load an image's file from, which may be a copy; called on the queue.
        """
        super().__init__(parent, Qt.WindowType.Window)
        self._queue, self._place_of = queue, place_of
        self._job: Job | None = None
        self._image: OpenImage | None = None
        self._loaded_path: object = None
        self.resize(room_for(self, LETTERS, LINES))
        self._model = TagModel(colours, self)
        self._filter = TagFilter(self._model, self)
        self._search = SearchLine(SEARCH_AFTER_MS, self)
        self._search.setPlaceholderText(_("Search tag, name or value"))
        self._search.setAccessibleName(_("Search the tags"))
        self._search.setToolTip(_("Tag numbers with or without parentheses, names, keywords or values"))
        self._search.search_requested.connect(self._apply_search)
        self._copy = QPushButton(_("Copy"), self)
        self._copy.setToolTip(_("Copy the selected rows (Ctrl+C)"))
        self._copy.clicked.connect(self.copy)
        self._tree = self._make_tree()
        self._note = QLabel("", self)
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        self._note.setAccessibleName(_("Note about the tags"))
        top = QHBoxLayout()
        top.addWidget(self._search, 1)
        top.addWidget(self._copy)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self._tree, 1)
        layout.addWidget(self._note)
        for keys, slot in (
            (QKeySequence.StandardKey.Copy, self.copy),
            (QKeySequence.StandardKey.Find, self._search.setFocus),
            (QKeySequence(Qt.Key.Key_Escape), self.close),
        ):
            QShortcut(QKeySequence(keys), self, slot)
        self.show_image(None)

    @property
    def note_text(self) -> str:
        """The text below the tags."""
        return self._note.text()

    @property
    def tree(self) -> QTreeView:
        """The view of the tags."""
        return self._tree

    @property
    def search_line(self) -> QLineEdit:
        """The search field."""
        return self._search

    def paint_icons(self, colours: Colours) -> None:
        """Applies a theme's colours."""
        self._model.paint_icons(colours)
        self._tree.viewport().update()

    def show_image(self, image: OpenImage | None) -> None:
        """Follows the open image; its tags are loaded in the background once the window is visible."""
        self._image = image
        self.setWindowTitle(_("DICOM tags") if image is None else _("DICOM tags of {image}").format(image=image.title))
        if self.isVisible():
            self._load()

    def showEvent(self, event: Any) -> None:
        """Loads the tags of the open image."""
        super().showEvent(event)
        self._load()

    def copy(self) -> None:
        """Copies the selected rows, one per line, with tabs between columns."""
        rows = [self._filter.mapToSource(index) for index in self._tree.selectionModel().selectedRows()]
        text = "\n".join("\t".join(cells(self._model.entry(row))) for row in rows)
        if text:
            QGuiApplication.clipboard().setText(text)

    def _make_tree(self) -> QTreeView:
        tree = QTreeView(self)
        tree.setModel(self._filter)
        tree.setAccessibleName(_("Tags"))
        tree.setUniformRowHeights(True)
        tree.setAlternatingRowColors(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        letter = self.fontMetrics().horizontalAdvance("0")
        for column, letters in ((TAG, 20), (NAME, 34), (VR, 6), (IDENTITY, 18)):
            header.resizeSection(column, letters * letter)
        return tree

    def _apply_search(self, text: str) -> None:
        self._filter.search(text)
        if text.strip():
            self._tree.expandAll()

    def _load(self) -> None:
        path = None if self._image is None else self._image.path
        if path == self._loaded_path and path is not None:
            return
        if self._job is not None:
            self._job.cancel()
        self._loaded_path = path
        self._model.show_tags(TagFile(()))
        if path is None:
            self._note.setText(_("No image is open."))
            return
        self._note.setText(_("Loading tags…"))
        job = self._job = Job(lambda report: load_tags(self._place_of(path), report), parent=self)
        job.succeeded.connect(self._accept)
        job.failed.connect(self._reject)
        self._queue.submit(job)

    def _accept(self, tags: TagFile) -> None:
        self._model.show_tags(tags)
        count = sum(bool(entry.tag) for entry in tags.entries)
        counted = translate_count("{count} tag", "{count} tags", count).format(count=count)
        pixels = _(
            "Pixel data is not shown. A lock marks tags that identify a person; a lock with “?” marks "
            "tags that may do so."
        )
        self._note.setText(
            tags.note if not tags.entries else " ".join(filter(None, (counted + ".", pixels, tags.note)))
        )
        if self._search.text().strip():
            self._tree.expandAll()

    def _reject(self, error: BSNetError) -> None:
        self._loaded_path = None
        self._note.setText(str(error))


def cells(entry: TagEntry) -> tuple[str, str, str, str, str]:
    """Texts of a row's columns."""
    return (entry.tag, entry.name, entry.vr, entry.value, identity_word(entry.identity))


def identity_word(identity: Identity) -> str:
    """Meaning of an identity icon."""
    return {Identity.NONE: "", Identity.POSSIBLE: _("may identify"), Identity.CERTAIN: _("identifies")}[identity]


def searchable_text(entry: TagEntry) -> str:
    """Everything the search looks at, case-folded; the tag also as plain digits."""
    digits = entry.tag.strip("()").replace(",", "")
    return "\n".join((entry.tag, digits, entry.keyword, entry.name, entry.value)).casefold()
