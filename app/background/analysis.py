"""Finding, reading, analysing and explaining studies in the background; decides what runs and what stops."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from app.background.jobs import Job, JobQueue
from app.background.network import NETWORK, ModelChoice
from app.canvas.drawing.frame import FrameRenderer
from app.session.session import ImageState, Look, Session
from bsnet_core.display import default_voi, display_table, measure_values
from bsnet_core.errors import BSNetError, Cancelled, UnreadableImageError, UnsuitableImageError, WeightsError
from bsnet_core.language import translate as _
from bsnet_core.loading import MediumCopies, UnpackedArchives, images_in, load_metadata, load_radiograph
from bsnet_core.progress import Report
from bsnet_core.radiograph import ImageMetadata, Radiograph

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation, Mode
    from bsnet_core.prediction import Prediction

THUMBNAIL_SIDE_PX = 144
CLOSE_WITHIN_S = 2.5
LISTED_AT_ONCE = 32
"""Headers read in one go: a film that is chosen meanwhile waits for no more of them."""
LOOKED_FOR_S = 0.15
"""How long thumbnails are made in one go: a film that is chosen meanwhile waits no longer, but for one file."""
LOOKED_AT_ONCE = 32
PAINTED_WITHIN_MS = 40
"""Time for the window to show a film that was read, before others are read."""
SAMPLED_PX = 2 * THUMBNAIL_SIDE_PX
"""Pixels along the shorter side from which a thumbnail is made; the file's others are left alone."""


@dataclass(frozen=True)
class FoundFiles:
    """What opening a list of files and folders came to; refusals carry the name they concern."""

    files: tuple[Path, ...]
    rejections: tuple[tuple[str, BSNetError], ...]


@dataclass(frozen=True)
class LoadedImage:
    """What reading gives: pixels, their pyramid, a thumbnail."""

    radiograph: Radiograph
    renderer: FrameRenderer
    thumbnail: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Looks:
    """What a short look at files came to, by their studies' keys; what is in neither was not looked at yet."""

    seen: Mapping[int, Look]
    rejected: Mapping[int, BSNetError]


class Task(Enum):
    """What the network is at work on."""

    SCORE = auto()
    MAP = auto()


