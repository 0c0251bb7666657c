"""What is open, entered and predicted: a model with signals that knows no widgets."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from bsnet_core.brixia import BrixiaScore, Zone
from bsnet_core.errors import BSNetError
from bsnet_core.radiograph import Radiograph, StudyFacts

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.prediction import Prediction

KEPT_RADIOGRAPHS = 4
"""Pixels of this many studies stay in memory; older ones are read again when shown."""
KEPT_PREDICTIONS = 24
"""Maps of this many studies stay in memory; of older ones the score stays, the maps are computed again when shown."""


class StudyState(StrEnum):
    """Where a study stands, in the words of the list."""

    WAITING = "waiting"
    READING = "reading"
    READY = "not analysed"
    ANALYSING = "analysing"
    ANALYSED = "analysed"
    NOT_SCORED = "not scored"
    UNREADABLE = "cannot be read"


@dataclass(frozen=True)
class Study:
    """One open file and all that is known of it.

    Attributes:
        key: Number of the study within the session.
        score: What the network said last; stays when `prediction` and its maps had to go.
        reading: What the radiologist entered, zone by zone; zones not entered yet are missing.
        problem: Why there is no picture or no score, in a sentence.
    """

    key: int
    path: Path
    state: StudyState = StudyState.WAITING
    facts: StudyFacts = field(default_factory=StudyFacts)
    thumbnail: npt.NDArray[np.uint8] | None = None
    score: BrixiaScore | None = None
    prediction: Prediction | None = None
    explanation: Explanation | None = None
    reading: dict[Zone, int] = field(default_factory=dict)
    problem: str = ""

    @property
    def title(self) -> str:
        """Patient, or the file's name where the file names none."""
        return self.facts.patient_name.replace("^", " ").strip() or self.path.name

    @property
    def has_been_read(self) -> bool:
        """Whether the file gave a picture."""
        return self.state not in (StudyState.WAITING, StudyState.READING, StudyState.UNREADABLE)

    @property
    def entered_total(self) -> int | None:
        """The entered global score once all six zones are there."""
        return sum(self.reading.values()) if len(self.reading) == len(Zone) else None


class Session(QObject):
    """The studies of this session and which one is shown."""

    study_added = Signal(int)
    study_changed = Signal(int)
    current_changed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studies: dict[int, Study] = {}
        self._key_of_path: dict[Path, int] = {}
        self._radiographs: OrderedDict[int, Radiograph] = OrderedDict()
        self._with_maps: OrderedDict[int, None] = OrderedDict()
        self._current: int | None = None

    @property
    def studies(self) -> list[Study]:
        """All open studies in the order they were opened."""
        return list(self._studies.values())

    @property
    def current(self) -> Study | None:
        """The study on the screen."""
        return None if self._current is None else self._studies[self._current]

    def study(self, key: int) -> Study:
        """A study by its key."""
        return self._studies[key]

    def add(self, path: Path) -> Study:
        """Opens a file; one that is open already is given back as it is."""
        if path in self._key_of_path:
            return self._studies[self._key_of_path[path]]
        study = Study(key=len(self._studies), path=path)
        self._studies[study.key] = study
        self._key_of_path[path] = study.key
        self.study_added.emit(study.key)
        return study

    def select(self, key: int) -> None:
        """Shows a study."""
        if key != self._current:
            self._current = key
            if key in self._with_maps:
                self._with_maps.move_to_end(key)
            self.current_changed.emit(key)

    def radiograph_of(self, key: int) -> Radiograph | None:
        """The pixels, if they are still in memory."""
        if key in self._radiographs:
            self._radiographs.move_to_end(key)
        return self._radiographs.get(key)

    def accept_radiograph(
        self, key: int, radiograph: Radiograph, thumbnail: npt.NDArray[np.uint8], *, make_room: bool = False
    ) -> None:
        """Takes what was read.

        The pixels are kept while there is room; `make_room`, or being on the screen, lets the oldest go instead.
        """
        if make_room or key == self._current or len(self._radiographs) < KEPT_RADIOGRAPHS:
            self._radiographs[key] = radiograph
            self._radiographs.move_to_end(key)
        while len(self._radiographs) > KEPT_RADIOGRAPHS:
            oldest = next(other for other in self._radiographs if other != self._current)
            del self._radiographs[oldest]
        study = self._studies[key]
        state, problem = (study.state, study.problem) if study.has_been_read else (StudyState.READY, "")
        self._change(replace(study, facts=radiograph.facts, thumbnail=thumbnail, state=state, problem=problem))

    def mark(self, key: int, state: StudyState) -> None:
        """Notes where a study stands."""
        self._change(replace(self._studies[key], state=state))

    def take_back_analysing(self, key: int) -> None:
        """Puts a study whose analysis was stopped back to where it stood."""
        study = self._studies[key]
        if study.state is not StudyState.ANALYSING:
            return
        if study.score is not None:
            self.mark(key, StudyState.ANALYSED)
        else:
            self.mark(key, StudyState.NOT_SCORED if study.problem else StudyState.READY)

    def accept_prediction(self, key: int, prediction: Prediction) -> None:
        """Keeps a result; an explanation of an older result goes, and so do the maps of studies long not shown."""
        study = replace(self._studies[key], score=prediction.score, prediction=prediction, explanation=None)
        self._with_maps[key] = None
        self._with_maps.move_to_end(key)
        while len(self._with_maps) > KEPT_PREDICTIONS:
            oldest = next(other for other in self._with_maps if other not in (key, self._current))
            del self._with_maps[oldest]
            self._change(replace(self._studies[oldest], prediction=None, explanation=None))
        self._change(replace(study, state=StudyState.ANALYSED, problem=""))

    def accept_explanation(self, key: int, explanation: Explanation) -> None:
        """Keeps a map."""
        self._change(replace(self._studies[key], explanation=explanation))

    def accept_failure(self, key: int, state: StudyState, error: BSNetError) -> None:
        """Notes why there is no picture or no score; what was entered stays."""
        self._change(replace(self._studies[key], state=state, problem=str(error)))

    def enter(self, key: int, zone: Zone, score: int | None) -> None:
        """Takes a zone of the radiologist's own reading; None takes it back."""
        reading = dict(self._studies[key].reading)
        if score is None:
            reading.pop(zone, None)
        else:
            reading[zone] = score
        self._change(replace(self._studies[key], reading=reading))

    def _change(self, study: Study) -> None:
        self._studies[study.key] = study
        self.study_changed.emit(study.key)
