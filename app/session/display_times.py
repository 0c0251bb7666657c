"""Since when an image has been before the reader, for the time from display to saving."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


class DisplayTimes:
    """When each image came to the screen: the first time, or the first time after its reading was saved."""

    def __init__(self) -> None:
        self._since: dict[int, datetime] = {}

    def since(self, key: int) -> datetime | None:
        """When an image came to the screen; None if it has not since its last reading."""
        return self._since.get(key)

    def note(self, key: int, now: datetime) -> None:
        """Notes that an image is on the screen."""
        self._since.setdefault(key, now)

    def restart(self, key: int, now: datetime) -> None:
        """Counts from now on, since another reading of the image begins."""
        self._since[key] = now

    def forget(self, *keys: int) -> None:
        """Forgets images, such as those whose readings are saved."""
        for key in keys:
            self._since.pop(key, None)

    def keep_only(self, keys: Iterable[int]) -> None:
        """Forgets all images but these, since another reader sits down."""
        kept = set(keys)
        self.forget(*(key for key in list(self._since) if key not in kept))
