"""The images of a session by their keys, in the order they were opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path

from app.session.open_image import ImageState, OpenImage, Preview
from bsnet_core.radiograph import ImageMetadata


class OpenImages(MutableMapping[int, OpenImage]):
    """Images by key; a key is never given twice, and every file has one."""

    def __init__(self) -> None:
        self._images: dict[int, OpenImage] = {}
        self._key_of_path: dict[Path, int] = {}

    def __getitem__(self, key: int) -> OpenImage:
        return self._images[key]

    def __setitem__(self, key: int, image: OpenImage) -> None:
        self._images[key] = image

    def __delitem__(self, key: int) -> None:
        del self._key_of_path[self._images.pop(key).path]

    def __iter__(self) -> Iterator[int]:
        return iter(self._images)

    def __len__(self) -> int:
        return len(self._images)

    def add(self, paths: Iterable[Path]) -> tuple[list[OpenImage], tuple[int, ...]]:
        """The images of files, in their order, and the keys of those that were not open yet."""
        opened, new = [], []
        for path in paths:
            if path not in self._key_of_path:
                image = OpenImage(key=len(self._images), path=path)
                self._images[image.key] = image
                self._key_of_path[path] = image.key
                new.append(image.key)
            opened.append(self._images[self._key_of_path[path]])
        return opened, tuple(new)

    def unread_after(self, key: int | None, reader: str) -> int | None:
        """Key of the next image without a reading of a reader, after the one given, then from the first.

        Images that cannot be loaded are skipped. None if no image is unread.
        """
        keys = list(self)
        start = keys.index(key) + 1 if key in self._images and key is not None else 0
        for image in map(self.__getitem__, keys[start:] + keys[:start]):
            if image.state is not ImageState.UNREADABLE and image.reading_of(reader) is None:
                return image.key
        return None

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
