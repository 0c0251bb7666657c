"""Keeps a session in the library: what is opened, predicted, entered, read and measured; all on the library's thread.

The window's thread never touches the file.
"""

from __future__ import annotations

import importlib.metadata
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.background.jobs import Job, JobQueue
from app.canvas.measuring import Annotation
from app.library.records import (
    Draft,
    Event,
    ForgottenIdentities,
    KeptAnnotations,
    KeptPrediction,
    Quarantined,
    Recalled,
)
from app.library.worker import LibraryWorker
from app.session.open_image import OpenImage
from app.session.readings import Reading
from app.session.session import Session
from bsnet_core.errors import BSNetError, LibraryError
from bsnet_core.progress import Report

if TYPE_CHECKING:
    from app.library.library import Library
    from bsnet_core.inference.prediction import Prediction

T = TypeVar("T")
DISTRIBUTION = "bsnet-viewer"
SAVE_DRAFTS_AFTER_MS = 700
"""Delay after a change of a draft or a measurement, so that quick changes are saved together."""
CLOSE_WITHIN_S = 2.5
REMEMBERED_AT_ONCE = 16
"""Images per write to the disk: fast for a whole folder, and a reading need not wait long behind it."""


class Keeper(QObject):
    """Keeps a session's images, predictions, readings, drafts and measurements, and recalls what was kept before.

    A reading counts as kept once the disk has it. A reading that could not be kept stays in the session and in
    `unkept`; `try_again` keeps it.
    """

    opened = Signal(object)
    """The library is open; carries a `Quarantined` if a damaged one had to be put away, else None."""
    failed = Signal(object)
    """A `BSNetError`: the library cannot be used at the moment; sent once, not for every image."""
    kept = Signal(int, object)
    """Key of the image, and the `Reading` as recorded: not blind if another window has shown the prediction."""
    not_kept = Signal(int, object, object)
    """Key of the image, the `Reading`, and the error."""
    recalled = Signal(int, object)
    """Key of the image, and what the library knows of it (`Recalled`); the session has it already."""
    changed = Signal()
    """The library has other content now."""
    logged = Signal()
    """The audit log has grown."""

    _opened_elsewhere = Signal(object)

    def __init__(self, session: Session, path: Path, *, keep_identity: bool, parent: QObject | None = None) -> None:
        """Opens the library in the background; `opened` follows, or `failed`."""
        super().__init__(parent)
        self._session = session
        self._version = importlib.metadata.version(DISTRIBUTION)
        self._queue = JobQueue("library")
        self._worker = LibraryWorker(path, keep_identity=keep_identity, tell_opened=self._opened_elsewhere.emit)
        self._asked_for: set[int] = set()
        self._to_remember: dict[int, None] = {}
        self._remembering: Job | None = None
        self._predictions: dict[int, weakref.ref[Prediction]] = {}
        self._unkept: dict[tuple[int, Reading], bool] = {}
        self._unsaved_drafts: set[int] = set()
        self._reader_of_draft: dict[int, str] = {}
        self._shown: set[tuple[int, str]] = set()
        self._unsaved_annotations: dict[int, KeptAnnotations] = {}
        self._closed: threading.Event | None = None
        self._last_failure = ""
        self._save_drafts_timer = QTimer(self)
        self._save_drafts_timer.setSingleShot(True)
        self._save_drafts_timer.setInterval(SAVE_DRAFTS_AFTER_MS)
        self._save_drafts_timer.timeout.connect(self._save_drafts)
        self._opened_elsewhere.connect(self._tell_opened, Qt.ConnectionType.QueuedConnection)
        session.image_changed.connect(self._follow_image)
        session.previews_known.connect(self._take_in)
        session.current_changed.connect(self._note_opened)
        session.reading_saved.connect(self.keep_reading)
        session.draft_changed.connect(self._follow_draft)
        session.reader_changed.connect(lambda reader: self._hand_drafts_over())
        session.prediction_seen.connect(self._note_seen)
        session.prediction_revealed.connect(self._note_revealed)
        self.ask(lambda library: None, lambda nothing: None)
        for image in session.images:
            self._follow_image(image.key)

    @property
    def unkept(self) -> tuple[tuple[int, Reading], ...]:
        """Readings that are not on the disk yet, with their images' keys; a reason not to close the window."""
        return tuple(self._unkept)

    @property
    def is_saving(self) -> bool:
        """Whether a reading is being written to the disk."""
        return any(self._unkept.values())

    def keep_reading(self, key: int, reading: Reading) -> None:
        """Adds a reading to the library; `kept` follows, or `not_kept`."""
        image = self._session.image(key)
        self._unkept[(key, reading)] = True

        def work(library: Library) -> Reading:
            return library.add_reading(self._worker.number_of(library, image), reading)

        def accept(recorded: Reading) -> None:
            self._unkept.pop((key, reading), None)
            if recorded != reading:
                self._session.replace_reading(key, reading, recorded)
            self.kept.emit(key, recorded)
            self.logged.emit()
            self.changed.emit()

        def reject(error: BSNetError) -> None:
            self._unkept[(key, reading)] = False
            self.not_kept.emit(key, reading, error)

        self.ask(work, accept, reject, urgent=True)

    def try_again(self) -> None:
        """Keeps the readings that could not be kept."""
        for (key, reading), is_saving in list(self._unkept.items()):
            if not is_saving:
                self.keep_reading(key, reading)

    def log(self, event: Event, detail: str = "", key: int | None = None) -> None:
        """Notes in the audit log what the reader has done; `detail` names no patient."""
        image = None if key is None else self._session.image(key)
        reader, at = self._session.reader, datetime.now(UTC)

        def work(library: Library) -> None:
            number = None if image is None else self._worker.number_of(library, image)
            library.log(event, reader, number, detail, at=at)

        self.ask(work, lambda nothing: self.logged.emit())

    def note_shown(self, number: int) -> None:
        """Notes that a list shows the reader the prediction of an image in the library, opened or not."""
        reader, at = self._session.reader, datetime.now(UTC)
        if (number, reader) not in self._shown:
            self._shown.add((number, reader))
            self.ask(lambda library: library.note_seen(number, reader, at), lambda nothing: self.logged.emit())

    def keep_annotations(self, key: int, items: tuple[Annotation, ...]) -> KeptAnnotations:
        """Adds this reader's measurements on an image; a moment later, so that quick changes are one row."""
        kept = KeptAnnotations(self._session.reader, items, datetime.now(UTC))
        before = self._unsaved_annotations.get(key)
        if before is not None and before.reader != kept.reader:
            self._save_annotations(self._session.image(key), before)
        self._unsaved_annotations[key] = kept
        if not self._save_drafts_timer.isActive():
            self._save_drafts_timer.start()
        return kept

    def set_keep_identity(self, keep: bool) -> None:
        """Keeps images seen from now on with or without what names the patient."""
        self.ask(lambda library: self._worker.set_keep_identity(library, keep), lambda nothing: None)

    def forget_identities(
        self, answer: Callable[[ForgottenIdentities], None], reject: Callable[[BSNetError], None] | None = None
    ) -> None:
        """Takes what names patients out of all that was kept so far."""
        reader = self._session.reader

        def accept(forgotten: ForgottenIdentities) -> None:
            self.changed.emit()
            answer(forgotten)

        self.ask(lambda library: library.forget_identities(reader), accept, reject)

    def ask(
        self,
        question: Callable[[Library], T],
        answer: Callable[[T], None],
        reject: Callable[[BSNetError], None] | None = None,
        *,
        urgent: bool = False,
    ) -> Job:
        """Does something with the library in the background.

        Args:
            question: Runs on the library's thread; returns frozen data.
            answer: Gets the result on the window's thread.
            reject: Gets the error instead; without it, `failed` is sent.
            urgent: Whether it goes before everything that waits.
        """
        job = Job(lambda report: self._worker.do(question), parent=self)
        job.succeeded.connect(answer)
        job.failed.connect(reject if reject is not None else self._tell_failure)
        self._queue.submit(job, urgent=urgent)
        return job

    def ask_of(self, key: int, question: Callable[[Library, int], T], answer: Callable[[T], None]) -> Job:
        """Asks the library about an open image; the question gets the image's number in the library."""
        image = self._session.image(key)
        return self.ask(lambda library: question(library, self._worker.number_of(library, image)), answer)

    def close(self, within_s: float = CLOSE_WITHIN_S) -> bool:
        """Keeps what is still to be kept and closes the file; called while the session is still there.

        Returns:
            Whether all of it was kept in time; if not, another call waits again.
        """
        deadline = time.monotonic() + within_s
        if self._closed is None:
            self._closed = threading.Event()
            self._save_drafts()
            self._to_remember.clear()
            if self._remembering is not None:
                self._remembering.cancel()  # images not remembered yet have no readings: a reading remembers its image
            self._queue.submit(Job(self._close_file, parent=self))
        if not self._closed.wait(max(deadline - time.monotonic(), 0.0)):
            return False
        self._queue.close()
        return self._queue.wait(deadline - time.monotonic())

    def _close_file(self, report: Report) -> None:
        self._worker.close()
        if self._closed is not None:
            self._closed.set()

    # What the session tells

    def _take_in(self, keys: Iterable[int]) -> None:
        new = [key for key in keys if self._session.image(key).is_loaded and key not in self._asked_for]
        self._asked_for.update(new)
        self._to_remember.update(dict.fromkeys(new))
        self._remember_some()

    def _note_opened(self, key: int) -> None:
        """Puts an image that comes to the screen again among those that were opened last."""
        image = self._session.image(key)
        if key in self._asked_for:  # else it is taken in as it is loaded
            see = self._worker.see_again
            self.ask(lambda library: see(library, image), lambda nothing: self.changed.emit(), lambda error: None)

    def _follow_image(self, key: int) -> None:
        image = self._session.image(key)
        self._take_in([key])
        prediction = image.prediction
        before = self._predictions.get(key)
        if prediction is not None and (before is None or before() is not prediction):
            self._predictions[key] = weakref.ref(prediction)
            self._keep_prediction(image, prediction)

    def _remember_some(self) -> None:
        """Takes in some of the images that wait, the one on the screen first."""
        if self._remembering is not None or not self._to_remember or self._closed is not None:
            return
        current = self._session.current
        waiting = sorted(self._to_remember, key=lambda key: current is None or key != current.key)
        chosen = waiting[:REMEMBERED_AT_ONCE]
        for key in chosen:
            del self._to_remember[key]
        images, reader = [self._session.image(key) for key in chosen], self._session.reader

        def accept(answers: list[tuple[int, Recalled | LibraryError]]) -> None:
            for key, answer in answers:
                if isinstance(answer, LibraryError):
                    self._asked_for.discard(key)
                    self._tell_failure(answer)
                else:
                    self._take_recalled(key, answer)
            self.changed.emit()

        def reject(error: BSNetError) -> None:
            self._asked_for.difference_update(chosen)
            self._tell_failure(error)

        def end() -> None:
            self._remembering = None
            self._remember_some()

        self._remembering = self.ask(lambda library: self._worker.recall(library, images, reader), accept, reject)
        self._remembering.ended.connect(end)

    def _take_recalled(self, key: int, recalled: Recalled) -> None:
        draft = recalled.draft
        if draft is not None:
            self._reader_of_draft.setdefault(key, draft.reader)
        self._session.recall(
            key,
            draft.zones if draft is not None else {},
            recalled.readings,
            draft_started_at=draft.started_at if draft is not None else None,
            draft_comment=draft.comment if draft is not None else "",
            seen_by=recalled.seen_by,
        )
        self.recalled.emit(key, recalled)

    def _keep_prediction(self, image: OpenImage, prediction: Prediction) -> None:
        made_at = datetime.now(UTC)

        def work(library: Library) -> bool:
            kept = KeptPrediction.of(prediction, made_at, self._version)
            return library.add_prediction(self._worker.number_of(library, image), kept)

        self.ask(work, lambda is_new: self.changed.emit() if is_new else None)

    def _follow_draft(self, key: int) -> None:
        self._unsaved_drafts.add(key)
        if not self._save_drafts_timer.isActive():
            self._save_drafts_timer.start()

    def _save_drafts(self) -> None:
        """Saves drafts and measurements."""
        self._save_drafts_timer.stop()
        for key in sorted(self._unsaved_drafts):
            self._save_draft(self._session.image(key))
        self._unsaved_drafts.clear()
        for key, kept in self._unsaved_annotations.items():
            self._save_annotations(self._session.image(key), kept)
        self._unsaved_annotations.clear()

    def _save_annotations(self, image: OpenImage, kept: KeptAnnotations) -> None:
        def work(library: Library) -> None:
            library.add_annotations(self._worker.number_of(library, image), kept)

        self.ask(work, lambda nothing: None)

    def _save_draft(self, image: OpenImage) -> None:
        reader, former = self._session.reader, self._reader_of_draft.get(image.key)
        draft = Draft(reader, dict(image.draft), image.draft_started_at or datetime.now(UTC), image.draft_comment)
        self._reader_of_draft[image.key] = reader

        def work(library: Library) -> None:
            number = self._worker.number_of(library, image)
            if former is not None and former != reader:
                library.clear_draft(number, former)  # the reader has another name now, and the draft goes with it
            if draft.zones or draft.comment:
                library.save_draft(number, draft)
            else:
                library.clear_draft(number, reader)

        self.ask(work, lambda nothing: None)

    def _hand_drafts_over(self) -> None:
        """Keeps the drafts under the reader's other name."""
        for image in self._session.images:
            if image.draft or image.draft_comment:
                self._follow_draft(image.key)

    def _note_seen(self, key: int, reader: str) -> None:
        image, at = self._session.image(key), datetime.now(UTC)

        def work(library: Library) -> None:
            library.note_seen(self._worker.number_of(library, image), reader, at)

        self.ask(work, lambda nothing: self.logged.emit())

    def _note_revealed(self, key: int) -> None:
        self.log(Event.REVEALED, key=key)

    # What the library tells

    def _tell_opened(self, quarantined: Quarantined | None) -> None:
        self._last_failure = ""
        self.opened.emit(quarantined)
        self.changed.emit()

    def _tell_failure(self, error: BSNetError) -> None:
        if str(error) != self._last_failure:
            self._last_failure = str(error)
            self.failed.emit(error)
