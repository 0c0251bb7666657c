"""What is open, entered and predicted: a model with signals that knows no widgets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.session.readings import IncompleteReadingError, Reading, last_reading_of
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.radiograph import ImageMetadata, Radiograph

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.prediction import Prediction

KEPT_RADIOGRAPHS = 4
"""Pixels of this many studies stay in memory; older ones are read again when shown."""
KEPT_PREDICTIONS = 24
"""Maps of this many studies stay in memory; of older ones the score stays, the maps are computed again when shown."""
RECALLED = ("draft", "draft_started_at", "readings", "seen_by")
"""What the library adds to a study."""
KEPT_STEPS = 500
"""Steps that can be undone."""


class ImageState(StrEnum):
    """Where a study stands."""

    WAITING = "waiting"
    READING = "reading"
    READY = "not analysed"
    ANALYSING = "analysing"
    ANALYSED = "analysed"
    NOT_SCORED = "not scored"
    UNREADABLE = "cannot be read"

    @property
    def words(self) -> str:
        """The state as it stands in the list, in the language in use."""
        return {
            ImageState.WAITING: _("waiting"),
            ImageState.READING: _("reading"),
            ImageState.READY: _("not analysed"),
            ImageState.ANALYSING: _("analysing"),
            ImageState.ANALYSED: _("analysed"),
            ImageState.NOT_SCORED: _("not scored"),
            ImageState.UNREADABLE: _("cannot be read"),
        }[self]


@dataclass(frozen=True)
class OpenImage:
    """One open file and all that is known of it.

    Attributes:
        key: Number of the study within the session.
        score: What the network said last; stays when `prediction` and its maps had to go.
        draft: What the reader has entered and not saved yet; zones not entered are missing.
        draft_started_at: When the first of them was entered, in UTC; None without a draft.
        readings: What was saved, by all readers, oldest first.
        seen_by: Readers before whom the prediction has been on the screen.
        problem: Why there is no picture or no score, in a sentence.
        rejection: The error that said so, with its code.
    """

    key: int
    path: Path
    state: ImageState = ImageState.WAITING
    metadata: ImageMetadata = field(default_factory=ImageMetadata)
    thumbnail: npt.NDArray[np.uint8] | None = None
    score: BrixiaScore | None = None
    prediction: Prediction | None = None
    explanation: Explanation | None = None
    draft: dict[Zone, int] = field(default_factory=dict)
    draft_started_at: datetime | None = None
    readings: tuple[Reading, ...] = ()
    seen_by: frozenset[str] = frozenset()
    problem: str = ""
    rejection: BSNetError | None = None

    @property
    def title(self) -> str:
        """Patient, or the file's name where the file names none."""
        return self.metadata.patient_name.replace("^", " ").strip() or self.path.name

    @property
    def is_loaded(self) -> bool:
        """Whether the file gave a picture."""
        return self.state not in (ImageState.WAITING, ImageState.READING, ImageState.UNREADABLE)

    @property
    def entered_total(self) -> int | None:
        """The entered global score once all six zones are there."""
        return sum(self.draft.values()) if len(self.draft) == len(ZONES) else None

    @property
    def read_total(self) -> int | None:
        """The global score of a whole draft, else of the last saved reading."""
        if self.entered_total is not None or not self.readings:
            return self.entered_total
        return self.readings[-1].score.total

    def reading_of(self, reader: str) -> Reading | None:
        """A reader's last saved reading."""
        return last_reading_of(self.readings, reader)

    def was_seen_by(self, reader: str) -> bool:
        """Whether the prediction has been on the screen before this reader; somebody unnamed could be anybody."""
        return reader in self.seen_by or "" in self.seen_by


