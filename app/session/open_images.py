"""The images of a session by their keys, in the order they were opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path

from app.session.open_image import ImageState, OpenImage, Preview
from bsnet_core.radiograph import ImageMetadata


class OpenImages(MutableMapping[int, OpenImage]):
    """Images by key; a key is never given twice, and every file has one.

    Images that were taken off the list are still found by their key, because work on them may not have ended, but they
    are neither counted nor gone through.
    """

    def __init__(self) -> None:
        self._images: dict[int, OpenImage] = {}
        self._key_of_path: dict[Path, int] = {}
        self._removed: set[int] = set()

    def __getitem__(self, key: int) -> OpenImage:
        return self._images[key]

    def __setitem__(self, key: int, image: OpenImage) -> None:
        self._images[key] = image

    def __delitem__(self, key: int) -> None:
        self.remove(key)

    def __contains__(self, key: object) -> bool:
        return key in self._images and key not in self._removed

    def __iter__(self) -> Iterator[int]:
        return (key for key in self._images if key not in self._removed)

    def __len__(self) -> int:
        return len(self._images) - len(self._removed)

    def add(self, paths: Iterable[Path]) -> tuple[list[OpenImage], tuple[int, ...]]:
        """The images of files, in their order, and the keys of those that were not listed yet."""
        opened, new = [], []
        for path in paths:
            if path not in self._key_of_path:
                image = OpenImage(key=len(self._images), path=path)
                self._images[image.key] = image
                self._key_of_path[path] = image.key
                new.append(image.key)
            key = self._key_of_path[path]
            if key in self._removed:
                self.restore(key)
                new.append(key)
            opened.append(self._images[key])
        return opened, tuple(new)

    def remove(self, key: int) -> int | None:
        """Takes an image off the list, and drops what takes much memory.

        Returns:
            Key of the image that takes its place: the next one, else the one before; None if none is left.
        """
        following = self.beside(key, 1)
        following = self.beside(key, -1) if following is None else following
        self._removed.add(key)
        self._images[key] = replace(self._images[key], prediction=None, explanation=None)
        return following

    def restore(self, key: int) -> None:
        """Puts an image back where it was in the list."""
        self._removed.discard(key)

    def beside(self, key: int, offset: int) -> int | None:
        """Key of the image so many places after another, before it if negative; None if there is none."""
        keys = list(self)
        place = keys.index(key) + offset if key in self else -1
        return keys[place] if 0 <= place < len(keys) else None

    @property
    def with_draft(self) -> tuple[int, ...]:
        """Keys of the images with a reading in progress."""
        return tuple(key for key, image in self.items() if image.draft)

    def take_metadata(self, metadata: Mapping[int, ImageMetadata]) -> tuple[int, ...]:
        """Takes headers by key; gives the keys of the images that were not loaded yet."""
        new = tuple(key for key in metadata if not self[key].is_loaded)
        for key in new:
            self[key] = replace(self[key], metadata=metadata[key])
        return new

    def take_previews(self, previews: Mapping[int, Preview]) -> tuple[int, ...]:
        """Takes headers and thumbnails by key; gives the keys of the images that were not loaded yet."""
        new = tuple(key for key in previews if not self[key].is_loaded)
        for key in new:
            preview = previews[key]
            image = replace(self[key], metadata=preview.metadata, thumbnail=preview.thumbnail)
            self[key] = replace(image, state=ImageState.READY, problem="", rejection=None)
        return new

    def hand_drafts_over(self, former: str, reader: str) -> tuple[int, ...]:
        """Notes that drafts continue under another name, and with them what was seen while they were entered.

        Returns:
            Keys of the images whose prediction counts as seen by the new name from now on.
        """
        seen = [key for key in self.with_draft if self[key].was_seen_by(former) and reader not in self[key].seen_by]
        for key in seen:
            self[key] = replace(self[key], seen_by=self[key].seen_by | {reader})
        return tuple(seen)
