"""A reading list: the images of a reader study, who reads them, whether blind, and in which order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bsnet_core.errors import BSNetError


class ReadingListError(BSNetError):
    """A reading list that cannot be used; the text says why, and where in the file."""


class ReadingOrder(StrEnum):
    """Order in which the images of a list are read; the values are those of the file."""

    LISTED = "listed"
    RANDOM = "random"
    RANDOM_BY_READER = "random-by-reader"


@dataclass(frozen=True, slots=True)
class AssignedImage:
    """One image of a list.

    Attributes:
        name: The file as the list names it, relative to the list.
        path: The file.
        reader: The only reader of this entry; empty if every reader of the list reads it.
        position: Place among the images of the list; None for the place in the file.
    """

    name: str
    path: Path
    reader: str = ""
    position: int | None = None


@dataclass(frozen=True, slots=True)
class ReadingList:
    """A reading list, as its file states it.

    Attributes:
        title: A name for people; may be empty.
        readers: Names of all readers, in the order of the file; empty if anybody may read.
        images: All entries, in the order of the file.
        blind: Whether predictions stay hidden until the reader's own score is saved.
        order: Order in which the images are read.
        seed: What a random order is made from.
    """

    title: str
    readers: tuple[str, ...]
    images: tuple[AssignedImage, ...]
    blind: bool = True
    order: ReadingOrder = ReadingOrder.LISTED
    seed: str = ""

    def images_for(self, reader: str) -> tuple[AssignedImage, ...]:
        """The images that a reader reads, in the order in which they are to be read."""
        own = [image for image in self.images if image.reader in ("", reader)]
        if self.order is ReadingOrder.LISTED:
            places = {id(image): number for number, image in enumerate(own, start=1)}
            return tuple(sorted(own, key=lambda image: image.position or places[id(image)]))
        salt = reader if self.order is ReadingOrder.RANDOM_BY_READER else ""
        return tuple(sorted(own, key=lambda image: _place_by_chance(self.seed, salt, image.name)))


def _place_by_chance(seed: str, reader: str, name: str) -> str:
    # A hash instead of a generator of random numbers: the order is the same with every version of every program, and an
    # image that is added to the list or taken out of it leaves the order of the others.
    return hashlib.sha256("\n".join((seed, reader, name)).encode()).hexdigest()