class Analysis(QObject):
    """Two lanes: reading, so that a picture appears at once, and the network's slower work.

    Of many files opened together the headers are read first, so that all of them can be listed, then as many of their
    pixels as a thumbnail needs; all pixels of those alone that are chosen, and of the first few.
    A newly opened file takes the screen only once it is read: one that cannot be read leaves the open study there.
    """

    progressed = Signal(str, float)
    busy_changed = Signal(bool)
    failed = Signal(str, object)
    """Name of the file or folder, and the error."""
    loaded = Signal(int, object)
    lungs_found = Signal(int, object)
    """Key and `LungsFound`, before the score is there."""
    scored = Signal(int)
    """Key of a study whose score was asked for and is there, when nothing else runs yet."""
    batch_changed = Signal(int, int)
    """Studies done and studies in all, while all are analysed; (0, 0) when that has ended."""

    def __init__(self, session: Session, choice: ModelChoice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._choice = choice
        self._archives = UnpackedArchives()
        self._medium = MediumCopies()
        self._reading = JobQueue("reading")
        self._network = JobQueue("network")
        self._loads: dict[int, Job] = {}
        self._unlisted: deque[int] = deque()
        self._unseen: deque[int] = deque()
        self._unread: deque[int] = deque()
        self._looks_ahead = False
        self._newly_opened: dict[int, None] = {}
        self._job: Job | None = None
        self._job_key: int | None = None
        self._batch: deque[int] = deque()
        self._batch_size = 0
        self._job_is_of_batch = False
        self._task = Task.SCORE
        session.current_changed.connect(lambda key: self._newly_opened.clear())
        # After the window has asked for what the newly shown study needs.
        session.current_changed.connect(lambda key: QTimer.singleShot(0, self, self._go_on_with_batch))

    @property
    def is_busy(self) -> bool:
        """Whether the network is at work."""
        return self._job is not None

    def open(self, paths: Sequence[Path], password: str | None = None) -> None:
        """Adds files, and the images inside folders and archives, to the session; the first that can be read is shown.

        An encrypted archive without its password comes back by `failed` as a `PasswordNeededError` that names it.
        """

        def work(report: Report) -> FoundFiles:
            return _find_files(paths, self._archives, self._medium, password, report)

        job = Job(work, parent=self)
        job.succeeded.connect(self._accept_found)
        job.failed.connect(lambda error: self.failed.emit("", error))
        self._reading.submit(job, urgent=True)

    def load(self, *keys: int) -> None:
        """Reads studies' files in this order and before all others; `loaded` follows, or `failed`."""
        jobs = []
        for key in keys:
            if key in self._loads:
                self._reading.hurry(self._loads[key])
            else:
                jobs.append(self._load_job(key))
        self._reading.submit(*jobs, urgent=True)

    def _load_job(self, key: int) -> Job:
        path = self._session.image(key).path

        def work(report: Report) -> LoadedImage:
            report(_("Reading"), 0.0)
            radiograph = self._read(path)
            measure_values(radiograph)
            return LoadedImage(radiograph, FrameRenderer(radiograph.stored), thumbnail_of(radiograph))

        def mark() -> None:
            if not self._session.image(key).is_loaded:
                self._session.mark(key, ImageState.READING)

        job = Job(work, parent=self)
        job.progressed.connect(mark)
        job.succeeded.connect(lambda loaded: self._accept_load(key, loaded))
        job.failed.connect(lambda error: self._reject_load(key, error))
        job.ended.connect(lambda: self._end_load(key))
        self._loads[key] = job
        return job

    def place_of(self, path: Path) -> Path:
        """Where a study's file is read: a film of a medium has a copy, which stays when the medium is taken out."""
        return self._medium.place_of(path)

    def _read(self, path: Path) -> Radiograph:
        place = self._medium.place_of(path)
        radiograph = load_radiograph(place)
        return radiograph if place == path else replace(radiograph, source=path)

    def _end_load(self, key: int) -> None:
        self._loads.pop(key, None)
        # The picture is painted first: what is read meanwhile would compete for the interpreter with the window.
        QTimer.singleShot(PAINTED_WITHIN_MS, self, self._go_on_reading)
        self._go_on_with_batch()

    def prefer(self, keys: Iterable[int]) -> None:
        """Reads these before the others that nobody has chosen, such as those whose rows are in sight."""
        requested = set(keys)
        for waiting in (self._unlisted, self._unseen):
            in_sight = [key for key in waiting if key in requested]
            for key in in_sight:
                waiting.remove(key)
            waiting.extendleft(reversed(in_sight))

    def _go_on_reading(self) -> None:
        """Headers first, some at a time, then thumbnails, then the pixels of a few films, while there is room."""
        if self._looks_ahead or self._loads:
            return
        if self._unlisted:
            self._list_some()
        elif self._unseen:
            self._look_at_some()
        while self._unread and not (self._looks_ahead or self._loads) and self._session.has_room_for_pixels:
            key = self._unread.popleft()
            if self._session.radiograph_of(key) is None and self._session.image(key).is_loaded:
                self._reading.submit(self._load_job(key))

    def _list_some(self) -> None:
        paths = self._taken_from(self._unlisted, LISTED_AT_ONCE)
        self._look_ahead(Job(lambda report: _metadata_of(paths, report), parent=self), self._session.accept_metadata)

    def _look_at_some(self) -> None:
        paths = self._taken_from(self._unseen, LOOKED_AT_ONCE)

        def work(report: Report) -> Looks:
            return _look_at({key: self._medium.place_of(path) for key, path in paths.items()}, report)

        def accept(looks: Looks) -> None:
            self._unseen.extendleft(
                key for key in reversed(paths) if key not in looks.seen and key not in looks.rejected
            )
            self._session.accept_looks(looks.seen)
            for key, error in looks.rejected.items():
                self._reject_load(key, error)

        self._look_ahead(Job(work, parent=self), accept)

    def _taken_from(self, waiting: deque[int], most: int) -> dict[int, Path]:
        keys = [waiting.popleft() for _number in range(min(most, len(waiting)))]
        images = [self._session.image(key) for key in keys if key not in self._loads]
        return {image.key: image.path for image in images if not image.is_loaded}

    def _look_ahead(self, job: Job, accept: Callable[[Any], None]) -> None:
        def end() -> None:
            self._looks_ahead = False
            self._go_on_reading()

        job.succeeded.connect(accept)
        job.ended.connect(end)
        self._looks_ahead = True
        self._reading.submit(job)

    def analyse(self, key: int) -> None:
        """Predicts a study; work on another one stops at once."""
        radiograph = self._session.radiograph_of(key)
        if radiograph is None:
            return
        self.make_way()
        self._session.mark(key, ImageState.ANALYSING)

        def work(report: Report) -> Prediction:
            return NETWORK.predict(self._choice, radiograph, report, job.tell)

        job = Job(work, parent=self)
        job.told.connect(lambda lungs: self.lungs_found.emit(key, lungs))
        job.succeeded.connect(lambda prediction: self._session.accept_prediction(key, prediction))
        job.failed.connect(lambda error: self._reject_score(key, error))
        self._start(key, job)

    def explain(self, key: int, mode: Mode) -> None:
        """Computes a study's explanation map, which grows on the screen; what is there when it is stopped stays."""
        prediction = self._session.image(key).prediction
        if prediction is None:
            return
        self.make_way()

        def work(report: Report) -> Explanation:
            return NETWORK.explain(self._choice, prediction, mode, report, job.tell)

        job = Job(work, parent=self)
        job.told.connect(lambda part: self._session.accept_explanation(key, part))
        job.succeeded.connect(lambda explanation: self._session.accept_explanation(key, explanation))
        job.failed.connect(lambda error: self.failed.emit(self._session.image(key).path.name, error))
        self._start(key, job, Task.MAP)

    def is_explaining(self, key: int) -> bool:
        """Whether a study's explanation map is being computed."""
        return self._job_key == key and self._task is Task.MAP

    def analyse_all(self) -> None:
        """Predicts, one after the other, every study of the session that has no score and no reason for having none.

        The study on the screen goes before: work asked for there interrupts the row, which goes on afterwards.
        """
        keys = [image.key for image in self._session.images]
        self._batch = deque(key for key in keys if key != self._job_key and not self._is_settled(key))
        self._batch_size = len(self._batch)
        if self._batch:
            self.batch_changed.emit(0, self._batch_size)
        self._go_on_with_batch()

    def _go_on_with_batch(self) -> None:
        current = self._session.current
        if self.is_busy or (current is not None and current.key in self._loads):
            return
        while self._batch and self._is_settled(self._batch[0]):
            self._batch.popleft()
            self._count_batch()
        if not self._batch:
            return
        key = self._batch.popleft()
        image = self._session.image(key)
        radiograph = self._session.radiograph_of(key)

        def work(report: Report) -> Prediction:
            loaded = self._read(image.path) if radiograph is None else radiograph
            return NETWORK.predict(self._choice, loaded, report, lambda lungs: None)

        self._session.mark(key, ImageState.ANALYSING)
        job = Job(work, parent=self)
        job.succeeded.connect(lambda prediction: self._session.accept_prediction(key, prediction))
        job.failed.connect(lambda error: self._reject_in_batch(key, error))
        self._start(key, job, of_batch=True)

    def _is_settled(self, key: int) -> bool:
        image = self._session.image(key)
        return image.score is not None or bool(image.problem)

    def _reject_in_batch(self, key: int, error: BSNetError) -> None:
        if isinstance(error, WeightsError):
            self._batch.clear()  # all others would fail alike
        self._reject_score(key, error)

    def _count_batch(self) -> None:
        if self._batch_size == 0:
            return
        if not self._batch:
            self._batch_size = 0
        done = self._batch_size - len(self._batch)
        self.batch_changed.emit(done, self._batch_size)

    def cancel(self) -> None:
        """Stops the network's work, the row of all studies too; the study goes back to where it stood."""
        self._batch.clear()
        self._job_is_of_batch = False
        self.make_way()
        if self._batch_size:
            self._batch_size = 0
            self.batch_changed.emit(0, 0)

    def make_way(self) -> None:
        """Stops what runs for something more urgent; a study of the row takes its place in the row again."""
        if self._job is None or self._job_key is None:
            return
        self._job.cancel()
        key, was_of_batch = self._job_key, self._job_is_of_batch
        self._job = self._job_key = None
        if was_of_batch:
            self._batch.appendleft(key)
        self._session.take_back_analysing(key)
        self.busy_changed.emit(False)

    def close(self, within_s: float = CLOSE_WITHIN_S) -> bool:
        """Stops everything; called before the window goes.

        Returns:
            Whether all work ended in time. The network's does, by force; reading one file cannot be stopped midway.
        """
        deadline = time.monotonic() + within_s
        queues = (self._reading, self._network)
        for queue in queues:
            queue.close()
        if not self._network.wait(0.0):
            NETWORK.end()
        ended = all([queue.wait(deadline - time.monotonic()) for queue in queues])
        self._archives.close()
        self._medium.close()
        return ended

    def _start(self, key: int, job: Job, task: Task = Task.SCORE, *, of_batch: bool = False) -> None:
        job.progressed.connect(self.progressed)
        job.ended.connect(lambda: self._finish(job))
        self._job, self._job_key, self._job_is_of_batch, self._task = job, key, of_batch, task
        self.busy_changed.emit(True)
        self._network.submit(job)

    def _finish(self, job: Job) -> None:
        key = self._job_key
        if job is self._job and key is not None:
            self._job = self._job_key = None
            self.busy_changed.emit(False)
            if self._job_is_of_batch:
                self._count_batch()
            elif self._task is Task.SCORE and self._session.image(key).prediction is not None:
                self.scored.emit(key)
            self._go_on_with_batch()

    def _accept_found(self, found: FoundFiles) -> None:
        for name, error in found.rejections:
            self.failed.emit(name, error)
        keys = [image.key for image in self._session.add_all(found.files)]
        self._newly_opened.clear()
        self._newly_opened.update(dict.fromkeys(keys))
        unread = [key for key in keys if not self._session.image(key).is_loaded]
        for waiting in (self._unlisted, self._unseen, self._unread):
            waiting.extend(unread[1:])
        if unread:
            self.load(unread[0])  # the others follow
        if keys and self._session.image(keys[0]).is_loaded:
            self._newly_opened.clear()
            self._session.select(keys[0])

    def _accept_load(self, key: int, loaded: LoadedImage) -> None:
        is_next = key in self._newly_opened
        if is_next:
            self._newly_opened.clear()
        self._session.accept_radiograph(key, loaded.radiograph, loaded.thumbnail, make_room=is_next)
        self.loaded.emit(key, loaded)
        if is_next:
            self._session.select(key)

    def _reject_load(self, key: int, error: BSNetError) -> None:
        self._session.accept_failure(key, ImageState.UNREADABLE, error)
        self.failed.emit(self._session.image(key).path.name, error)
        for waiting in (self._unlisted, self._unseen, self._unread):
            if key in waiting:
                waiting.remove(key)  # once is enough to know
        was_next = next(iter(self._newly_opened), None) == key
        self._newly_opened.pop(key, None)
        if self._newly_opened and was_next:
            self.load(next(iter(self._newly_opened)))
        elif self._session.current is None and not self._newly_opened:
            self._session.select(key)

    def _reject_score(self, key: int, error: BSNetError) -> None:
        self._session.accept_failure(key, ImageState.NOT_SCORED, error)
        # What the gate turns down is said beside the picture; anything else also in the message bar.
        if not isinstance(error, UnsuitableImageError):
            self.failed.emit(self._session.image(key).path.name, error)


def _metadata_of(paths: Mapping[int, Path], report: Report) -> dict[int, ImageMetadata]:
    """What the headers say, by key; of a file that cannot be read, nothing: reading its picture says why."""
    metadata = {}
    for number, (key, path) in enumerate(paths.items()):
        report(_("Looking for images"), number / len(paths))
        with contextlib.suppress(BSNetError):
            metadata[key] = load_metadata(path)
    return metadata


def _look_at(paths: Mapping[int, Path], report: Report) -> Looks:
    """Thumbnails for a while; at least one."""
    seen: dict[int, Look] = {}
    rejected: dict[int, BSNetError] = {}
    started = time.monotonic()
    for number, (key, path) in enumerate(paths.items()):
        if number and time.monotonic() - started > LOOKED_FOR_S:
            break
        report(_("Reading"), number / len(paths))
        try:
            sample = load_radiograph(path, sampled_px=SAMPLED_PX)
            seen[key] = Look(sample.metadata, thumbnail_of(sample))
        except Cancelled:
            raise
        except BSNetError as error:
            rejected[key] = error
    return Looks(seen, rejected)


def _find_files(
    paths: Sequence[Path], archives: UnpackedArchives, medium: MediumCopies, password: str | None, report: Report
) -> FoundFiles:
    files: list[Path] = []
    rejections: list[tuple[str, BSNetError]] = []
    for number, path in enumerate(paths):
        report(_("Looking for images"), number / len(paths))
        try:
            found = images_in(path, archives, password=password, report=report)
            if not found.files and not found.rejections:
                raise UnreadableImageError(_("This folder holds no images."))
        except Cancelled:
            raise
        except BSNetError as error:
            rejections.append((path.name, error))
            continue
        of_path = [file.absolute() for file in found.files]
        if found.on_medium:
            medium.claim(of_path)
        files += of_path
        rejections += [(where.name, error) for where, error in found.rejections]
    return FoundFiles(tuple(files), tuple(rejections))


def thumbnail_of(radiograph: Radiograph) -> npt.NDArray[np.uint8]:
    """A small grey picture as the viewer would show it, longer side `THUMBNAIL_SIDE_PX`."""
    height, width = radiograph.shape
    scale = THUMBNAIL_SIDE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(radiograph.stored), size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(display_table(radiograph, default_voi(radiograph))[small])
