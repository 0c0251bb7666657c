"""Loads images in the background: finds files, reads headers, makes thumbnails, decodes pixels."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from app.background.jobs import Job, JobQueue
from app.background.previews import Previews, load_headers, load_previews, thumbnail_of
from app.canvas.drawing.frame import FrameRenderer
from app.session.open_image import ImageState
from app.session.session import Session
from bsnet_core.display import measure_values
from bsnet_core.errors import BSNetError, Cancelled, UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading import MediumCopies, UnpackedArchives, images_in, load_radiograph
from bsnet_core.progress import Report
from bsnet_core.radiograph import Radiograph
from bsnet_core.repair import RepairStep, repaired

HEADERS_AT_ONCE = 32
"""Headers loaded in one job: an image chosen meanwhile waits for no more of them."""
PREVIEWS_AT_ONCE = 32
PAINTED_WITHIN_MS = 40
"""Time for the window to paint an image that was loaded, before others are loaded."""


@dataclass(frozen=True)
class FoundFiles:
    """The image files found; errors, and notes on what was left out, with the name of the file or folder concerned."""

    files: tuple[Path, ...]
    rejections: tuple[tuple[str, BSNetError], ...]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LoadedImage:
    """A radiograph with what shows it: a renderer with its pyramid, and a thumbnail (H, W) uint8."""

    radiograph: Radiograph
    renderer: FrameRenderer
    thumbnail: npt.NDArray[np.uint8]


class ImageLoader(QObject):
    """One thread that loads files in the order in which people need them.

    Of many files opened together all headers come first, so that the whole list is there, then the thumbnails. All
    pixels are loaded only of images that are chosen, and of the first few while there is room for them.
    A newly opened file is shown once it is loaded; if it cannot be loaded, the image on the screen stays.
    """

    failed = Signal(str, object)
    """Name of the file or folder, and the `BSNetError`."""
    noted = Signal(object, object)
    """Notes on files that were opened, and after them the errors: pairs of a name, and a sentence or a `BSNetError`."""
    loaded = Signal(int, object)
    """Key and `LoadedImage`."""
    load_ended = Signal(int)
    """Key; after `loaded` or `failed`."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._archives = UnpackedArchives()
        self._medium = MediumCopies()
        self._queue = JobQueue("loading")
        self._loads: dict[int, Job] = {}
        self._repairs: dict[Path, tuple[RepairStep, ...]] = {}
        self._without_header: deque[int] = deque()
        self._without_preview: deque[int] = deque()
        self._without_pixels: deque[int] = deque()
        self._is_loading_ahead = False
        self._newly_opened: dict[int, None] = {}
        session.current_changed.connect(lambda key: self._newly_opened.clear())

    def open(self, paths: Sequence[Path], password: str | None = None) -> None:
        """Adds files, and the images inside folders and archives, to the session; the first that loads is shown.

        An encrypted archive without its password is reported by `failed` with a `PasswordNeededError` that names it.
        """

        def work(report: Report) -> FoundFiles:
            return _find_files(paths, self._archives, self._medium, password, report)

        job = Job(work, parent=self)
        job.succeeded.connect(self._accept_found)
        job.failed.connect(lambda error: self.failed.emit("", error))
        self._queue.submit(job, urgent=True)

    def load(self, *keys: int) -> None:
        """Loads images in this order and before all others; `loaded` follows, or `failed`."""
        jobs = []
        for key in keys:
            if key in self._loads:
                self._queue.move_to_front(self._loads[key])
            else:
                jobs.append(self._load_job(key))
        self._queue.submit(*jobs, urgent=True)

    def repair(self, key: int, steps: Sequence[RepairStep]) -> None:
        """Loads an image again, as its file is with these steps done to it; `loaded` follows, or `failed`."""
        self._repairs[self._session.image(key).path] = tuple(steps)
        self.load(key)

    def is_loading(self, key: int) -> bool:
        """Whether an image's pixels are being loaded, or are about to be."""
        return key in self._loads

    def prefer(self, keys: Iterable[int]) -> None:
        """Loads headers and thumbnails of these images first, such as those whose rows are in sight."""
        requested = set(keys)
        for waiting in (self._without_header, self._without_preview):
            in_sight = [key for key in waiting if key in requested]
            for key in in_sight:
                waiting.remove(key)
            waiting.extendleft(reversed(in_sight))

    def place_of(self, path: Path) -> Path:
        """The file that is really loaded: an image on a removable medium has a copy, which outlives the medium."""
        return self._medium.place_of(path)

    def file_of(self, path: Path) -> Path:
        """The file that was opened to get an image: its archive, if it lies in one, or else its own."""
        origin = self._archives.origin_of(path)
        if origin == path:
            return path
        return next((place for place in (origin, *origin.parents) if place.is_file()), origin)

    def load_file(self, path: Path) -> Radiograph:
        """Loads a file, or its copy, with its repairs; for any thread."""
        place = self._medium.place_of(path)
        radiograph = repaired(load_radiograph(place), self._repairs.get(path, ()))
        return radiograph if place == path else replace(radiograph, source=path)

    def close(self) -> None:
        """Stops loading; called before the window goes."""
        self._queue.close()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the thread of a closed loader and deletes its temporary files.

        Returns:
            Whether the thread ended in time: the decoding of one file cannot be stopped.
        """
        ended = self._queue.wait(timeout_s)
        self._archives.close()
        self._medium.close()
        return ended

    # Files that were opened

    def _accept_found(self, found: FoundFiles) -> None:
        for name, error in found.rejections:
            self.failed.emit(name, error)
        if found.notes:
            self.noted.emit(found.notes, found.rejections)
        keys = [image.key for image in self._session.add_all(found.files)]
        self._newly_opened.clear()
        self._newly_opened.update(dict.fromkeys(keys))
        not_loaded = [key for key in keys if not self._session.image(key).is_loaded]
        for waiting in self._waiting:
            waiting.extend(not_loaded[1:])
        if not_loaded:
            self.load(not_loaded[0])  # the others follow
        if keys and self._session.image(keys[0]).is_loaded:
            self._newly_opened.clear()
            self._session.select(keys[0])

    # Pixels

    def _load_job(self, key: int) -> Job:
        path = self._session.image(key).path

        def work(report: Report) -> LoadedImage:
            report(_("Loading"), 0.0)
            radiograph = self.load_file(path)
            measure_values(radiograph)
            return LoadedImage(radiograph, FrameRenderer(radiograph.stored), thumbnail_of(radiograph))

        def mark() -> None:
            if not self._session.image(key).is_loaded:
                self._session.mark(key, ImageState.LOADING)

        job = Job(work, parent=self)
        job.progressed.connect(mark)
        job.succeeded.connect(lambda loaded: self._accept_load(key, loaded))
        job.failed.connect(lambda error: self._reject_load(key, error))
        job.ended.connect(lambda: self._end_load(key))
        self._loads[key] = job
        return job

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
        for waiting in self._waiting:
            if key in waiting:
                waiting.remove(key)  # the error is shown once
        was_next = next(iter(self._newly_opened), None) == key
        self._newly_opened.pop(key, None)
        if self._newly_opened and was_next:
            self.load(next(iter(self._newly_opened)))
        elif self._session.current is None and not self._newly_opened:
            self._session.select(key)

    def _end_load(self, key: int) -> None:
        self._loads.pop(key, None)
        # The image is painted first: loading others would compete with the window for the interpreter.
        QTimer.singleShot(PAINTED_WITHIN_MS, self, self._load_next)
        self.load_ended.emit(key)

    # Headers and thumbnails, while nothing more urgent is loaded

    @property
    def _waiting(self) -> tuple[deque[int], ...]:
        return self._without_header, self._without_preview, self._without_pixels

    def _load_next(self) -> None:
        """Headers first, some at a time, then thumbnails, then the pixels of a few images, while there is room."""
        if self._is_loading_ahead or self._loads:
            return
        if self._without_header:
            self._load_some_headers()
        elif self._without_preview:
            self._load_some_previews()
        while self._without_pixels and self._may_load_pixels_ahead:
            key = self._without_pixels.popleft()
            if self._session.radiograph_of(key) is None and self._session.image(key).is_loaded:
                self._queue.submit(self._load_job(key))

    @property
    def _may_load_pixels_ahead(self) -> bool:
        return not (self._is_loading_ahead or self._loads) and self._session.has_room_for_pixels

    def _load_some_headers(self) -> None:
        paths = self._take(self._without_header, HEADERS_AT_ONCE)
        self._load_ahead(Job(lambda report: load_headers(paths, report), parent=self), self._session.accept_metadata)

    def _load_some_previews(self) -> None:
        paths = self._take(self._without_preview, PREVIEWS_AT_ONCE)

        def work(report: Report) -> Previews:
            return load_previews({key: self._medium.place_of(path) for key, path in paths.items()}, report)

        def accept(previews: Previews) -> None:
            self._without_preview.extendleft(
                key for key in reversed(paths) if key not in previews.loaded and key not in previews.rejected
            )
            self._session.accept_previews(previews.loaded)
            for key, error in previews.rejected.items():
                self._reject_load(key, error)

        self._load_ahead(Job(work, parent=self), accept)

    def _take(self, waiting: deque[int], most: int) -> dict[int, Path]:
        keys = [waiting.popleft() for _number in range(min(most, len(waiting)))]
        images = [self._session.image(key) for key in keys if key not in self._loads]
        return {image.key: image.path for image in images if not image.is_loaded}

    def _load_ahead(self, job: Job, accept: Callable[[Any], None]) -> None:
        def end() -> None:
            self._is_loading_ahead = False
            self._load_next()

        job.succeeded.connect(accept)
        job.ended.connect(end)
        self._is_loading_ahead = True
        self._queue.submit(job)


def _find_files(
    paths: Sequence[Path], archives: UnpackedArchives, medium: MediumCopies, password: str | None, report: Report
) -> FoundFiles:
    files: list[Path] = []
    rejections: list[tuple[str, BSNetError]] = []
    notes: list[tuple[str, str]] = []
    for number, path in enumerate(paths):
        report(_("Looking for images"), number / len(paths))
        try:
            found = images_in(path, archives, password=password, report=report)
            notes += [(where.name, note) for where, note in found.notes]
            if not found.files and not found.rejections:
                raise UnreadableImageError(_("This folder holds no images."))
        except Cancelled:
            raise
        except BSNetError as error:
            rejections.append((path.name, error))
            continue
        medium.claim(file.absolute() for file in found.on_medium)
        files += [file.absolute() for file in found.files]
        rejections += [(where.name, error) for where, error in found.rejections]
    return FoundFiles(tuple(files), tuple(rejections), tuple(notes))
