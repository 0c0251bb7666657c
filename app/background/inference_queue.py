"""The network's work in the background: analyses and explains images, one at a time, the most urgent first."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background.image_loader import ImageLoader
from app.background.jobs import Job, JobQueue
from app.background.network import ModelChoice, Network
from app.session.open_image import ImageState
from app.session.session import Session
from bsnet_core.errors import BSNetError, UnsuitableImageError, WeightsError
from bsnet_core.explanation import Masking, Mode
from bsnet_core.progress import Report

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction


class Task(Enum):
    """The two kinds of work."""

    ANALYSE = auto()
    EXPLAIN = auto()


@dataclass(frozen=True, eq=False)
class RunningTask:
    """The job that runs, and the image it is about.

    Attributes:
        in_batch: Whether it is one of all images that are analysed, rather than one that was asked for.
    """

    job: Job
    key: int
    task: Task
    in_batch: bool


class InferenceQueue(QObject):
    """Analyses and explains images; the latest request, or another image on the screen, interrupts what runs."""

    progressed = Signal(str, float)
    busy_changed = Signal(bool)
    failed = Signal(str, object)
    """Name of the file, and the `BSNetError`."""
    lungs_found = Signal(int, object)
    """Key and `LungsFound`, before the score is there."""
    analysed = Signal(int)
    """Key of an image whose requested analysis has given a score; emitted before anything else starts."""
    batch_changed = Signal(int, int)
    """Images done and images in all, while all are analysed; (0, 0) when that was cancelled."""

    def __init__(
        self,
        session: Session,
        loader: ImageLoader,
        network: Network,
        choice: ModelChoice,
        parent: QObject | None = None,
    ) -> None:
        """Made before whatever asks for the analysis of a newly shown image, since that image interrupts others."""
        super().__init__(parent)
        self._session, self._loader, self._network, self._choice = session, loader, network, choice
        self._queue = JobQueue("network")
        self._running: RunningTask | None = None
        self._batch: deque[int] = deque()
        self._batch_size = 0
        session.current_changed.connect(lambda key: self.interrupt())
        session.images_removed.connect(self._drop)
        # After the window has asked for what the newly shown image needs.
        session.current_changed.connect(lambda key: QTimer.singleShot(0, self, self._continue_batch))
        loader.load_ended.connect(lambda key: self._continue_batch())

    @property
    def is_busy(self) -> bool:
        """Whether the network is working."""
        return self._running is not None

    def is_explaining(self, key: int) -> bool:
        """Whether an image's explanation map is being computed."""
        running = self._running
        return running is not None and running.key == key and running.task is Task.EXPLAIN

    def analyse(self, key: int) -> None:
        """Predicts an image's score; whatever else runs stops at once."""
        radiograph = self._session.radiograph_of(key)
        if radiograph is None:
            return
        self.interrupt()
        self._session.mark(key, ImageState.ANALYSING)

        def work(report: Report) -> Prediction:
            return self._network.predict(self._choice, radiograph, report, job.send_part)

        job = Job(work, parent=self)
        job.part_arrived.connect(lambda lungs: self.lungs_found.emit(key, lungs))
        job.succeeded.connect(lambda prediction: self._session.accept_prediction(key, prediction))
        job.failed.connect(lambda error: self._reject(key, error))
        self._start(RunningTask(job, key, Task.ANALYSE, in_batch=False))

    def analyse_if_new(self, key: int) -> None:
        """Predicts an image's score, unless its prediction is in memory or there is a reason for having none."""
        image = self._session.image(key)
        if image.prediction is None and image.state is not ImageState.NOT_SCORED:
            self.analyse(key)

    def analyse_all(self) -> None:
        """Predicts, one after the other, every image of the session that has no score and no reason for having none.

        The image on the screen goes first: what is requested there interrupts the batch, which goes on afterwards.
        """
        running_key = None if self._running is None else self._running.key
        keys = [image.key for image in self._session.images]
        self._batch = deque(key for key in keys if key != running_key and not self._is_settled(key))
        self._batch_size = len(self._batch)
        if self._batch:
            self.batch_changed.emit(0, self._batch_size)
        self._continue_batch()

    def explain(self, key: int, mode: Mode, masking: Masking = Masking.BLACK) -> None:
        """Computes an image's explanation map, which grows on the screen; if it is stopped, what is there stays."""
        prediction = self._session.image(key).prediction
        if prediction is None:
            return
        self.interrupt()

        def work(report: Report) -> Explanation:
            return self._network.explain(self._choice, prediction, mode, report, job.send_part, masking)

        job = Job(work, parent=self)
        job.part_arrived.connect(lambda part: self._session.accept_explanation(key, part))
        job.succeeded.connect(lambda explanation: self._session.accept_explanation(key, explanation))
        job.failed.connect(lambda error: self.failed.emit(self._session.image(key).path.name, error))
        self._start(RunningTask(job, key, Task.EXPLAIN, in_batch=False))

    def cancel(self) -> None:
        """Stops the network's work, with the whole batch."""
        self._batch.clear()
        self.interrupt(and_resume=False)
        if self._batch_size:
            self._batch_size = 0
            self.batch_changed.emit(0, 0)

    def interrupt(self, *, and_resume: bool = True) -> None:
        """Stops what runs; its image goes back to the state it had before.

        Args:
            and_resume: Whether an image of the batch is analysed when the batch goes on.
        """
        running = self._running
        if running is None:
            return
        running.job.cancel()
        self._running = None
        if running.in_batch and and_resume:
            self._batch.appendleft(running.key)
        self._session.mark_analysis_stopped(running.key)
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

    def _continue_batch(self) -> None:
        current = self._session.current
        if self.is_busy or (current is not None and self._loader.is_loading(current.key)):
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
            loaded = self._loader.load_file(image.path) if radiograph is None else radiograph
            return self._network.predict(self._choice, loaded, report, lambda lungs: None)

        self._session.mark(key, ImageState.ANALYSING)
        job = Job(work, parent=self)
        job.succeeded.connect(lambda prediction: self._session.accept_prediction(key, prediction))
        job.failed.connect(lambda error: self._reject_in_batch(key, error))
        self._start(RunningTask(job, key, Task.ANALYSE, in_batch=True))

    def _drop(self, keys: Sequence[int]) -> None:
        """Stops the work on images that were taken off the list."""
        if self._running is not None and self._running.key in keys:
            self.interrupt(and_resume=False)
            self._continue_batch()

    def _is_settled(self, key: int) -> bool:
        image = self._session.image(key)
        if not self._session.is_listed(key):
            return True
        return image.score is not None or bool(image.problem)

    def _count_batch(self) -> None:
        if self._batch_size == 0:
            return
        if not self._batch:
            self._batch_size = 0
        done = self._batch_size - len(self._batch)
        self.batch_changed.emit(done, self._batch_size)

    def _reject_in_batch(self, key: int, error: BSNetError) -> None:
        if isinstance(error, WeightsError):
            self._batch.clear()  # all others would fail alike
        self._reject(key, error)

    # One task

    def _start(self, task: RunningTask) -> None:
        task.job.progressed.connect(self.progressed)
        task.job.ended.connect(lambda: self._finish(task))
        self._running = task
        self.busy_changed.emit(True)
        self._queue.submit(task.job)

    def _finish(self, task: RunningTask) -> None:
        if task is not self._running:
            return  # it was interrupted
        self._running = None
        self.busy_changed.emit(False)
        if task.in_batch:
            self._count_batch()
        elif task.task is Task.ANALYSE and not self.is_busy and self._session.image(task.key).prediction is not None:
            self.analysed.emit(task.key)
        self._continue_batch()

    def _reject(self, key: int, error: BSNetError) -> None:
        self._session.accept_failure(key, ImageState.NOT_SCORED, error)
        # A rejection by the input check is shown beside the image; any other error in the message bar, too.
        if not isinstance(error, UnsuitableImageError):
            self.failed.emit(self._session.image(key).path.name, error)
