"""Batches prepared in the background, one ahead of the one in use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")
_END = object()


def one_ahead(items: Iterator[Made]) -> Iterator[Made]:
    """Yields the items in order, each made in a background thread while the one before is in use.

    On one core, augmenting an image takes about as long as a training step of a small network. An exception is raised
    in place of the item that it concerns.
    """
    with ThreadPoolExecutor(1, "one-ahead") as pool:
        following = pool.submit(next, items, _END)
        while (item := following.result()) is not _END:
            following = pool.submit(next, items, _END)
            yield item  # type: ignore[misc]
