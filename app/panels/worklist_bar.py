"""The choice of listed images above the session's list, and how many of them are read."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from app.session.session import Session
from app.session.worklist import Progress, ReadingState, Worklist
from bsnet_core.language import translate as _

COUNTED_AFTER_MS = 100
"""A folder that is being analysed changes image by image; its images are counted this much later, and all at once."""
SHORTEST_CHOICE = 8
"""Characters of a choice that stay in sight in a narrow pane."""


class WorklistBar(QWidget):
    """A list of states to choose from, and the progress in a line below it."""

    progress_described = Signal(str)
    """The line below the choice, whenever it is counted again."""

    def __init__(self, session: Session, worklist: Worklist, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._worklist = worklist
        self._choice = QComboBox(self)
        for state in ReadingState:
            self._choice.addItem(state.words, state)
        self._choice.setAccessibleName(_("Images listed"))
        self._choice.setToolTip(_("Which images of this session are listed"))
        self._choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._choice.setMinimumContentsLength(SHORTEST_CHOICE)
        self._choice.currentIndexChanged.connect(self._choose)
        self._progress = QLabel("", self)
        self._progress.setProperty("role", "muted")
        self._progress.setWordWrap(True)
        self._progress.setAccessibleName(_("Progress of reading"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._choice)
        layout.addWidget(self._progress)
        self._due = QTimer(self, singleShot=True, interval=COUNTED_AFTER_MS)
        self._due.timeout.connect(self._count)
        for changed in (session.images_added, session.images_removed, session.reader_changed, session.current_changed):
            changed.connect(self._count)
        session.emptied.connect(self._count)
        session.image_changed.connect(self._count_soon)
        worklist.changed.connect(self._follow)
        self._count()

    @property
    def progress_text(self) -> str:
        """The line below the choice."""
        return self._progress.text()

    def _choose(self, index: int) -> None:
        self._worklist.state = ReadingState(self._choice.itemData(index))

    def _follow(self) -> None:
        self._choice.setCurrentIndex(self._choice.findData(self._worklist.state))
        self._count()

    def _count_soon(self, *_unused: object) -> None:
        if not self._due.isActive():
            self._due.start()

    def _count(self, *_unused: object) -> None:
        progress = self._worklist.progress
        self._progress.setText(describe_progress(progress))
        self._progress.setVisible(progress.count > 0)
        self.progress_described.emit(self._progress.text() if progress.count else "")


def describe_progress(progress: Progress) -> str:
    """The place of the current image and the number of images read, in a line."""
    read = _("{read} of {count} read").format(read=progress.read, count=progress.count)
    if progress.place is None:
        return read
    return _("Image {place}").format(place=progress.place) + " · " + read
