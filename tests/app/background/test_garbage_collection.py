import gc
import sys
import types
import weakref

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject

from app.background.garbage_collection import FULL_EVERY, GarbageCollection


class Kept:
    """Something that can be watched."""


@pytest.fixture
def owner(qapp):
    made = QObject()
    yield made
    made.deleteLater()
    QCoreApplication.sendPostedEvents(made, QEvent.Type.DeferredDelete)
    assert gc.isenabled()


def unreachable():
    """A watched object of a cycle that nobody holds, among enough others to be worth a search."""
    one = Kept()
    one.itself = one
    watched = weakref.ref(one)
    one.others = [[number] for number in range(1000)]
    return watched


def test_only_its_own_turns_search_and_they_find_what_nobody_holds(owner):
    collection = GarbageCollection(owner)
    assert not gc.isenabled()
    watched = unreachable()
    assert watched() is not None
    collection.collect()
    assert watched() is None


def test_what_has_lived_longer_is_found_by_one_of_the_next_searches(owner):
    collection = GarbageCollection(owner)
    one = Kept()
    one.itself = one
    watched = weakref.ref(one)
    for _turn in range(3):
        unreachable()
        collection.collect()
    del one
    for _turn in range(FULL_EVERY):
        unreachable()
        collection.collect()
    assert watched() is None


def test_what_an_import_brings_is_set_aside_unsearched(owner, monkeypatch):
    collection = GarbageCollection(owner)
    frozen, watched = gc.get_freeze_count(), unreachable()
    monkeypatch.setitem(sys.modules, "a_library_just_imported", types.ModuleType("a_library_just_imported"))
    collection.collect()
    assert gc.get_freeze_count() > frozen
    assert watched() is not None
    gc.unfreeze()
