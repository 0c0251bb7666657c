from dataclasses import replace

import numpy as np
from PySide6.QtGui import QUndoStack

from app.canvas.annotations import AnnotationCommand, Annotations, AnnotationStore, key_of
from app.canvas.measuring import (
    Distance,
)
from bsnet_core.radiograph import ImageMetadata, Radiograph


def image(stored=None, spacing=None, **more):
    pixels = np.arange(60 * 80, dtype=np.uint16).reshape(60, 80) if stored is None else stored
    return Radiograph(pixels, 0, 12, monochrome1=False, metadata=ImageMetadata(spacing=spacing), **more)


def test_every_change_can_be_undone_and_done_again(qapp):
    annotations, stack = Annotations(AnnotationStore()), QUndoStack()
    annotations.store.edited.connect(lambda edit: stack.push(AnnotationCommand(annotations.store, edit)))
    annotations.show("image")
    first, second = Distance((0, 0), (1, 1)), Distance((2, 2), (3, 3))
    annotations.add(first, "Measure")
    annotations.replace(0, second, "Move")
    annotations.remove(0, "Delete")
    assert [stack.text(index) for index in range(3)] == ["Measure", "Move", "Delete"]
    states = [annotations.items]
    for _ in range(3):
        stack.undo()
        states.append(annotations.items)
    assert states == [(), (second,), (first,), ()]
    stack.redo()
    assert annotations.items == (first,)


def test_undoing_reaches_the_film_on_which_it_was_drawn(qapp):
    annotations, stack = Annotations(AnnotationStore()), QUndoStack()
    annotations.store.edited.connect(lambda edit: stack.push(AnnotationCommand(annotations.store, edit)))
    annotations.show("one")
    annotations.add(Distance((0, 0), (1, 1)), "Measure")
    annotations.show("two")
    assert annotations.items == ()
    stack.undo()
    assert annotations.store.of("one") == ()


def test_a_film_read_again_has_the_same_key(tmp_path):
    named = ImageMetadata(sop_instance_uid="1.2.3")
    assert key_of(replace(image(), metadata=named)) == key_of(replace(image(), metadata=named)) == "1.2.3"
    assert key_of(replace(image(), source=tmp_path)) == str(tmp_path)
