"""Keeps what the session holds in the library, on a thread of its own; the window's thread never touches the file."""

from __future__ import annotations

import hashlib
import importlib.metadata
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.background.jobs import Job, JobQueue, side_by_side
from app.canvas.measuring import Annotation
from app.library.patients import patient_of
from app.library.records import (
    Draft,
    Event,
    ForgottenIdentities,
    KeptAnnotations,
    KeptPrediction,
    Quarantined,
    Recalled,
    SeenImage,
)
from app.session.readings import Reading
from app.session.session import OpenImage, Session
from bsnet_core.errors import BSNetError, LibraryDamagedError, LibraryError, LibraryReplacedError
from bsnet_core.language import translate as _
from bsnet_core.progress import Report

if TYPE_CHECKING:
    from app.library.library import Library
    from bsnet_core.prediction import Prediction

T = TypeVar("T")
DISTRIBUTION = "bsnet-viewer"
DRAFTS_AFTER_MS = 700
"""How far what is kept of a reading in progress may lag behind the keys."""
CLOSE_WITHIN_S = 2.5
THUMBNAIL_SIDE_PX = 96
REMEMBERED_AT_ONCE = 16
"""Films taken in by one write to the disk: many are fast together, and a reading does not wait long behind them."""


class Keeper(QObject):
    """Remembers studies, predictions, readings and drafts of a session, and gives back what was kept of them before.

    A reading counts as kept once the disk has it. What could not be kept stays in the session and in `unkept`, and
    `try_again` keeps it.
    """

    opened = Signal(object)
    """The library is open; carries a `Quarantined` where a damaged one had to be put away, else None."""
    failed = Signal(object)
    """A `BSNetError`: the library cannot be used just now; said once, not for every film."""
    kept = Signal(int, object)
    """Key of the study and the `Reading` that is safely on the disk."""
    not_kept = Signal(int, object, object)
    """Key of the study, the `Reading`, and the error."""
    recalled = Signal(int, object)
    """Key of the study and what the library knew of it (`Recalled`); the session has taken it already."""
    changed = Signal()
    """What the library holds has changed."""
    logged = Signal()
    """The audit log has grown."""

    _opened_elsewhere = Signal(object)

    def __init__(self, session: Session, path: Path, *, keep_identity: bool, parent: QObject | None = None) -> None:
        """Opens the library in the background; `opened` follows, or `failed`."""
        super().__init__(parent)
        self._session = session
        self._path = path
        self._version = importlib.metadata.version(DISTRIBUTION)
        self._queue = JobQueue("library")
        self._asked_for: set[int] = set()
        self._to_remember: dict[int, None] = {}
        self._remembering: Job | None = None
        self._predictions: dict[int, weakref.ref[Prediction]] = {}
        self._unkept: dict[tuple[int, Reading], bool] = {}
        self._unsaved_drafts: set[int] = set()
        self._unsaved_annotations: dict[int, KeptAnnotations] = {}
        self._closed: threading.Event | None = None
        self._said = ""
        # The worker's own: nobody else reads or writes these three.
        self._library: Library | None = None
        self._keep_identity = keep_identity
        self._numbers: dict[int, int] = {}
        self._drafts_due = QTimer(self)
        self._drafts_due.setSingleShot(True)
        self._drafts_due.setInterval(DRAFTS_AFTER_MS)
        self._drafts_due.timeout.connect(self._save_drafts)
        self._opened_elsewhere.connect(self._tell_opened, Qt.ConnectionType.QueuedConnection)
        session.image_changed.connect(self._follow_image)
        session.looks_known.connect(self._take_in)
        self._session.reading_saved.connect(self.keep_reading)
        self._session.draft_changed.connect(self._follow_draft)
        self._session.prediction_seen.connect(self._note_seen)
        self._session.prediction_revealed.connect(self._note_revealed)
        self.ask(lambda library: None, lambda nothing: None)
        for image in session.images:
            self._follow_image(image.key)

    @property
    def unkept(self) -> tuple[tuple[int, Reading], ...]:
        """Readings that are not on the disk yet, with their studies; to be warned of before the window goes."""
        return tuple(self._unkept)

    @property
    def is_saving(self) -> bool:
        """Whether a reading is on its way to the disk just now."""
        return any(self._unkept.values())

    def keep_reading(self, key: int, reading: Reading) -> None:
        """Adds a reading to the library; `kept` follows, or `not_kept`."""
        image = self._session.image(key)
        self._unkept[(key, reading)] = True

        def accept(nothing: None) -> None:
            self._unkept.pop((key, reading), None)
            self.kept.emit(key, reading)
            self.logged.emit()
            self.changed.emit()

        def reject(error: BSNetError) -> None:
            self._unkept[(key, reading)] = False
            self.not_kept.emit(key, reading, error)

        self.ask(
            lambda library: library.add_reading(self._number_of(image, library), reading), accept, reject, urgent=True
        )

    def try_again(self) -> None:
        """Keeps the readings that could not be kept."""
        for (key, reading), is_under_way in list(self._unkept.items()):
            if not is_under_way:
                self.keep_reading(key, reading)

    def log(self, event: Event, detail: str = "", key: int | None = None) -> None:
        """Notes in the audit log what the reader has done; `detail` names no patient."""
        image = None if key is None else self._session.image(key)
        reader, at = self._session.reader, datetime.now(UTC)

        def work(library: Library) -> None:
            number = None if image is None else self._number_of(image, library)
            library.log(event, reader, number, detail, at=at)

        self.ask(work, lambda nothing: self.logged.emit())

    def keep_annotations(self, key: int, items: tuple[Annotation, ...]) -> KeptAnnotations:
        """Adds what this reader has measured on a film by now; a moment later, so that quick changes are one row."""
        kept = KeptAnnotations(self._session.reader, items, datetime.now(UTC))
        before = self._unsaved_annotations.get(key)
        if before is not None and before.reader != kept.reader:
            self._save_annotations(self._session.image(key), before)
        self._unsaved_annotations[key] = kept
        if not self._drafts_due.isActive():
            self._drafts_due.start()
        return kept

    def set_keep_identity(self, keep: bool) -> None:
        """Follows the privacy option: films seen from now on are kept with or without what names the patient."""

        def work(library: Library) -> None:
            self._keep_identity = library.keep_identity = keep

        self.ask(work, lambda nothing: None)

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
            question: Runs on the library's thread; gives back frozen data.
            answer: Gets it on the window's thread.
            reject: Gets the error instead; without it, `failed` tells.
            urgent: Before all that waits.
        """
        job = Job(lambda report: self._do(question), parent=self)
        job.succeeded.connect(answer)
        job.failed.connect(reject if reject is not None else self._tell_failure)
        self._queue.submit(job, urgent=urgent)
        return job

    def ask_of(self, key: int, question: Callable[[Library, int], T], answer: Callable[[T], None]) -> Job:
        """Does something with what the library knows of a study; the question gets the film's number."""
        image = self._session.image(key)
        return self.ask(lambda library: question(library, self._number_of(image, library)), answer)

    def close(self, within_s: float = CLOSE_WITHIN_S) -> bool:
        """Keeps what waits to be kept and lets go of the file; called before the session goes.

        Returns:
            Whether all of it was kept in time; if not, calling again goes on waiting.
        """
        deadline = time.monotonic() + within_s
        if self._closed is None:
            self._closed = threading.Event()
            self._save_drafts()
            self._to_remember.clear()
            if self._remembering is not None:
                self._remembering.cancel()  # films not remembered yet hold no readings: those remember their films
            self._queue.submit(Job(self._let_go_of_file, parent=self))
        if not self._closed.wait(max(deadline - time.monotonic(), 0.0)):
            return False
        self._queue.close()
        return self._queue.wait(deadline - time.monotonic())

    def _let_go_of_file(self, report: Report) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None
        if self._closed is not None:
            self._closed.set()

    # What the session tells

    def _take_in(self, keys: Iterable[int]) -> None:
        new = [key for key in keys if self._session.image(key).is_loaded and key not in self._asked_for]
        self._asked_for.update(new)
        self._to_remember.update(dict.fromkeys(new))
        self._remember_some()

    def _follow_image(self, key: int) -> None:
        image = self._session.image(key)
        self._take_in([key])
        prediction = image.prediction
        before = self._predictions.get(key)
        if prediction is not None and (before is None or before() is not prediction):
            self._predictions[key] = weakref.ref(prediction)
            self._keep_prediction(image, prediction)

    def _remember_some(self) -> None:
        """Takes in what waits, the film on the screen first, some at a time."""
        if self._remembering is not None or not self._to_remember or self._closed is not None:
            return
        current = self._session.current
        waiting = sorted(self._to_remember, key=lambda key: current is None or key != current.key)
        open_images = [self._session.image(key) for key in waiting[:REMEMBERED_AT_ONCE]]
        for open_image in open_images:
            del self._to_remember[open_image.key]
        reader = self._session.reader

        def work(library: Library) -> list[tuple[int, Recalled | LibraryError]]:
            unknown = self._remember_together(open_images, library)
            numbers = {
                open_image.key: self._numbers[open_image.key]
                for open_image in open_images
                if open_image.key not in unknown
            }
            recalled = library.recall_all(tuple(numbers.values()), reader)
            return [*unknown.items(), *((key, recalled[number]) for key, number in numbers.items())]

        def accept(answers: list[tuple[int, Recalled | LibraryError]]) -> None:
            for key, answer in answers:
                if isinstance(answer, LibraryError):
                    self._asked_for.discard(key)
                    self._tell_failure(answer)
                else:
                    self._take_recalled(key, answer)
            self.changed.emit()

        def reject(error: BSNetError) -> None:
            self._asked_for.difference_update(open_image.key for open_image in open_images)
            self._tell_failure(error)

        def end() -> None:
            self._remembering = None
            self._remember_some()

        self._remembering = self.ask(work, accept, reject)
        self._remembering.ended.connect(end)

    def _take_recalled(self, key: int, recalled: Recalled) -> None:
        draft = recalled.draft
        self._session.recall(
            key,
            draft.zones if draft is not None else {},
            recalled.readings,
            draft_started_at=draft.started_at if draft is not None else None,
            seen_by=recalled.seen_by,
        )
        self.recalled.emit(key, recalled)

    def _keep_prediction(self, image: OpenImage, prediction: Prediction) -> None:
        made_at = datetime.now(UTC)

        def work(library: Library) -> bool:
            kept = KeptPrediction.of(prediction, made_at, self._version)
            return library.add_prediction(self._number_of(image, library), kept)

        self.ask(work, lambda is_new: self.changed.emit() if is_new else None)

    def _follow_draft(self, key: int) -> None:
        self._unsaved_drafts.add(key)
        if not self._drafts_due.isActive():
            self._drafts_due.start()

    def _save_drafts(self) -> None:
        self._drafts_due.stop()
        for key in sorted(self._unsaved_drafts):
            self._save_draft(self._session.image(key))
        self._unsaved_drafts.clear()
        for key, kept in self._unsaved_annotations.items():
            self._save_annotations(self._session.image(key), kept)
        self._unsaved_annotations.clear()

    def _save_annotations(self, image: OpenImage, kept: KeptAnnotations) -> None:
        self.ask(lambda library: library.add_annotations(self._number_of(image, library), kept), lambda nothing: None)

    def _save_draft(self, image: OpenImage) -> None:
        reader = self._session.reader
        zones, started_at = dict(image.draft), image.draft_started_at or datetime.now(UTC)

        def work(library: Library) -> None:
            number = self._number_of(image, library)
            if zones:
                library.save_draft(number, Draft(reader, zones, started_at))
            else:
                library.clear_draft(number, reader)

        self.ask(work, lambda nothing: None)

    def _note_seen(self, key: int, reader: str) -> None:
        image = self._session.image(key)
        at = datetime.now(UTC)
        self.ask(
            lambda library: library.note_seen(self._number_of(image, library), reader, at),
            lambda nothing: self.logged.emit(),
        )

    def _note_revealed(self, key: int) -> None:
        self.log(Event.REVEALED, key=key)

    # What the library tells

    def _tell_opened(self, quarantined: Quarantined | None) -> None:
        self._said = ""
        self.opened.emit(quarantined)
        self.changed.emit()

    def _tell_failure(self, error: BSNetError) -> None:
        if str(error) != self._said:
            self._said = str(error)
            self.failed.emit(error)

    # On the library's thread

    def _do(self, question: Callable[[Library], T]) -> T:
        try:
            return question(self._opened())
        except (LibraryReplacedError, LibraryDamagedError):
            # The file was taken away or broke while it was open: a new one is begun, once.
            if self._library is not None:
                self._library.close()
                self._library = None
            return question(self._opened())

    def _opened(self) -> Library:
        if self._library is None:
            from app.library.library import Library  # here, so that the window does not wait for it

            self._library = Library.open(self._path, keep_identity=self._keep_identity)
            self._numbers.clear()
            self._opened_elsewhere.emit(self._library.quarantined)
        return self._library

    def _number_of(self, image: OpenImage, library: Library) -> int:
        if image.key not in self._numbers:
            self._numbers[image.key] = library.remember_images([_seen_image(image)])[0].number
        return self._numbers[image.key]

    def _remember_together(self, open_images: Sequence[OpenImage], library: Library) -> dict[int, LibraryError]:
        """Gives films their numbers; those that could not be told from others come back with the error."""
        seen: dict[int, SeenImage] = {}
        unknown: dict[int, LibraryError] = {}
        for open_image in open_images:
            if open_image.key not in self._numbers:
                try:
                    seen[open_image.key] = _seen_image(open_image)
                except LibraryError as error:
                    unknown[open_image.key] = error
        # The keys of the patients cost most of the time, and one does not need the other.
        patients = {patient_of(open_image.metadata): open_image.metadata for open_image in seen.values()}
        side_by_side(library.key_of, tuple(patients.values()))
        kept = library.remember_images(seen.values())
        self._numbers.update({key: image.number for key, image in zip(seen, kept, strict=True)})
        return unknown


def _seen_image(image: OpenImage) -> SeenImage:
    sha256 = "" if image.metadata.sop_instance_uid.strip() else _hash_of(image.path)
    return SeenImage(image.metadata, image.path, _png_of(image.thumbnail), sha256)


def _hash_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LibraryError(
            _("The film {name} is not there any more, so that nothing of it can be kept.").format(name=path.name)
        ) from error


def _png_of(thumbnail: npt.NDArray[np.uint8] | None) -> bytes:
    """A thumbnail as PNG, longer side `THUMBNAIL_SIDE_PX`; empty for None."""
    if thumbnail is None:
        return b""
    scale = min(THUMBNAIL_SIDE_PX / max(thumbnail.shape), 1.0)
    height, width = (max(1, round(side * scale)) for side in thumbnail.shape)
    small = cv2.resize(thumbnail, (width, height), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", small)[1])
