"""The network's work in the background: analyses and explains images, one at a time, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background.analysis_batch import AnalysisBatch
from app.background.image_loader import ImageLoader
from app.background.jobs import Job, JobQueue
from app.background.network import ModelChoice, Network
from app.background.prediction_store import PredictionStore
from app.session.open_image import ImageState
from app.session.session import Session
from bsnet_core.errors import BSNetError, UnsuitableImageError, WeightsError
from bsnet_core.explanation import Masking, Mode
from bsnet_core.progress import Report

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction
    from bsnet_core.radiograph import Radiograph


class Task(Enum):
    """The two kinds of work."""

    ANALYSE = auto()
    EXPLAIN = auto()


@dataclass(frozen=True, eq=False)
class RunningTask:
    """The job that runs, and the image it is about.

    Attributes:
        in_batch: Whether it is one of all images that are analysed, rather than one that was asked for.
        undo: Puts back what was there before, should the job be stopped or fail; None if what is there stays.
    """

    job: Job
    key: int
    task: Task
    in_batch: bool
    undo: Callable[[], None] | None = None


class InferenceQueue(QObject):
    """Analyses and explains images; the latest request, or another image on the screen, interrupts what runs.

    While nothing is requested and `analyses_all` is on, the other open images are analysed as well, in the order of
    `AnalysisBatch.in_order`. A prediction that the store has is shown at once instead of being computed again.
    """

    progressed = Signal(str, float)
    busy_changed = Signal(bool)
    failed = Signal(str, object)
    """Name of the file, and the `BSNetError`."""
    lungs_found = Signal(int, object)
    """Key and `LungsFound`, before the score is there."""
    analysed = Signal(int)
    """Key of an image whose requested analysis has given a score, now or ahead; before anything else starts."""
    batch_changed = Signal(int, int)
    """Images done and images in all, while all are analysed; (0, 0) when that was cancelled."""

    def __init__(
        self,
        session: Session,
        loader: ImageLoader,
        network: Network,
        choice: ModelChoice,
        store: PredictionStore,
        parent: QObject | None = None,
    ) -> None:
        """Made before whatever asks for the analysis of a newly shown image, since that image interrupts others."""
        super().__init__(parent)
        self._session, self._loader, self._network = session, loader, network
        self._choice, self._store = choice, store
        self._queue = JobQueue("network")
        self._running: RunningTask | None = None
        self._batch = AnalysisBatch()
        self._beside: tuple[int, ...] = ()
        self._analyses_all = False
        self._was_stopped = False
        session.current_changed.connect(self._make_way_for)
        session.images_removed.connect(self._drop)
        # After the window has asked for what the newly shown image needs.
        session.current_changed.connect(lambda key: QTimer.singleShot(0, self, self._continue_batch))
        session.previews_known.connect(lambda keys: self._continue_batch())
        loader.load_ended.connect(lambda key: self._continue_batch())

    @property
    def analyses_all(self) -> bool:
        """Whether all open images are analysed while nothing else is; `cancel` stops that until it is set again."""
        return self._analyses_all

    @analyses_all.setter
    def analyses_all(self, on: bool) -> None:
        self._analyses_all, self._was_stopped = on, False
        if not on and self._batch:
            self._batch.clear()
            self.batch_changed.emit(0, 0)
            if not self.serves_request:
                self.interrupt()
        self._continue_batch()

    def show_beside(self, keys: Sequence[int]) -> None:
        """Takes the images beside the one on the screen, which are analysed before the others."""
        self._beside = tuple(keys)

    @property
    def is_busy(self) -> bool:
        """Whether the network is working."""
        return self._running is not None

    @property
    def serves_request(self) -> bool:
        """Whether the network does what was asked for, rather than work ahead."""
        return self._running is not None and not self._running.in_batch

    def is_explaining(self, key: int) -> bool:
        """Whether an image's explanation map is being computed."""
        running = self._running
        return running is not None and running.key == key and running.task is Task.EXPLAIN

    def analyse(self, key: int) -> None:
        """Predicts an image's score, again if it was predicted before; whatever else runs stops at once."""
        if self._session.radiograph_of(key) is not None:
            self.interrupt()
            self._start_analysis(key, in_batch=False, is_fresh=True)

    def analyse_if_new(self, key: int) -> None:
        """Predicts an image's score, unless its prediction is in memory or there is a reason for having none.

        An image that was analysed ahead counts as `analysed` now, unless it has been explained as well.
        """
        image, running = self._session.image(key), self._running
        if image.prediction is not None or image.state is ImageState.NOT_SCORED:
            if image.prediction is not None and image.explanation is None:
                self.analysed.emit(key)
            return
        if running is not None and running.key == key and running.task is Task.ANALYSE:
            self._running = replace(running, in_batch=False)  # it was analysed ahead, and is requested now
        elif self._session.radiograph_of(key) is not None:
            self.interrupt()
            self._start_analysis(key, in_batch=False)

    def analyse_all(self) -> None:
        """Predicts, one after the other, every image of the session that has no score and no reason for having none.

        The image on the screen goes first: what is requested there interrupts the batch, which goes on afterwards.
        """
        self._was_stopped = False
        running_key = None if self._running is None else self._running.key
        keys = [image.key for image in self._session.images]
        self._add_to_batch(key for key in keys if key != running_key and not self._is_settled(key))
        self._continue_batch()

    def explain(self, key: int, mode: Mode, masking: Masking = Masking.BLACK) -> None:
        """Computes an image's explanation map, which grows on the screen.

        A fast map that is stopped stays as far as it is. An exact one takes minutes: a complete map stays in its place
        until it is complete itself, and if it is stopped or fails, what was there before is put back.
        """
        image = self._session.image(key)
        prediction, before = image.prediction, image.explanation
        if prediction is None:
            return
        self.interrupt()
        is_exact = mode is Mode.EXACT and masking is not Masking.EVIDENCE
        grows_on_screen = not (is_exact and before is not None and before.is_whole)

        def work(report: Report) -> Explanation:
            return self._network.explain(self._choice, prediction, mode, report, job.send_part, masking)

        job = Job(work, parent=self)
        if grows_on_screen:
            job.part_arrived.connect(lambda part: self._session.accept_explanation(key, part))
        job.succeeded.connect(lambda explanation: self._session.accept_explanation(key, explanation))
        job.failed.connect(lambda error: self.failed.emit(self._session.image(key).path.name, error))
        undo = partial(self._put_back, key, prediction, before) if is_exact and grows_on_screen else None
        if undo is not None:
            job.failed.connect(lambda error: undo())
        self._start(RunningTask(job, key, Task.EXPLAIN, in_batch=False, undo=undo))

    def _put_back(self, key: int, prediction: Prediction, before: Explanation | None) -> None:
        # A map belongs to its prediction, which goes with an image that is taken off the list.
        if self._session.image(key).prediction is prediction:
            self._session.accept_explanation(key, before)

    def cancel(self) -> None:
        """Stops the network's work, with all images that wait; no other starts until one is requested."""
        running = self._running
        had_batch = bool(self._batch)
        # Only a map that is stopped with nothing behind it says nothing of the analyses.
        is_analysing = running is not None and running.task is Task.ANALYSE
        self._was_stopped = self._was_stopped or had_batch or is_analysing
        self._batch.clear()
        self.interrupt()
        if had_batch:
            self.batch_changed.emit(0, 0)

    def interrupt(self) -> None:
        """Stops what runs; its image goes back to the state it had before, and still waits if it was in the batch."""
        running = self._running
        if running is None:
            return
        running.job.cancel()
        self._running = None
        self._session.mark_analysis_stopped(running.key)
        if running.undo is not None:
            running.undo()
        self.busy_changed.emit(False)

    def close(self) -> None:
        """Stops everything, the network's process by force if need be; called before the window goes."""
        self._queue.close()
        if not self._queue.wait(0.0):
            self._network.end()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the thread of a closed queue.

        Returns:
            Whether it ended in time: the loading of a file of the batch cannot be stopped.
        """
        return self._queue.wait(timeout_s)

    # The batch

    def _make_way_for(self, key: int) -> None:
        running = self._running
        if running is None or running.key != key or running.task is not Task.ANALYSE:
            self.interrupt()

    def _add_to_batch(self, keys: Iterable[int]) -> None:
        if self._batch.add(keys):
            self.batch_changed.emit(self._batch.done, self._batch.size)

    def _continue_batch(self) -> None:
        current = self._session.current
        if self.is_busy or (current is not None and self._loader.is_loading(current.key)):
            return
        images = self._session.images
        self._batch.keep_only(image.key for image in images)
        if self._analyses_all and not self._was_stopped:
            self._add_to_batch(image.key for image in images if image.is_loaded and not self._is_settled(image.key))
        shown = None if current is None else current.key
        for key in self._batch.in_order(shown, self._beside, [image.key for image in images]):
            if not self._is_settled(key):
                self._start_analysis(key, in_batch=True)
                return
            self._settle(key)

    def _drop(self, keys: Sequence[int]) -> None:
        """Stops the work on images that were taken off the list."""
        if self._batch:
            self._batch.keep_only(image.key for image in self._session.images)
            self.batch_changed.emit(self._batch.done, self._batch.size)
        if self._running is not None and self._running.key in keys:
            self.interrupt()
            self._continue_batch()

    def _is_settled(self, key: int) -> bool:
        image = self._session.image(key)
        return image.score is not None or bool(image.problem)

    def _settle(self, key: int) -> None:
        if self._batch:
            self._batch.settle(key)
            self.batch_changed.emit(self._batch.done, self._batch.size)

    # One task

    def _start_analysis(self, key: int, *, in_batch: bool, is_fresh: bool = False) -> None:
        image, radiograph = self._session.image(key), self._session.radiograph_of(key)
        self._session.mark(key, ImageState.ANALYSING)

        def work(report: Report) -> Prediction:
            loaded = self._loader.load_file(image.path) if radiograph is None else radiograph
            return self._predict(loaded, report, job, is_fresh=is_fresh)

        job = Job(work, parent=self)
        job.part_arrived.connect(lambda lungs: self.lungs_found.emit(key, lungs))
        job.succeeded.connect(lambda prediction: self._session.accept_prediction(key, prediction))
        job.failed.connect(lambda error: self._reject(key, error))
        self._start(RunningTask(job, key, Task.ANALYSE, in_batch=in_batch))

    def _predict(self, radiograph: Radiograph, report: Report, job: Job, *, is_fresh: bool) -> Prediction:
        """A prediction from the store, or computed; on the worker's thread."""
        kept = None if is_fresh else self._store.find(radiograph, self._choice)
        if kept is not None:
            return kept
        prediction = self._network.predict(self._choice, radiograph, report, job.send_part)
        self._store.keep(radiograph, self._choice, prediction)
        return prediction

    def _start(self, task: RunningTask) -> None:
        task.job.progressed.connect(self.progressed)
        task.job.ended.connect(lambda: self._finish(task.job))
        self._running = task
        self.busy_changed.emit(True)
        self._queue.submit(task.job)

    def _finish(self, job: Job) -> None:
        task = self._running
        if task is None or task.job is not job:
            return  # it was interrupted
        self._running = None
        self.busy_changed.emit(False)
        if task.task is Task.ANALYSE:
            self._settle(task.key)
            has_score = self._session.image(task.key).prediction is not None
            if has_score and not task.in_batch and not self.is_busy:
                self.analysed.emit(task.key)
        self._continue_batch()

    def _reject(self, key: int, error: BSNetError) -> None:
        if isinstance(error, WeightsError):  # all others would fail alike
            self._was_stopped = True
            self._batch.clear()
            self.batch_changed.emit(0, 0)
        self._session.accept_failure(key, ImageState.NOT_SCORED, error)
        # A rejection by the input check is shown beside the image; any other error in the message bar, too.
        if not isinstance(error, UnsuitableImageError):
            self.failed.emit(self._session.image(key).path.name, error)
