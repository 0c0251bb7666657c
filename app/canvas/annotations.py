"""The annotations of all radiographs, as a model with signals whose changes can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from app.canvas.measuring import Annotation
from bsnet_core.radiograph import ImageMetadata, Radiograph


@dataclass(frozen=True, slots=True)
class AnnotationEdit:
    """One finished change, made already: what was there before and after.

    Attributes:
        key: Of the radiograph (`key_of`).
        what: A sentence for the undo menu.
    """

    key: str
    before: tuple[Annotation, ...]
    after: tuple[Annotation, ...]
    what: str


class AnnotationStore(QObject):
    """Annotations by radiograph, in the order they were made; one for all pictures on the screen."""

    edited = Signal(object)
    """An `AnnotationEdit`, for an undo stack; not emitted by `restore`."""
    replaced = Signal(str)
    """Key of the radiograph whose annotations are others now, by an edit or by `restore`."""

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
        made = AnnotationEdit(key, self.of(key), items, what)
        self._by_key[key] = items
        self.edited.emit(made)
        self.replaced.emit(key)


class Annotations(QObject):
    """The annotations of the radiograph that one picture shows; those of others stay in the store."""

    changed = Signal()

    def __init__(self, store: AnnotationStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self._key = ""
        store.replaced.connect(self._follow)

    @property
    def key(self) -> str:
        """Of the radiograph shown; empty while there is none."""
        return self._key

    @property
    def items(self) -> tuple[Annotation, ...]:
        """The annotations of the radiograph shown."""
        return self.store.of(self._key)

    def show(self, key: str) -> None:
        """Goes over to another radiograph."""
        self._key = key
        self.changed.emit()

    def add(self, annotation: Annotation, what: str) -> None:
        """Appends one."""
        self._edit((*self.items, annotation), what)

    def remove(self, index: int, what: str) -> None:
        """Takes one away."""
        self._edit(self.items[:index] + self.items[index + 1 :], what)

    def replace(self, index: int, annotation: Annotation, what: str) -> None:
        """Changes one."""
        if self.items[index] != annotation:
            self._edit((*self.items[:index], annotation, *self.items[index + 1 :]), what)

    def clear(self, what: str) -> None:
        """Takes all of this radiograph away."""
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
    """What tells one radiograph from another, also when it is read again."""
    return key_of_image(radiograph.metadata, radiograph.source) or str(id(radiograph))


def key_of_image(metadata: ImageMetadata, path: Path | None) -> str:
    """The same of a film whose pixels are not at hand; empty where nothing tells it from others."""
    return metadata.sop_instance_uid or (str(path) if path is not None else "")