@dataclass(frozen=True)
class Look:
    """What a short look at a file gives: what it says of itself, and a small grey picture."""

    metadata: ImageMetadata
    thumbnail: npt.NDArray[np.uint8]


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class Session(QObject):
    """The studies of this session and which one is shown.

    While `blind` is on, a study's prediction stays hidden until its reader has saved a reading of it. Whatever shows a
    study asks `shown`, which leaves out what may not be seen.

    Attributes:
        undo_stack: Every step that the reader can take back, on whichever study: `do` adds one.
    """

    images_added = Signal(object)
    """Keys of newly opened studies, in one go however many they are."""
    image_changed = Signal(int)
    metadata_known = Signal(object)
    """Keys of studies whose files have said whom they show and when; their pictures are still to be read."""
    looks_known = Signal(object)
    """Keys of studies whose files gave a picture, of which the thumbnail is there."""
    current_changed = Signal(int)
    draft_changed = Signal(int)
    """Zones of a study's draft were entered, changed or taken back."""
    reading_saved = Signal(int, object)
    """Key and `Reading`; comes before the draft goes."""
    recalled = Signal(int)
    """What was kept of a study from earlier sessions is there."""
    blind_changed = Signal(bool)
    reader_changed = Signal(str)
    prediction_seen = Signal(int, str)
    """Key and reader: a prediction is on the screen before this reader for the first time."""
    prediction_revealed = Signal(int)
    """A hidden prediction is seen without a reading of it having been saved: the mode or the reader was changed."""

    def __init__(self, parent: QObject | None = None, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(parent)
        self._clock = clock
        self._reader = ""
        self._blind = False
        self._drafts_touched: set[int] = set()
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(KEPT_STEPS)
        self._images: dict[int, OpenImage] = {}
        self._key_of_path: dict[Path, int] = {}
        self._radiographs: OrderedDict[int, Radiograph] = OrderedDict()
        self._with_maps: OrderedDict[int, None] = OrderedDict()
        self._current: int | None = None

    @property
    def images(self) -> list[OpenImage]:
        """All open studies in the order they were opened."""
        return list(self._images.values())

    @property
    def current(self) -> OpenImage | None:
        """The study on the screen."""
        return None if self._current is None else self._images[self._current]

    def image(self, key: int) -> OpenImage:
        """A study by its key."""
        return self._images[key]

    def add(self, path: Path) -> OpenImage:
        """Opens a file; one that is open already is given back as it is."""
        return self.add_all([path])[0]

    def add_all(self, paths: Iterable[Path]) -> list[OpenImage]:
        """Opens files, in their order; those that are open already are given back as they are."""
        opened, new = [], []
        for path in paths:
            if path not in self._key_of_path:
                image = OpenImage(key=len(self._images), path=path)
                self._images[image.key] = image
                self._key_of_path[path] = image.key
                new.append(image.key)
            opened.append(self._images[self._key_of_path[path]])
        if new:
            self.images_added.emit(tuple(new))
        return opened

    def next_unread(self) -> int | None:
        """The next study that this reader has not read, after the one on the screen and round; None if there is none.

        What cannot be read as a picture is left out.
        """
        start = -1 if self._current is None else self._current
        keys = list(self._images)
        for key in keys[start + 1 :] + keys[: start + 1]:
            image = self._images[key]
            if image.state is not ImageState.UNREADABLE and image.reading_of(self._reader) is None:
                return key
        return None

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

    def accept_metadata(self, metadata: Mapping[int, ImageMetadata]) -> None:
        """Takes what files say of themselves, so that they can be listed before their pictures are read."""
        listed = tuple(key for key in metadata if not self._images[key].is_loaded)
        for key in listed:
            self._images[key] = replace(self._images[key], metadata=metadata[key])
        if listed:
            self.metadata_known.emit(listed)

    def accept_looks(self, looks: Mapping[int, Look]) -> None:
        """Takes what a short look at files gave: thumbnails, and that their pictures can be read."""
        seen = tuple(key for key in looks if not self._images[key].is_loaded)
        for key in seen:
            look = looks[key]
            image = replace(self._images[key], metadata=look.metadata, thumbnail=look.thumbnail, state=ImageState.READY)
            self._images[key] = replace(image, problem="", rejection=None)
        if seen:
            self.looks_known.emit(seen)

    @property
    def has_room_for_pixels(self) -> bool:
        """Whether pixels that nobody has asked for yet would be kept."""
        return len(self._radiographs) < KEPT_RADIOGRAPHS

    def accept_radiograph(
        self, key: int, radiograph: Radiograph, thumbnail: npt.NDArray[np.uint8], *, make_room: bool = False
    ) -> None:
        """Takes what was read.

        The pixels are kept while there is room; `make_room`, or being on the screen, lets the oldest go instead.
        """
        if make_room or key == self._current or self.has_room_for_pixels:
            self._radiographs[key] = radiograph
            self._radiographs.move_to_end(key)
        while len(self._radiographs) > KEPT_RADIOGRAPHS:
            oldest = next(other for other in self._radiographs if other != self._current)
            del self._radiographs[oldest]
        image = self._images[key]
        state, problem = (image.state, image.problem) if image.is_loaded else (ImageState.READY, "")
        self._change(replace(image, metadata=radiograph.metadata, thumbnail=thumbnail, state=state, problem=problem))

    def mark(self, key: int, state: ImageState) -> None:
        """Notes where a study stands."""
        self._change(replace(self._images[key], state=state))

    def take_back_analysing(self, key: int) -> None:
        """Puts a study whose analysis was stopped back to where it stood."""
        image = self._images[key]
        if image.state is not ImageState.ANALYSING:
            return
        if image.score is not None:
            self.mark(key, ImageState.ANALYSED)
        else:
            self.mark(key, ImageState.NOT_SCORED if image.problem else ImageState.READY)

    def accept_prediction(self, key: int, prediction: Prediction) -> None:
        """Keeps a result; an explanation of an older result goes, and so do the maps of studies long not shown."""
        image = replace(self._images[key], score=prediction.score, prediction=prediction, explanation=None)
        self._with_maps[key] = None
        self._with_maps.move_to_end(key)
        while len(self._with_maps) > KEPT_PREDICTIONS:
            oldest = next(other for other in self._with_maps if other not in (key, self._current))
            del self._with_maps[oldest]
            self._change(replace(self._images[oldest], prediction=None, explanation=None))
        self._change(replace(image, state=ImageState.ANALYSED, problem="", rejection=None))
        self._note_seen([key])

    def accept_explanation(self, key: int, explanation: Explanation) -> None:
        """Keeps a map."""
        self._change(replace(self._images[key], explanation=explanation))

    def accept_failure(self, key: int, state: ImageState, error: BSNetError) -> None:
        """Notes why there is no picture or no score; what was entered stays."""
        self._change(replace(self._images[key], state=state, problem=str(error), rejection=error))

    # Who reads, and what may be seen

    @property
    def reader(self) -> str:
        """Who reads now; empty while nobody is named."""
        return self._reader

    @reader.setter
    def reader(self, name: str) -> None:
        name = name.strip()
        if name != self._reader:
            hidden = self._hidden_predictions()
            for key, image in list(self._images.items()):
                if image.draft and image.was_seen_by(self._reader) and name not in image.seen_by:
                    # The draft goes on under the new name, and so does what was seen while it was made.
                    self._images[key] = replace(image, seen_by=image.seen_by | {name})
                    self.prediction_seen.emit(key, name)
            self._reader = name
            self.reader_changed.emit(name)
            self._follow_visibility(hidden)

    @property
    def blind(self) -> bool:
        """Whether predictions stay hidden until the reader's own reading is saved."""
        return self._blind

    @blind.setter
    def blind(self, on: bool) -> None:
        if on != self._blind:
            hidden = self._hidden_predictions()
            self._blind = on
            self.blind_changed.emit(on)
            self._follow_visibility(hidden)

    def prediction_is_visible(self, key: int) -> bool:
        """Whether anything of what the network said of a study may be on the screen."""
        return not self._blind or self._images[key].reading_of(self._reader) is not None

    def shown(self, key: int) -> OpenImage:
        """A study as it may be shown: while its prediction is hidden, without it and without others' readings."""
        image = self._images[key]
        if self.prediction_is_visible(key):
            return image
        return replace(image, score=None, prediction=None, explanation=None, readings=())

    # The reader's own reading

    def enter(self, key: int, zone: Zone, score: int | None) -> None:
        """Takes a zone of the reader's own reading; None takes it back."""
        if self._images[key].draft.get(zone) == score:
            return
        if score is None:
            text = _("taking back zone {zone}").format(zone=zone.name)
        else:
            text = _("{score} in zone {zone}").format(score=score, zone=zone.name)
        self._change_draft(key, {zone: score}, text)

    def clear_draft(self, key: int) -> None:
        """Takes all entered zones back."""
        if self._images[key].draft:
            self._change_draft(key, dict.fromkeys(ZONES), _("clearing the zones"))

    def correct(self, key: int) -> None:
        """Starts a draft from the reader's last saved reading, which stays as it is."""
        reading = self._images[key].reading_of(self._reader)
        if reading is not None:
            self._change_draft(key, {zone: reading.score[zone] for zone in ZONES}, _("correcting the saved score"))

    def save_reading(self, key: int, reader: str | None = None, blind: bool | None = None) -> Reading:
        """Makes a reading of the draft; it is never changed again. Undo brings the draft back, not the reading away.

        Args:
            key: Study whose draft is saved.
            reader: Who read; the session's reader if None.
            blind: Whether the prediction was hidden; by the session's mode if None. It is never recorded as hidden
                where it has been on the screen before this reader.

        Raises:
            IncompleteReadingError: a zone has no score yet.
        """
        image = self._images[key]
        missing = [zone.name for zone in ZONES if zone not in image.draft]
        if missing:
            raise IncompleteReadingError(
                translate_count(
                    "Zone {zones} has no score yet. Enter it, then save.",
                    "Zones {zones} have no score yet. Enter them, then save.",
                    len(missing),
                ).format(zones=", ".join(missing))
            )
        name = self._reader if reader is None else reader.strip()
        was_hidden = self._blind if blind is None else blind
        now = self._clock()
        reading = Reading(
            reader=name,
            score=BrixiaScore.from_values(image.draft[zone] for zone in ZONES),
            started_at=min(image.draft_started_at or now, now),
            saved_at=now,
            blind=was_hidden and not image.was_seen_by(name),
        )
        self._images[key] = replace(image, readings=(*image.readings, reading))
        self.reading_saved.emit(key, reading)
        self._change_draft(key, dict.fromkeys(ZONES), _("closing the saved score"))
        self._note_seen([key])
        return reading

    def recall(
        self,
        key: int,
        draft: Mapping[Zone, int],
        readings: Iterable[Reading],
        *,
        draft_started_at: datetime | None = None,
        seen_by: Iterable[str] = (),
    ) -> None:
        """Takes what was kept of a study from earlier sessions.

        What was entered meanwhile stays, and so does an emptied or saved draft: the kept one only fills gaps.
        """
        image = self._images[key]
        emptied = key in self._drafts_touched and not image.draft
        both = image.draft if emptied else {**draft, **image.draft}
        merged = {zone: both[zone] for zone in ZONES if zone in both}
        started = [moment for moment in (image.draft_started_at, draft_started_at) if moment is not None]
        every = dict.fromkeys([*image.readings, *readings])
        known = replace(
            image,
            draft=merged,
            draft_started_at=min(started, default=self._clock()) if merged else None,
            readings=tuple(sorted(every, key=lambda reading: reading.saved_at)),
            seen_by=image.seen_by | frozenset(seen_by),
        )
        if any(getattr(known, name) != getattr(image, name) for name in RECALLED):
            self._change(known)
        if merged != draft:
            self.draft_changed.emit(key)
        self._note_seen([key])
        self.recalled.emit(key)

    # Undo

    def do(self, key: int, text: str, forward: Callable[[], None], backward: Callable[[], None]) -> None:
        """Runs `forward` now as a step that can be undone; undoing or redoing it brings its study to the screen.

        Args:
            key: Study that the step concerns.
            text: What the step is, after "Undo".
            forward: Does it, and does it again.
            backward: Undoes it.
        """
        self.undo_stack.push(_Step(text, forward, backward, partial(self.select, key)))

    def _change_draft(self, key: int, zones: Mapping[Zone, int | None], text: str) -> None:
        image = self._images[key]
        before = {zone: image.draft.get(zone) for zone in zones}
        started_at = image.draft_started_at or self._clock()
        self.do(
            key,
            text,
            partial(self._set_zones, key, zones, started_at),
            partial(self._set_zones, key, before, started_at),
        )

    def _set_zones(self, key: int, zones: Mapping[Zone, int | None], started_at: datetime) -> None:
        image = self._images[key]
        merged = {**image.draft, **zones}
        draft = {zone: score for zone in ZONES if (score := merged.get(zone)) is not None}
        self._drafts_touched.add(key)
        self._change(
            replace(image, draft=draft, draft_started_at=(image.draft_started_at or started_at) if draft else None)
        )
        self.draft_changed.emit(key)

    def _hidden_predictions(self) -> set[int]:
        return {
            key
            for key, image in self._images.items()
            if image.score is not None and not self.prediction_is_visible(key)
        }

    def _follow_visibility(self, hidden_before: set[int]) -> None:
        for key in sorted(hidden_before - self._hidden_predictions()):
            self.prediction_revealed.emit(key)
        self._note_seen(list(self._images))
        for key in list(self._images):
            self.image_changed.emit(key)

    def _note_seen(self, keys: Iterable[int]) -> None:
        # The list names the score of every study, so a prediction that may be seen counts as seen.
        for key in keys:
            image = self._images[key]
            if image.score is None or self._reader in image.seen_by or not self.prediction_is_visible(key):
                continue
            self._images[key] = replace(image, seen_by=image.seen_by | {self._reader})
            self.prediction_seen.emit(key, self._reader)

    def _change(self, image: OpenImage) -> None:
        self._images[image.key] = image
        self.image_changed.emit(image.key)


class _Step(QUndoCommand):
    """A step on the undo stack that shows its study when it is undone or done again."""

    def __init__(
        self, text: str, forward: Callable[[], None], backward: Callable[[], None], show_image: Callable[[], None]
    ) -> None:
        super().__init__(text)
        self._forward, self._backward, self._show_image = forward, backward, show_image
        self._is_new = True

    def redo(self) -> None:
        """Does the step; called by the stack when it is pushed, too."""
        self._forward()
        if not self._is_new:
            self._show_image()
        self._is_new = False

    def undo(self) -> None:
        """Takes the step back."""
        self._backward()
        self._show_image()
