"""Reading, analysing and explaining the session's studies in the background; decides what runs and what stops."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.canvas.frame import FrameRenderer
from app.jobs import Job, JobQueue
from app.session import Session, StudyState
from bsnet_core.display import default_voi, display_table
from bsnet_core.errors import BSNetError, UnsuitableImageError
from bsnet_core.explanation import Explanation, explain
from bsnet_core.progress import Report
from bsnet_core.radiograph import Radiograph
from bsnet_core.reading import read_radiograph

if TYPE_CHECKING:
    from bsnet_core.model.config import Attention
    from bsnet_core.prediction import Prediction, Predictor

THUMBNAIL_SIDE_PX = 144


@dataclass(frozen=True)
class LoadedStudy:
    """What reading gives: pixels, their pyramid, a thumbnail."""

    radiograph: Radiograph
    renderer: FrameRenderer
    thumbnail: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ModelChoice:
    """Which model to load, and where it runs."""

    model_dir: Path | None = None
    device: str = "auto"
    attention: Attention | None = None


class Analysis(QObject):
    """Two lanes: reading, so that a picture appears at once, and the network's slower work."""

    progressed = Signal(str, float)
    busy_changed = Signal(bool)
    failed = Signal(int, object)
    loaded = Signal(int, object)

    def __init__(self, session: Session, choice: ModelChoice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._choice = choice
        self._predictor: Predictor | None = None
        self._predictor_lock = threading.Lock()
        self._reading = JobQueue("reading")
        self._network = JobQueue("network")
        self._loads: dict[int, Job] = {}
        self._job: Job | None = None
        self._job_key: int | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the network is at work."""
        return self._job is not None

    def load(self, key: int) -> None:
        """Reads a study's file; `loaded` follows, or `failed`."""
        if key in self._loads:
            return
        path = self._session.study(key).path
        if self._session.study(key).state is StudyState.WAITING:
            self._session.mark(key, StudyState.READING)

        def work(report: Report) -> LoadedStudy:
            report("Reading", 0.0)
            radiograph = read_radiograph(path)
            return LoadedStudy(radiograph, FrameRenderer(radiograph.stored), thumbnail_of(radiograph))

        job = Job(work, parent=self)
        job.succeeded.connect(lambda loaded: self._accept_load(key, loaded))
        job.failed.connect(lambda error: self._refuse(key, StudyState.UNREADABLE, error))
        job.ended.connect(lambda: self._loads.pop(key, None))
        self._loads[key] = self._reading.submit(job)

    def analyse(self, key: int) -> None:
        """Predicts a study; work on another one stops at once."""
        radiograph = self._session.radiograph_of(key)
        if radiograph is None:
            return
        self.cancel()
        self._session.mark(key, StudyState.ANALYSING)

        def work(report: Report) -> Prediction:
            report("Loading the network", 0.0)
            return self._loaded_predictor().predict(radiograph, report)

        job = Job(work, parent=self)
        job.succeeded.connect(lambda prediction: self._session.accept_prediction(key, prediction))
        job.failed.connect(lambda error: self._refuse(key, StudyState.NOT_SCORED, error))
        self._start(key, job)

    def explain(self, key: int) -> None:
        """Computes a study's explanation map."""
        prediction = self._session.study(key).prediction
        if prediction is None:
            return
        self.cancel()

        def work(report: Report) -> Explanation:
            return explain(self._loaded_predictor(), prediction, report)

        job = Job(work, parent=self)
        job.succeeded.connect(lambda explanation: self._session.accept_explanation(key, explanation))
        job.failed.connect(lambda error: self.failed.emit(key, error))
        self._start(key, job)

    def cancel(self) -> None:
        """Stops the network's work; the study goes back to where it stood."""
        if self._job is None or self._job_key is None:
            return
        self._job.cancel()
        study = self._session.study(self._job_key)
        if study.state is StudyState.ANALYSING:
            state = StudyState.ANALYSED if study.prediction is not None else StudyState.READY
            self._session.mark(study.key, state)
        self._job = self._job_key = None
        self.busy_changed.emit(False)

    def close(self) -> None:
        """Stops everything; called before the window goes."""
        self._reading.close()
        self._network.close()

    def _start(self, key: int, job: Job) -> None:
        job.progressed.connect(self.progressed)
        job.ended.connect(lambda: self._finish(job))
        self._job, self._job_key = job, key
        self.busy_changed.emit(True)
        self._network.submit(job)

    def _finish(self, job: Job) -> None:
        job.deleteLater()
        if job is self._job:
            self._job = self._job_key = None
            self.busy_changed.emit(False)

    def _accept_load(self, key: int, loaded: LoadedStudy) -> None:
        self._session.accept_radiograph(key, loaded.radiograph, loaded.thumbnail)
        self.loaded.emit(key, loaded)

    def _refuse(self, key: int, state: StudyState, error: BSNetError) -> None:
        self._session.accept_failure(key, state, error)
        # What the gate turns down is said beside the picture; anything else also in the message bar.
        if not isinstance(error, UnsuitableImageError):
            self.failed.emit(key, error)

    def _loaded_predictor(self) -> Predictor:
        with self._predictor_lock:
            if self._predictor is None:
                # Imported here, off the GUI thread: the network's libraries take seconds to load.
                from bsnet_core.prediction import Predictor

                self._predictor = Predictor.load(self._choice.model_dir, self._choice.device, self._choice.attention)
            return self._predictor


def thumbnail_of(radiograph: Radiograph) -> npt.NDArray[np.uint8]:
    """A small grey picture as the viewer would show it, longer side `THUMBNAIL_SIDE_PX`."""
    height, width = radiograph.shape
    scale = THUMBNAIL_SIDE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(radiograph.stored), size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(display_table(radiograph, default_voi(radiograph))[small])
