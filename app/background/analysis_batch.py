"""The images that wait to be analysed one after the other, and which of them comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class AnalysisBatch:
    """Keys of images that wait, and how many of them are done; what is shown and what comes after it goes first."""

    def __init__(self) -> None:
        self._waiting: dict[int, None] = {}
        self._done = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def done(self) -> int:
        """Images that were in the batch and no longer wait."""
        return self._done

    @property
    def size(self) -> int:
        """Images in all; 0 once none waits."""
        return self._done + len(self._waiting) if self._waiting else 0

    def add(self, keys: Iterable[int]) -> bool:
        """Adds images; whether any of them is new."""
        before = len(self._waiting)
        self._waiting.update(dict.fromkeys(keys))
        return len(self._waiting) > before

    def settle(self, key: int) -> None:
        """Takes out an image that has its score, or a reason for having none."""
        if key in self._waiting:
            del self._waiting[key]
            self._done += 1
        if not self._waiting:
            self._done = 0

    def keep_only(self, keys: Iterable[int]) -> None:
        """Takes out images that are no longer open."""
        for key in self._waiting.keys() - set(keys):
            del self._waiting[key]

    def clear(self) -> None:
        """Takes out all images."""
        self._waiting.clear()
        self._done = 0

    def in_order(self, shown: int | None, beside: Sequence[int], listed: Sequence[int]) -> list[int]:
        """The images that wait, the most urgent first: shown, beside it, after it in the list, then from its top.

        Args:
            shown: Key of the image on the screen.
            beside: Keys of the images beside it.
            listed: Keys of all images, as the list shows them.
        """
        place = listed.index(shown) if shown in listed else 0
        first = () if shown is None else (shown,)
        order = dict.fromkeys([*first, *beside, *listed[place:], *listed[:place]])
        return [key for key in order if key in self._waiting]
