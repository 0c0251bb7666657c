"""The images of the session as a worklist: which of them are listed, how many are read, and which one is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from app.session.open_image import ImageState, OpenImage
from app.session.session import Session
from bsnet_core.language import translate as _


class ReadingState(StrEnum):
    """The images that a list shows, by what has been done with them."""

    ANY = "any"
    TO_READ = "to-read"
    NEW = "new"
    ANALYSED = "analysed"
    READ = "read"
    READ_BY_ME = "read-by-me"

    @property
    def words(self) -> str:
        """The state as the choice above the list names it."""
        return {
            ReadingState.ANY: _("All images"),
            ReadingState.TO_READ: _("Not read by me"),
            ReadingState.NEW: _("New"),
            ReadingState.ANALYSED: _("Analysed, not read"),
            ReadingState.READ: _("Read"),
            ReadingState.READ_BY_ME: _("Read by me"),
        }[self]

    def includes(self, image: OpenImage, reader: str) -> bool:
        """Whether an image is in this state for a reader.

        That an image has been analysed, or read by somebody, may be seen by a blind reader; no score is asked for here.
        """
        is_analysed = image.state in (ImageState.ANALYSED, ImageState.NOT_SCORED)
        can_be_read = image.state is not ImageState.UNREADABLE
        is_own = image.reading_of(reader) is not None
        return {
            ReadingState.ANY: True,
            ReadingState.TO_READ: can_be_read and not is_own,
            ReadingState.NEW: can_be_read and not is_analysed and not image.readings,
            ReadingState.ANALYSED: is_analysed and not image.readings,
            ReadingState.READ: bool(image.readings),
            ReadingState.READ_BY_ME: is_own,
        }[self]


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of the reader: images read, images in all, and the place of the current one, from 1.

    The place is None if no image of the worklist is on the screen. Images that cannot be loaded do not count.
    """

    read: int
    count: int
    place: int | None


class Worklist(QObject):
    """All open images, or those of a reading list, as the current reader has read them."""

    changed = Signal()
    """Another state is listed, or other images belong to the worklist."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._state = ReadingState.ANY
        self._keys: tuple[int, ...] = ()

    @property
    def state(self) -> ReadingState:
        """The images that are listed."""
        return self._state

    @state.setter
    def state(self, state: ReadingState) -> None:
        if state is not self._state:
            self._state = state
            self.changed.emit()

    def restrict_to(self, keys: Sequence[int]) -> None:
        """Makes the images of a reading list, in this order, the worklist; without any, all open images are."""
        self._keys = tuple(keys)
        self.changed.emit()

    @property
    def is_reading_list(self) -> bool:
        """Whether the worklist is that of a reader study, not all open images."""
        return bool(self._keys)

    def lists(self, image: OpenImage) -> bool:
        """Whether an image is listed: it is in the chosen state, or on the screen."""
        if self._state is ReadingState.ANY:  # asked for every row of a list of thousands
            return True
        current = self._session.current
        is_shown = current is not None and current.key == image.key
        return is_shown or self._state.includes(image, self._session.reader)

    @property
    def progress(self) -> Progress:
        """The progress of the current reader."""
        images = [image for image in self._images if image.state is not ImageState.UNREADABLE]
        current = self._session.current
        keys = [image.key for image in images]
        place = keys.index(current.key) + 1 if current is not None and current.key in keys else None
        read = sum(image.reading_of(self._session.reader) is not None for image in images)
        return Progress(read, len(images), place)

    def next_unread(self) -> int | None:
        """Key of the next image without a reading of this reader, after the one on the screen, then from the first.

        Images that cannot be loaded are skipped. None if no image is unread.
        """
        images, start = self._images, self._place_of_current()
        for image in images[start + 1 :] + images[: start + 1]:
            if ReadingState.TO_READ.includes(image, self._session.reader):
                return image.key
        return None

    def beside(self, offset: int) -> int | None:
        """Key of the listed image so many places after the one on the screen, or before it; None at either end."""
        listed = [image.key for image in self._session.images if self.lists(image)]
        current = self._session.current
        if current is None or current.key not in listed:
            return None
        place = listed.index(current.key) + offset
        return listed[place] if 0 <= place < len(listed) else None

    @property
    def _images(self) -> list[OpenImage]:
        images = {image.key: image for image in self._session.images}
        return [images[key] for key in self._keys if key in images] if self._keys else list(images.values())

    def _place_of_current(self) -> int:
        current = self._session.current
        keys = [image.key for image in self._images]
        return keys.index(current.key) if current is not None and current.key in keys else -1
