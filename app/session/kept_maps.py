"""The images whose maps stay in memory: those used last."""

from __future__ import annotations

from collections import OrderedDict

KEPT_PREDICTIONS = 24
"""Number of images whose maps stay in memory; others keep their score, and are analysed again when they are shown."""


class KeptMaps:
    """Keys of images with a whole prediction, those used longest ago first."""

    def __init__(self) -> None:
        self._keys: OrderedDict[int, None] = OrderedDict()

    def use(self, key: int) -> None:
        """Notes that an image is looked at, if it has maps."""
        if key in self._keys:
            self._keys.move_to_end(key)

    def forget(self, key: int) -> None:
        """Notes that an image has no maps any more."""
        self._keys.pop(key, None)

    def keep(self, key: int, *, on_screen: int | None) -> tuple[int, ...]:
        """Notes that an image has maps, and gives the images whose maps make room; never the one on the screen."""
        self._keys[key] = None
        self._keys.move_to_end(key)
        dropped = []
        while len(self._keys) > KEPT_PREDICTIONS:
            oldest = next(other for other in self._keys if other not in (key, on_screen))
            del self._keys[oldest]
            dropped.append(oldest)
        return tuple(dropped)
