"""Batches made while the one before is learned from."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")
_END = object()


def one_ahead(things: Iterator[Made]) -> Iterator[Made]:
    """The same things in the same order, each made in a thread of its own while the one before is in use.

    Augmenting a film keeps one core busy for as long as a small network learns from it. An exception comes out where
    the thing would have come.
    """
    with ThreadPoolExecutor(1, "one-ahead") as pool:
        following = pool.submit(next, things, _END)
        while (thing := following.result()) is not _END:
            following = pool.submit(next, things, _END)
            yield thing  # type: ignore[misc]
