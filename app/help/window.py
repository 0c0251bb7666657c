"""The help: a separate window that needs no internet connection."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent, QTextFrameFormat, QTextTable
from PySide6.QtWidgets import QListWidget, QSplitter, QTextBrowser, QVBoxLayout, QWidget

from app.background.jobs import Job, JobQueue
from app.help.pages import HelpPage, load_pages
from app.look.theme import room_for
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _

LETTERS, LINES = 124, 42
"""Size of the window in characters and lines of text."""
LIST_SHARE = 0.25
CELL_PADDING = 5


class HelpWindow(QWidget):
    """The list of pages on the left, the chosen page on the right."""

    def __init__(
        self, queue: JobQueue, language: str, make_keys_page: Callable[[], HelpPage], parent: QWidget | None = None
    ) -> None:
        """Makes the window.

        Args:
            queue: The thread that loads the pages.
            language: Code of the language of the pages.
            make_keys_page: Makes the page of the current keys, every time the window opens.
            parent: The main window.
        """
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(_("Help"))
        self.resize(room_for(self, LETTERS, LINES))
        self._queue = queue
        self._language = language
        self._make_keys_page = make_keys_page
        self._loaded: tuple[HelpPage, ...] = ()
        self._pages: list[HelpPage] = []
        self._list = QListWidget(self)
        self._list.setAccessibleName(_("Pages of the help"))
        self._list.setWordWrap(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.currentRowChanged.connect(self._show_page)
        self._browser = QTextBrowser(self)
        self._browser.setAccessibleName(_("Help"))
        self._browser.setOpenLinks(False)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.addWidget(self._list)
        splitter.addWidget(self._browser)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        list_width = round(LIST_SHARE * self.width())
        splitter.setSizes([list_width, self.width() - list_width])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(splitter)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)

    @property
    def titles(self) -> list[str]:
        """The pages' titles in their order."""
        return [page.title for page in self._pages]

    @property
    def text(self) -> str:
        """The chosen page as plain text."""
        return self._browser.toPlainText()

    def choose(self, title: str) -> None:
        """Shows a page."""
        self._list.setCurrentRow(self.titles.index(title))

    def showEvent(self, event: QShowEvent) -> None:
        """Loads the pages the first time, and updates the page of keys every time."""
        super().showEvent(event)
        if self._loaded:
            self._fill()
            return
        job = Job(lambda report: load_pages(self._language, report), parent=self)
        job.succeeded.connect(self._accept)
        job.failed.connect(self._reject)
        self._queue.submit(job)

    def _accept(self, pages: tuple[HelpPage, ...]) -> None:
        self._loaded = pages
        self._fill()

    def _reject(self, error: BSNetError) -> None:
        self._browser.setPlainText(str(error))

    def _fill(self) -> None:
        row = max(self._list.currentRow(), 0)
        self._pages = sorted((*self._loaded, self._make_keys_page()), key=lambda page: page.place)
        self._list.clear()
        self._list.addItems(self.titles)
        self._list.setCurrentRow(row)

    def _show_page(self, row: int) -> None:
        if row >= 0:
            self._browser.setMarkdown(self._pages[row].markdown)
            for frame in self._browser.document().rootFrame().childFrames():
                if isinstance(frame, QTextTable):
                    self._soften_borders(frame)

    def _soften_borders(self, table: QTextTable) -> None:
        # By default Qt draws the borders of a table as bright as its text.
        look = table.format()
        look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        look.setBorderBrush(self.palette().mid())
        look.setCellPadding(CELL_PADDING)
        look.setTopMargin(CELL_PADDING)
        look.setBottomMargin(2 * CELL_PADDING)
        table.setFormat(look)
