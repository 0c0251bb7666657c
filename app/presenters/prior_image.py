"""Earlier images of the same patient beside the current one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background.image_loader import ImageLoader, LoadedImage
from app.canvas.group import ViewGroup
from app.library.keeper import Keeper
from app.library.patients import patient_of
from app.presenters.current_image import CurrentImage
from app.session.open_image import OpenImage
from app.session.session import Session
from bsnet_core.dicom_dates import day_of, moment_of
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.radiograph import ImageMetadata

if TYPE_CHECKING:
    from app.library.records import PastImage


class PriorImage(QObject):
    """Finds prior images, open or in the library, and shows the latest of them beside the current one."""

    none_found = Signal(str)
    """A sentence that says that there is no earlier image."""
    choice_changed = Signal()
    """The prior images that can be stepped to have changed."""

    def __init__(
        self,
        session: Session,
        keeper: Keeper,
        loader: ImageLoader,
        group: ViewGroup,
        shown: CurrentImage,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._keeper, self._loader, self._group, self._shown = session, keeper, loader, group, shown
        self._is_on = False
        self._most = 1
        self._keys: tuple[int, ...] = ()
        self._question = 0
        self._earlier: tuple[Path, ...] = ()
        self._place = 0
        self._waits_for_current = False
        session.current_changed.connect(lambda key: self._find())
        session.emptied.connect(self._hide)
        session.image_changed.connect(self._follow)
        loader.loaded.connect(self._accept)
        shown.overlays_switched.connect(self._update_overlays)
        group.prior_shown_changed.connect(self._follow_group)

    @property
    def is_on(self) -> bool:
        """Whether a prior image is to be shown beside the current one."""
        return self._is_on

    @property
    def key(self) -> int | None:
        """Key of the latest image shown beside the current one; None if there is none."""
        return self._keys[0] if self._keys else None

    @property
    def keys(self) -> tuple[int, ...]:
        """Keys of all images shown beside the current one, the latest first."""
        return self._keys

    @property
    def can_go_earlier(self) -> bool:
        """Whether there is an image earlier than those shown."""
        return self._place + self._most < len(self._earlier)

    @property
    def can_go_later(self) -> bool:
        """Whether there is an image between those shown and the current one."""
        return self._place > 0

    def step(self, earlier: int) -> None:
        """Steps `earlier` images back; forward if negative."""
        place = self._place + earlier
        if self._is_on and 0 <= place < max(len(self._earlier) - self._most + 1, 1):
            self._show(place)

    def show_at_most(self, count: int) -> None:
        """Sets the largest number of prior images beside the current one."""
        if count != self._most:
            self._most = count
            if self._keys:
                self._show(min(self._place, max(len(self._earlier) - count, 0)))

    def switch(self, on: bool) -> None:
        """Shows the prior image, or the current one alone."""
        if on == self._is_on:
            return
        self._is_on = on
        if on:
            self._find()
        else:
            self._hide()

    def _follow_group(self, shown: bool) -> None:
        if not shown and self._keys:
            self._is_on = False
            self._forget_choice()

    def _hide(self) -> None:
        self._forget_choice()
        self._group.hide_prior()

    def _forget_choice(self) -> None:
        self._keys, self._earlier, self._place = (), (), 0
        self.choice_changed.emit()

    def _find(self) -> None:
        current = self._session.current
        if not self._is_on or current is None:
            return
        self._question += 1
        # The patient is known from the header: an image that is being loaded is looked up afterwards.
        self._waits_for_current = not current.is_loaded
        if self._waits_for_current:
            self._hide()
            return
        question = self._question

        def choose(past: tuple[PastImage, ...]) -> None:
            if question == self._question and self._is_on:
                self._choose(current, past)

        metadata = current.metadata
        self._keeper.ask(
            lambda library: library.history_of_patient(library.key_of(metadata)), choose, lambda error: choose(())
        )

    def _choose(self, current: OpenImage, past: tuple[PastImage, ...]) -> None:
        """Shows the latest of all prior images; of the same time, open images come before those of the library."""
        now = _moment_of(current.metadata)
        patient = patient_of(current.metadata)
        candidates: list[tuple[datetime | None, int, Path]] = [
            (_moment_of(image.metadata), 1, image.path)
            for image in self._session.images
            if patient and image.is_loaded and patient_of(image.metadata) == patient
        ]
        candidates += [
            (_moment_of(entry.image.metadata), 0, entry.image.path) for entry in past if entry.image.path is not None
        ]
        earlier = [(moment, is_open, path) for moment, is_open, path in candidates if now and moment and moment < now]
        if not earlier:
            self._hide()
            self.none_found.emit(_("No prior image of this patient is open or in the library."))
            return
        paths = (path for _moment, _is_open, path in sorted(earlier, key=lambda one: one[:2], reverse=True))
        self._earlier = tuple(dict.fromkeys(paths))
        self._show(0)

    def _show(self, place: int) -> None:
        self._place = place
        shown = self._earlier[place : place + self._most]
        self._keys = tuple(image.key for image in self._session.add_all(shown))
        self._group.show_at_most(len(shown))
        self.choice_changed.emit()
        # Also brings pixels that are no longer in memory, with `loaded`.
        self._loader.load(*self._keys)

    def _accept(self, key: int, loaded: LoadedImage) -> None:
        if key in self._keys and self._is_on:
            current, prior = self._session.current, self._session.image(key)
            if current is None:
                return
            self._group.set_caption(_("Current  {date}").format(date=date_of(current.metadata)))
            self._group.show_prior(
                loaded.radiograph,
                loaded.renderer,
                self._caption(prior, current),
                self._shown.overlays_of(prior),
                self._keys.index(key),
            )

    def _caption(self, prior: OpenImage, current: OpenImage) -> str:
        caption = caption_of(prior.metadata, current.metadata)
        if len(self._earlier) < 2:
            return caption
        number = self._earlier.index(prior.path) + 1
        place = _("{place} of {count} prior images").format(place=number, count=len(self._earlier))
        return f"{caption}  {place}"

    def _follow(self, key: int) -> None:
        current = self._session.current
        if self._waits_for_current and current is not None and current.key == key and current.is_loaded:
            self._find()
        if key in self._keys:
            self._update_overlays()

    def _update_overlays(self) -> None:
        for key, view in zip(self._keys, self._group.priors, strict=False):
            if view.radiograph is not None:
                view.set_overlays(self._shown.overlays_of(self._session.image(key)))


def _moment_of(metadata: ImageMetadata) -> datetime | None:
    return moment_of(metadata.study_date, metadata.study_time)


def date_of(metadata: ImageMetadata) -> str:
    """The study date as YYYY-MM-DD, or a text if there is none."""
    day = day_of(metadata.study_date)
    return day.isoformat() if day is not None else _("no date")


def caption_of(prior: ImageMetadata, current: ImageMetadata) -> str:
    """The caption above a prior image: its date, and how long before the current image it was made."""
    before, now = day_of(prior.study_date), day_of(current.study_date)
    if before is None or now is None:
        return _("Prior  {date}").format(date=date_of(prior))
    days = (now - before).days
    if days == 0:
        return _("Prior  {date}  (same day)").format(date=before.isoformat())
    ago = translate_count("{count} day before", "{count} days before", days).format(count=days)
    return _("Prior  {date}  ({ago})").format(date=before.isoformat(), ago=ago)
