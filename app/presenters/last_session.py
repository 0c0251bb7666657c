"""The images that were open last, opened again at the next start; the bundled samples at the first start only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.background.image_loader import ImageLoader
from app.background.jobs import Job, JobQueue
from app.look.messages import MessageBar, Severity
from app.session.session import Session
from app.session.worklist import Worklist
from app.settings.settings import Settings
from bsnet_core.language import translate_count
from bsnet_core.resources import sample_files

KEPT_AFTER_MS = 400
MOST_FILES = 2000
"""A longer list would make every start a long one."""


class LastSession(QObject):
    """Keeps the paths of the open images as they change: a program that is killed has kept them, too.

    A path can name a patient, so nothing is kept unless names are. The samples are never part of what is kept, nor is
    anything while a reading list is open: its images would come back without the list, and a blind reading would end.
    """

    def __init__(
        self,
        session: Session,
        loader: ImageLoader,
        worklist: Worklist,
        settings: Settings,
        messages: MessageBar,
        queue: JobQueue,
        parent: QObject | None = None,
    ) -> None:
        """Args: queue: looks which files are still there, which can take long on a network."""
        super().__init__(parent)
        self._session, self._worklist, self._loader, self._settings = session, worklist, loader, settings
        self._messages, self._queue = messages, queue
        self._has_changed = False
        self._rest = QTimer(self, singleShot=True, interval=KEPT_AFTER_MS)
        self._rest.timeout.connect(self.keep)
        for changed in (session.images_added, session.images_removed, session.current_changed):
            changed.connect(lambda keys: self._note_change())

    def _note_change(self) -> None:
        self._has_changed = True
        self._rest.start()

    def keep(self) -> None:
        """Keeps what is open now, if something has changed since it was kept last."""
        if not self._has_changed or self._worklist.is_reading_list:
            return
        self._rest.stop()
        self._has_changed = False
        samples = {path.absolute() for path in sample_files()}
        files = [self._loader.file_of(image.path) for image in self._session.images if image.path not in samples]
        current = self._session.current
        shown = current.path if current is not None and current.path not in samples else None
        self._settings.keep_session(list(dict.fromkeys(files))[:MOST_FILES], shown)
        self._settings.save()

    def open_again(self, open_files: Callable[[Sequence[Path]], object]) -> None:
        """Opens what was open last, or the samples at the first start.

        Args:
            open_files: Opens files without remembering them.
        """
        if not self._settings.has_started:
            open_files(sample_files())
            return
        files, shown = self._settings.session_files, self._settings.session_shown
        if not files:
            return

        def accept(there: tuple[Path, ...]) -> None:
            self._tell_missing(len(files) - len(there))
            if there:
                self._select_once(shown)
                open_files(there)

        job = Job(lambda report: tuple(path for path in files if path.exists()), parent=self)
        job.succeeded.connect(accept)
        self._queue.submit(job)

    def _select_once(self, shown: Path | None) -> None:
        """Shows the image that was shown last as soon as it is listed."""

        def select() -> None:
            for image in self._session.images:
                if image.path == shown:
                    self._session.select(image.key)

        def follow(keys: object) -> None:
            self._session.images_added.disconnect(follow)
            QTimer.singleShot(0, self, select)  # after the loader has chosen the first one

        self._session.images_added.connect(follow)

    def _tell_missing(self, count: int) -> None:
        if count:
            text = translate_count(
                "{count} file of the last session is no longer there.",
                "{count} files of the last session are no longer there.",
                count,
            )
            self._messages.show_message(Severity.INFO, text.format(count=count))
