"""Keeping the measurements on the screen in the library, and restoring them when an image is opened again."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.canvas.annotations import AnnotationStore, key_of_image
from app.canvas.measuring import Annotation
from app.library.keeper import Keeper
from app.library.records import KeptAnnotations, Recalled
from app.session.open_image import OpenImage
from app.session.session import Session


class KeptMeasurements(QObject):
    """Keeps the measurements on all images in step with the library, those on a prior image too.

    Readers find their own measurements again. A reader without measurements on an image finds the latest of another
    reader; while reading blind, only once the own score is saved, because a measurement shows where others looked.
    """

    def __init__(
        self, session: Session, keeper: Keeper, annotations: AnnotationStore, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._keeper, self._annotations = session, keeper, annotations
        self._images: dict[str, int] = {}
        self._recalled: dict[int, dict[str, KeptAnnotations]] = {}
        self._is_restoring = False
        keeper.recalled.connect(self._take)
        annotations.replaced.connect(self._keep)
        session.reader_changed.connect(lambda reader: self._show_all())
        session.blind_changed.connect(lambda blind: self._show_all())
        # Sent after the reading is in the session, unlike `reading_saved`.
        session.draft_changed.connect(self._show)

    def _take(self, key: int, recalled: Recalled) -> None:
        image = self._session.image(key)
        self._images[_name_of(image)] = key
        made_since = self._recalled.get(key, {})
        self._recalled[key] = {kept.reader: kept for kept in recalled.annotations} | made_since
        if made_since.get(self._session.reader) is None and not self._annotations.of(_name_of(image)):
            self._show(key)

    def _keep(self, name: str) -> None:
        key = self._images.get(name)
        if key is None:
            key = next((image.key for image in self._session.images if _name_of(image) == name), None)
        if key is None or self._is_restoring or self._session.image(key).is_read_only:
            return
        kept = self._keeper.keep_annotations(key, self._annotations.of(name))
        self._recalled.setdefault(key, {})
        self._recalled[key].pop(kept.reader, None)
        self._recalled[key][kept.reader] = kept

    def _show_all(self) -> None:
        for key in list(self._recalled):
            self._show(key)

    def _show(self, key: int) -> None:
        if key not in self._recalled:
            return
        self._is_restoring = True
        self._annotations.restore(_name_of(self._session.image(key)), self._visible_items(key))
        self._is_restoring = False

    def _visible_items(self, key: int) -> tuple[Annotation, ...]:
        of_readers = self._recalled[key]
        own = of_readers.get(self._session.reader)
        if own is not None:
            return own.items
        if not of_readers or not self._session.prediction_is_visible(key):
            return ()
        return next(reversed(of_readers.values())).items


def _name_of(image: OpenImage) -> str:
    return key_of_image(image.metadata, image.path)
