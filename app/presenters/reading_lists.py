"""Opens the reading list of a reader study: asks who reads, sets blindness and order, goes on where the reader was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLabel, QWidget

from app.background.image_loader import ImageLoader
from app.background.jobs import Job, JobQueue
from app.commands.actions import Actions
from app.library.keeper import Keeper
from app.look.messages import MessageBar, Severity
from app.presenters.blind_mode import BlindMode
from app.session.open_image import ImageState
from app.session.reading_list import ReadingList
from app.session.reading_list_file import load_reading_list
from app.session.session import Session
from app.session.worklist import Worklist
from app.settings.settings import Settings
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count


class ReadingLists(QObject):
    """Connects a reading list with session, loader and library.

    A list is settled once the library has answered for all of its images. Then the first image that its reader has not
    read is shown, or, if all are read, the readings, which can no longer be changed.
    """

    def __init__(
        self,
        session: Session,
        worklist: Worklist,
        loader: ImageLoader,
        keeper: Keeper,
        settings: Settings,
        blind_mode: BlindMode,
        messages: MessageBar,
        actions: Actions,
        queue: JobQueue,
        window: QWidget,
    ) -> None:
        """Args: queue: loads the list."""
        super().__init__(window)
        self._session, self._worklist, self._loader, self._settings = session, worklist, loader, settings
        self._blind_mode, self._messages, self._queue, self._window = blind_mode, messages, queue, window
        self._dialog: QInputDialog | None = None
        self._loaded: ReadingList | None = None
        self._keys: tuple[int, ...] = ()
        self._recalled: set[int] = set()
        self._unsettled: set[int] = set()
        self._first: int | None = None
        actions.connect("open_reading_list", self.ask_for_list)
        session.recalled.connect(self._note_recalled)
        session.image_changed.connect(self._settle_if_unreadable)
        keeper.kept.connect(lambda key, reading: self._report_end())

    @property
    def dialog(self) -> QInputDialog | None:
        """The question who reads, while it is on the screen."""
        return self._dialog

    @property
    def is_settled(self) -> bool:
        """Whether a list is open and the library has answered for all of its images."""
        return bool(self._keys) and not self._unsettled

    def ask_for_list(self) -> None:
        """Asks for the file of a reading list."""
        kinds = _("Reading lists") + " (*.toml *.csv)"
        name = QFileDialog.getOpenFileName(self._window, _("Open a reading list"), "", kinds)[0]
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Loads a list in the background, then asks who reads it if that is not certain.

        Until it is known whether the list is read blind, nothing is shown that a blind reader must not see.
        """
        self._blind_mode.keep(True)
        job = Job(lambda report: load_reading_list(path), parent=self)
        job.succeeded.connect(self._ask_for_reader)
        job.failed.connect(self._reject)
        self._queue.submit(job)

    def _reject(self, error: BSNetError) -> None:
        self._leave(Severity.ERROR, str(error))

    def _leave(self, severity: Severity, text: str) -> None:
        """Goes back to what was before the list, which may be another list."""
        if self._loaded is None:
            self._blind_mode.release()
        else:
            self._blind_mode.keep(self._loaded.blind)
        self._messages.show_message(severity, text)

    # Who reads

    def _ask_for_reader(self, loaded: ReadingList) -> None:
        if not loaded.readers or loaded.readers == (self._session.reader,):
            self._start(loaded, self._session.reader)
        elif self._dialog is None:
            self._show_question(loaded)

    def _show_question(self, loaded: ReadingList) -> None:
        # Also where the list names the reader of the preferences among others: that may be whoever was here before.
        readers = list(loaded.readers)
        dialog = self._dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(_("Reading list"))
        dialog.setComboBoxItems(readers)
        dialog.setComboBoxEditable(False)
        dialog.setLabelText("\n".join(part for part in (loaded.title, _("Who is reading?")) if part))
        for label in dialog.findChildren(QLabel):
            label.setTextFormat(Qt.TextFormat.PlainText)  # a title is no markup
        if self._session.reader in readers:
            dialog.setTextValue(self._session.reader)
        dialog.setOkButtonText(_("Start reading"))
        dialog.setCancelButtonText(_("Cancel"))
        dialog.textValueSelected.connect(lambda reader: self._start(loaded, reader))
        dialog.rejected.connect(self._give_up)
        dialog.finished.connect(lambda result: self._forget_question())
        dialog.open()

    def _give_up(self) -> None:
        self._leave(Severity.INFO, _("The reading list was not opened: nobody was chosen to read it."))

    def _forget_question(self) -> None:
        self._dialog = None

    # The images

    def _start(self, loaded: ReadingList, reader: str) -> None:
        assigned = loaded.images_for(reader)
        if not assigned:
            self._leave(Severity.WARNING, _("The reading list has no images for {reader}.").format(reader=reader))
            return
        self._loaded = loaded
        if reader != self._session.reader:
            self._settings.reader = reader
        self._blind_mode.keep(loaded.blind)
        files = [image.path for image in assigned]
        self._keys = tuple(image.key for image in self._session.add_all(files))
        self._unsettled = {key for key in self._keys if key not in self._recalled and not self._is_unreadable(key)}
        self._first = self._keys[0]
        self._worklist.restrict_to(self._keys)
        if self._unsettled:
            self._loader.open(files)
        else:  # all of them were open already
            self._session.select(self._first)
            self._go_on()

    def _note_recalled(self, key: int) -> None:
        self._recalled.add(key)
        self._settle(key)

    def _is_unreadable(self, key: int) -> bool:
        return self._session.image(key).state is ImageState.UNREADABLE

    def _settle_if_unreadable(self, key: int) -> None:
        if key in self._unsettled and self._is_unreadable(key):
            self._settle(key)

    def _settle(self, key: int) -> None:
        if key not in self._unsettled:
            return
        self._unsettled.discard(key)
        if not self._unsettled:
            self._go_on()

    def _go_on(self) -> None:
        """Goes on where the reader was, unless the reader has chosen an image meanwhile."""
        progress, current = self._worklist.progress, self._session.current
        if progress.count and progress.read == progress.count and not self._has_draft(self._keys):
            self._session.make_read_only(self._keys)
            text = translate_count(
                "You have read the {count} image of this list. Your reading is shown and can no longer be changed.",
                "You have read all {count} images of this list. Your readings are shown and can no longer be changed.",
                progress.count,
            )
            self._messages.show_message(Severity.INFO, text.format(count=progress.count))
        elif progress.read and current is not None and current.key == self._first:
            key = self._worklist.next_unread() if current.reading_of(self._session.reader) is not None else None
            if key is not None:
                self._session.select(key)

    def _has_draft(self, keys: Sequence[int]) -> bool:
        return any(image.draft for image in self._session.images if image.key in keys)

    def _report_end(self) -> None:
        progress = self._worklist.progress
        if self.is_settled and progress.read == progress.count:
            text = translate_count(
                "The {count} image of the list is read. Open the list again to look at your reading.",
                "All {count} images of the list are read. Open the list again to look at your readings.",
                progress.count,
            )
            self._messages.show_message(Severity.INFO, text.format(count=progress.count))
