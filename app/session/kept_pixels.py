"""The pixels of the images used last."""

from __future__ import annotations

from collections import OrderedDict

from bsnet_core.radiograph import Radiograph

KEPT_RADIOGRAPHS = 4
"""Number of images whose pixels stay in memory; those of others are loaded again when they are shown."""


class KeptPixels:
    """Radiographs by the key of their image; those used longest ago make room."""

    def __init__(self) -> None:
        self._radiographs: OrderedDict[int, Radiograph] = OrderedDict()

    @property
    def has_room(self) -> bool:
        """Whether pixels that nobody has asked for yet would be kept."""
        return len(self._radiographs) < KEPT_RADIOGRAPHS

    def of(self, key: int) -> Radiograph | None:
        """An image's pixels, if they are in memory; they count as used."""
        if key in self._radiographs:
            self._radiographs.move_to_end(key)
        return self._radiographs.get(key)

    def drop(self, key: int) -> None:
        """Drops an image's pixels."""
        self._radiographs.pop(key, None)

    def keep(self, key: int, radiograph: Radiograph, *, on_screen: int | None) -> None:
        """Keeps an image's pixels; those of the image on the screen never make room."""
        self._radiographs[key] = radiograph
        self._radiographs.move_to_end(key)
        while len(self._radiographs) > KEPT_RADIOGRAPHS:
            oldest = next(other for other in self._radiographs if other != on_screen)
            del self._radiographs[oldest]
