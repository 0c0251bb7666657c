"""The annotations of all radiographs: a model with signals, whose changes can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from app.canvas.measuring import Annotation
from bsnet_core.radiograph import ImageMetadata, Radiograph


@dataclass(frozen=True, slots=True)
class AnnotationEdit:
    """One change that was made: the annotations before and after.

    Attributes:
        key: The radiograph's key (`key_of`).
        what: The change in words, for the undo menu.
    """

    key: str
    before: tuple[Annotation, ...]
    after: tuple[Annotation, ...]
    what: str


class AnnotationStore(QObject):
    """Annotations by radiograph, in the order they were made; one store for all views on the screen."""

    edited = Signal(object)
    """An `AnnotationEdit`, for an undo stack; not emitted by `restore`."""
    replaced = Signal(str)
    """Key of the radiograph whose annotations were changed by an edit or by `restore`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._by_key: dict[str, tuple[Annotation, ...]] = {}

    def of(self, key: str) -> tuple[Annotation, ...]:
        """The annotations of a radiograph."""
        return self._by_key.get(key, ())

    def restore(self, key: str, items: tuple[Annotation, ...]) -> None:
        """Sets all annotations of a radiograph, as undoing and loading do."""
        if self.of(key) != items:
            self._by_key[key] = items
            self.replaced.emit(key)

    def edit(self, key: str, items: tuple[Annotation, ...], what: str) -> None:
        """Sets all annotations of a radiograph in a step that can be undone."""
        edit = AnnotationEdit(key, self.of(key), items, what)
        self._by_key[key] = items
        self.edited.emit(edit)
        self.replaced.emit(key)


class Annotations(QObject):
    """The annotations of the radiograph in one view; those of others stay in the store."""

    changed = Signal()

    def __init__(self, store: AnnotationStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self._key = ""
        store.replaced.connect(self._follow)

    @property
    def key(self) -> str:
        """Key of the radiograph shown; empty while there is none."""
        return self._key

    @property
    def items(self) -> tuple[Annotation, ...]:
        """The annotations of the radiograph shown."""
        return self.store.of(self._key)

    def show(self, key: str) -> None:
        """Changes to another radiograph."""
        self._key = key
        self.changed.emit()

    def add(self, annotation: Annotation, what: str) -> None:
        """Appends an annotation."""
        self._edit((*self.items, annotation), what)

    def remove(self, index: int, what: str) -> None:
        """Deletes an annotation."""
        self._edit(self.items[:index] + self.items[index + 1 :], what)

    def replace(self, index: int, annotation: Annotation, what: str) -> None:
        """Changes an annotation."""
        if self.items[index] != annotation:
            self._edit((*self.items[:index], annotation, *self.items[index + 1 :]), what)

    def clear(self, what: str) -> None:
        """Deletes all annotations of this radiograph."""
        if self.items:
            self._edit((), what)

    def _edit(self, after: tuple[Annotation, ...], what: str) -> None:
        self.store.edit(self._key, after, what)

    def _follow(self, key: str) -> None:
        if key == self._key:
            self.changed.emit()


class AnnotationCommand(QUndoCommand):
    """An edit on an undo stack: `store.edited.connect(lambda edit: stack.push(AnnotationCommand(store, edit)))`."""

    def __init__(self, store: AnnotationStore, edit: AnnotationEdit) -> None:
        super().__init__(edit.what)
        self._store, self._edit = store, edit

    def undo(self) -> None:
        self._store.restore(self._edit.key, self._edit.before)

    def redo(self) -> None:
        self._store.restore(self._edit.key, self._edit.after)


def key_of(radiograph: Radiograph) -> str:
    """A key that identifies a radiograph, also when it is loaded again."""
    return key_of_image(radiograph.metadata, radiograph.source) or str(id(radiograph))


def key_of_image(metadata: ImageMetadata, path: Path | None) -> str:
    """The key of an image without its pixels; empty where nothing identifies it."""
    return metadata.sop_instance_uid or (str(path) if path is not None else "")
