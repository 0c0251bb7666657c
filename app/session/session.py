"""The open images with their readings and predictions: a model with signals, without widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from app.session.display_times import DisplayTimes
from app.session.kept_maps import KeptMaps
from app.session.kept_pixels import KeptPixels
from app.session.open_image import RECALLED, ImageState, OpenImage, Preview
from app.session.open_images import OpenImages
from app.session.readings import Reading
from app.session.session_signals import SessionSignals
from app.session.undo_step import UndoStep
from app.session.visibility import Visibility
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.partial_score import NOT_ASSESSABLE, entries_of
from bsnet_core.radiograph import ImageMetadata, Radiograph

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction

KEPT_STEPS = 500
"""Number of steps that can be undone."""


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class Session(SessionSignals):
    """The images of this session and which one is shown.

    While `blind` is on, an image's prediction stays hidden until its reader has saved a reading of it. Whatever shows
    an image asks `shown`, which leaves out what must not be seen; `visibility` is the rule, for what is not open, too.

    Attributes:
        undo_stack: The steps that the reader can undo, on whichever image; `do` adds one.
    """

    def __init__(self, parent: QObject | None = None, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(parent)
        self._clock = clock
        self._reader = ""
        self._blind = False
        self._drafts_touched: set[int] = set()
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(KEPT_STEPS)
        self._images = OpenImages()
        self._display_times = DisplayTimes()
        self._pixels = KeptPixels()
        self._with_maps = KeptMaps()
        self._current: int | None = None

    # The open images

    @property
    def images(self) -> list[OpenImage]:
        """All open images in the order they were opened."""
        return list(self._images.values())

    @property
    def current(self) -> OpenImage | None:
        """The image on the screen."""
        return None if self._current is None else self._images[self._current]

    def image(self, key: int) -> OpenImage:
        """An image by its key."""
        return self._images[key]

    def add(self, path: Path) -> OpenImage:
        """Opens a file; one that is open already is returned as it is."""
        return self.add_all([path])[0]

    def add_all(self, paths: Iterable[Path]) -> list[OpenImage]:
        """Opens files, in their order; those that are open already are returned as they are."""
        opened, new = self._images.add(paths)
        if new:
            self.images_added.emit(new)
        return opened

    def select(self, key: int) -> None:
        """Shows an image."""
        if key != self._current and self.is_listed(key):
            self._current = key
            self._with_maps.use(key)
            self.current_changed.emit(key)

    def is_listed(self, key: int) -> bool:
        """Whether an image was not taken off the list."""
        return key in self._images

    def remove(self, key: int) -> None:
        """Takes an image off the list; file, readings and draft stay. Undo lists it again, and so does opening it."""
        self.do(
            key, _("remove from the list"), partial(self._set_listed, key, False), partial(self._set_listed, key, True)
        )

    def _set_listed(self, key: int, listed: bool) -> None:
        if listed:
            self._images.restore(key)
            self.images_added.emit((key,))
            self._note_seen([key])
            return
        following = self._images.remove(key)
        self._pixels.drop(key)
        self._with_maps.forget(key)
        self.images_removed.emit((key,))
        if key == self._current:
            self._current = None
            if following is None:
                self.emptied.emit()
            else:
                self.select(following)

    def note_displayed(self, key: int) -> None:
        """Notes that an image has come to the screen, from when on its reading takes time."""
        self._display_times.note(key, self._clock())

    # Files

    def radiograph_of(self, key: int) -> Radiograph | None:
        """An image's pixels, if they are in memory."""
        return self._pixels.of(key)

    @property
    def has_room_for_pixels(self) -> bool:
        """Whether pixels that nobody has asked for yet would be kept."""
        return self._pixels.has_room

    def accept_metadata(self, metadata: Mapping[int, ImageMetadata]) -> None:
        """Takes headers by key, so that images can be listed before their pixels are loaded."""
        listed = self._images.take_metadata(metadata)
        if listed:
            self.metadata_known.emit(listed)

    def accept_previews(self, previews: Mapping[int, Preview]) -> None:
        """Takes headers and thumbnails by key, and notes that these images can be loaded."""
        new = self._images.take_previews(previews)
        if new:
            self.previews_known.emit(new)

    def accept_radiograph(
        self, key: int, radiograph: Radiograph, thumbnail: npt.NDArray[np.uint8], *, make_room: bool = False
    ) -> None:
        """Takes a loaded image.

        The pixels are kept while there is room. With `make_room`, or if the image is on the screen, they are kept in
        place of those used longest ago.
        """
        if make_room or key == self._current or self.has_room_for_pixels:
            self._pixels.keep(key, radiograph, on_screen=self._current)
        self._change(self._images[key].with_radiograph(radiograph, thumbnail))

    def accept_failure(self, key: int, state: ImageState, error: BSNetError) -> None:
        """Notes why an image has no pixels or no score; what was entered stays."""
        self._change(replace(self._images[key], state=state, problem=str(error), rejection=error))

    # The network's results

    def mark(self, key: int, state: ImageState) -> None:
        """Sets an image's state."""
        self._change(replace(self._images[key], state=state))

    def mark_analysis_stopped(self, key: int) -> None:
        """Sets an image that is being analysed back to the state that it had before."""
        if self._images[key].state is ImageState.ANALYSING:
            self.mark(key, self._images[key].state_before_analysis)

    def accept_prediction(self, key: int, prediction: Prediction) -> None:
        """Takes a prediction; drops the explanation of an older one, and the maps of images not shown for long."""
        image = replace(self._images[key], score=prediction.score, prediction=prediction, explanation=None)
        for oldest in self._with_maps.keep(key, on_screen=self._current):
            self._change(replace(self._images[oldest], prediction=None, explanation=None))
        self._change(replace(image, state=ImageState.ANALYSED, problem="", rejection=None))
        self._note_seen([key])

    def forget_prediction(self, key: int) -> None:
        """Drops an image's prediction, or the reason for having none, since the image is going to change."""
        self._with_maps.forget(key)
        self._change(self._images[key].without_results())

    def accept_explanation(self, key: int, explanation: Explanation | None) -> None:
        """Takes an explanation map; None takes it away."""
        self._change(replace(self._images[key], explanation=explanation))

    # The reader, and what blind reading hides

    @property
    def reader(self) -> str:
        """Name of the current reader; empty while nobody is named."""
        return self._reader

    @reader.setter
    def reader(self, name: str) -> None:
        name = name.strip()
        if name != self._reader:
            hidden = self._hidden_predictions()
            for key in self._images.hand_drafts_over(self._reader, name):
                self.prediction_seen.emit(key, name)
            self._reader = name
            self._display_times.keep_only(self._images.with_draft)
            if self._current is not None:
                self.note_displayed(self._current)
            self.reader_changed.emit(name)
            self._follow_visibility(hidden)

    @property
    def blind(self) -> bool:
        """Whether predictions stay hidden until the reader has saved a reading."""
        return self._blind

    @blind.setter
    def blind(self, on: bool) -> None:
        if on != self._blind:
            hidden = self._hidden_predictions()
            self._blind = on
            self.blind_changed.emit(on)
            self._follow_visibility(hidden)

    @property
    def visibility(self) -> Visibility:
        """The rule for what the reader may be shown at the moment."""
        return Visibility(self._reader, self._blind)

    def prediction_is_visible(self, key: int) -> bool:
        """Whether anything that the network predicted of an image may be shown."""
        return self.visibility.shows(self._images[key])

    def shown(self, key: int) -> OpenImage:
        """An image as it may be shown: while its prediction is hidden, without it and without others' readings."""
        return self.visibility.shown(self._images[key])

    def _hidden_predictions(self) -> set[int]:
        return {key for key, image in self._images.items() if self.visibility.hides_score_of(image)}

    def _follow_visibility(self, hidden_before: set[int]) -> None:
        self.visibility_changed.emit(self.visibility)
        for key in sorted(hidden_before - self._hidden_predictions()):
            self.prediction_revealed.emit(key)
        self._note_seen(list(self._images))
        for key in list(self._images):
            self.image_changed.emit(key)

    def _note_seen(self, keys: Iterable[int]) -> None:
        # The list shows the score of every image, so a prediction that may be seen counts as seen.
        for key in keys:
            image = self._images[key]
            if image.score is None or self._reader in image.seen_by or not self.prediction_is_visible(key):
                continue
            self._images[key] = replace(image, seen_by=image.seen_by | {self._reader})
            self.prediction_seen.emit(key, self._reader)

    # The reader's own reading

    def enter(self, key: int, zone: Zone, score: int | None) -> None:
        """Enters a zone in the draft, with 0 to 3 or `NOT_ASSESSABLE`; None takes it back."""
        if self._images[key].draft.get(zone) == score:
            return
        text = _("clear zone {zone}") if score is None else _("enter {score} in zone {zone}")
        if score == NOT_ASSESSABLE:
            text = _("zone {zone} not assessable")
        self._change_draft(key, {zone: score}, text.format(score=score, zone=zone.name))

    def comment(self, key: int, text: str) -> None:
        """Writes the draft's comment; a text field undoes its own changes."""
        if self._images[key].draft_comment != text:
            self._set_zones(key, {}, text, self._clock())

    def clear_draft(self, key: int) -> None:
        """Takes back all entered zones and the comment."""
        if self._images[key].draft or self._images[key].draft_comment:
            self._change_draft(key, dict.fromkeys(ZONES), _("clear zones"), "")

    def correct(self, key: int) -> None:
        """Starts a draft from the reader's last saved reading, which stays as it is."""
        reading = self._images[key].reading_of(self._reader)
        if reading is not None:
            self._display_times.restart(key, self._clock())
            self._change_draft(key, entries_of(reading.score), _("correct reading"), reading.comment)

    def make_read_only(self, keys: Iterable[int]) -> None:
        """Ends scoring of these images for this session: no zone of them can be entered any more."""
        for key in keys:
            self._change(replace(self._images[key], is_read_only=True))

    def save_reading(self, key: int, reader: str | None = None, blind: bool | None = None) -> Reading:
        """Saves the draft as a reading, which never changes. Undo restores the draft and leaves the reading.

        Args:
            key: Image whose draft is saved.
            reader: Name of the reader; the session's reader if None.
            blind: Whether the prediction was hidden; as the session's mode says if None. A reading is never recorded
                as blind if the prediction was shown to this reader before.

        Raises:
            IncompleteReadingError: a zone has no score yet.
        """
        image = self._images[key]
        reading = image.draft_as_reading(
            self._reader if reader is None else reader.strip(),
            self._clock(),
            was_hidden=self._blind if blind is None else blind,
            displayed_at=self._display_times.since(key),
        )
        self._display_times.forget(key)
        self._images[key] = replace(image, readings=(*image.readings, reading))
        self.reading_saved.emit(key, reading)
        self._change_draft(key, dict.fromkeys(ZONES), _("remove saved draft"), "")
        self._note_seen([key])
        return reading

    def replace_reading(self, key: int, reading: Reading, kept: Reading) -> None:
        """Takes a reading as the library has recorded it, where that differs: what another window has shown counts."""
        readings = (kept if one == reading else one for one in self._images[key].readings)
        self._change(replace(self._images[key], readings=tuple(readings)))

    def recall(
        self,
        key: int,
        draft: Mapping[Zone, int],
        readings: Iterable[Reading],
        *,
        draft_started_at: datetime | None = None,
        draft_comment: str = "",
        seen_by: Iterable[str] = (),
    ) -> None:
        """Adds what earlier sessions left of an image.

        What was entered meanwhile stays, and so does a draft that was emptied or saved: the old draft only fills gaps.
        """
        image = self._images[key]
        was_emptied = key in self._drafts_touched and not image.draft
        known = image.with_recalled(
            {} if was_emptied else draft,
            readings,
            seen_by,
            draft_started_at,
            now=self._clock(),
            draft_comment="" if was_emptied else draft_comment,
        )
        if any(getattr(known, name) != getattr(image, name) for name in RECALLED):
            self._change(known)
        if known.draft != draft or known.draft_comment != draft_comment:
            self.draft_changed.emit(key)
        self._note_seen([key])
        self.recalled.emit(key)

    def do(self, key: int, text: str, forward: Callable[[], None], backward: Callable[[], None]) -> None:
        """Runs `forward` now as a step that can be undone; undoing or redoing it shows its image.

        Args:
            key: Image that the step concerns.
            text: Name of the step, after "Undo".
            forward: Does the step, and redoes it.
            backward: Undoes it.
        """
        self.undo_stack.push(UndoStep(text, forward, backward, partial(self.select, key)))

    def _change_draft(self, key: int, zones: Mapping[Zone, int | None], text: str, comment: str | None = None) -> None:
        image = self._images[key]
        if image.is_read_only:
            return
        before = {zone: image.draft.get(zone) for zone in zones}
        comment_before = None if comment is None else image.draft_comment
        started_at = image.draft_started_at or self._clock()
        self.do(
            key,
            text,
            partial(self._set_zones, key, zones, comment, started_at),
            partial(self._set_zones, key, before, comment_before, started_at),
        )

    def _set_zones(self, key: int, zones: Mapping[Zone, int | None], comment: str | None, started_at: datetime) -> None:
        self._drafts_touched.add(key)
        self._change(self._images[key].with_draft(zones, started_at, comment))
        self.draft_changed.emit(key)

    def _change(self, image: OpenImage) -> None:
        self._images[image.key] = image
        self.image_changed.emit(image.key)
