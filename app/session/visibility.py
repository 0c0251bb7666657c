"""The one rule of blind reading for what a reader may be shown: of open images and of those in the library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.session.open_image import OpenImage
from app.session.readings import ListedReading


@dataclass(frozen=True, slots=True)
class Visibility:
    """The rule for one reader at one moment.

    While reading blind, nothing that the network made of an image and nothing that others scored or measured is shown
    until the reader has saved a reading of that image. Whatever shows or writes a result asks here.

    Attributes:
        reader: Name of the reader; the empty name is a reader like any other, who has read what was saved unnamed.
        blind: Whether blind reading is on.
    """

    reader: str = ""
    blind: bool = False

    def allows(self, readers: Iterable[str]) -> bool:
        """Whether the results of an image may be shown.

        Args:
            readers: Names of all who have saved a reading of the image. Nobody is not the unnamed reader.
        """
        return not self.blind or self.reader in set(readers)

    def shows(self, image: OpenImage) -> bool:
        """Whether the results of an open image may be shown."""
        return self.allows(reading.reader for reading in image.readings)

    def shown(self, image: OpenImage) -> OpenImage:
        """An open image as it may be shown: while its results are hidden, without them."""
        return image if self.shows(image) else image.without_prediction()

    def hides_score_of(self, image: OpenImage) -> bool:
        """Whether an open image has a predicted score that may not be shown."""
        return image.score is not None and not self.shows(image)

    def ends_blindness_of(self, image: OpenImage) -> bool:
        """Whether a reading of the image could still be blind, and could not once blind reading is switched off."""
        is_at_stake = self.hides_score_of(image) or (bool(image.draft) and not self.shows(image))
        return is_at_stake and not image.was_seen_by(self.reader)

    def comparable(self, listed: Iterable[ListedReading]) -> tuple[ListedReading, ...]:
        """The readings that may be shown, and with them the predictions for their images.

        Args:
            listed: The readings of every reader, so that the reader's own are among them.
        """
        every = tuple(listed)
        readers: dict[str, set[str]] = {}
        for one in every:
            readers.setdefault(one.image, set()).add(one.reading.reader)
        return tuple(one for one in every if self.allows(readers[one.image]))
