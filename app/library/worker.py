"""The library on its own thread: opened when first needed, and once more if its file was lost or damaged meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.background.jobs import run_in_parallel
from app.library.patients import patient_of
from app.library.records import Quarantined, Recalled, SeenImage
from app.library.seen_images import seen_image
from app.session.open_image import OpenImage
from bsnet_core.errors import LibraryDamagedError, LibraryError, LibraryReplacedError

if TYPE_CHECKING:
    from app.library.library import Library

T = TypeVar("T")


class LibraryWorker:
    """The library, and the numbers that a session's images have in it; only the library's thread uses it.

    Args:
        path: The library's file.
        keep_identity: As `Library.open` takes it.
        tell_opened: Called on the library's thread whenever the file was opened; gets the quarantined file, if any.
    """

    def __init__(self, path: Path, *, keep_identity: bool, tell_opened: Callable[[Quarantined | None], None]) -> None:
        self._path = path
        self._keep_identity = keep_identity
        self._tell_opened = tell_opened
        self._library: Library | None = None
        self._numbers: dict[int, int] = {}

    def do(self, question: Callable[[Library], T]) -> T:
        """Answers a question to the library.

        Raises:
            LibraryError: it cannot be opened or used.
        """
        try:
            return question(self._opened())
        except (LibraryReplacedError, LibraryDamagedError):
            # The file was taken away or damaged while it was open: opening makes a new one, once.
            self.close()
            return question(self._opened())

    def close(self) -> None:
        """Closes the file; the next question opens it again."""
        if self._library is not None:
            self._library.close()
            self._library = None

    def set_keep_identity(self, library: Library, keep: bool) -> None:
        """Keeps images seen from now on with or without what names the patient."""
        self._keep_identity = library.keep_identity = keep

    def number_of(self, library: Library, image: OpenImage) -> int:
        """An image's number in the library, which takes it in if needed.

        Raises:
            LibraryError: the image cannot be identified any more.
        """
        if image.key not in self._numbers:
            self._numbers[image.key] = library.remember_images([seen_image(image)])[0].number
        return self._numbers[image.key]

    def see_again(self, library: Library, image: OpenImage) -> None:
        """Notes that an image has come to the screen now."""
        self._numbers[image.key] = library.remember_images([seen_image(image)])[0].number

    def recall(
        self, library: Library, images: Sequence[OpenImage], reader: str
    ) -> list[tuple[int, Recalled | LibraryError]]:
        """Takes images in, and gives what is known of each.

        Args:
            library: The open library.
            images: Images of the session.
            reader: Whose drafts are recalled.

        Returns:
            Each image's key, with what is known of it, or with the error if it cannot be identified any more.
        """
        unidentified = self._remember(library, images)
        numbers = {image.key: self._numbers[image.key] for image in images if image.key not in unidentified}
        recalled = library.recall_all(tuple(numbers.values()), reader)
        return [*unidentified.items(), *((key, recalled[number]) for key, number in numbers.items())]

    def _remember(self, library: Library, images: Sequence[OpenImage]) -> dict[int, LibraryError]:
        seen: dict[int, SeenImage] = {}
        unidentified: dict[int, LibraryError] = {}
        for image in images:
            if image.key not in self._numbers:
                try:
                    seen[image.key] = seen_image(image)
                except LibraryError as error:
                    unidentified[image.key] = error
        # The patients' keys take most of the time, and do not depend on each other.
        patients = {patient_of(image.metadata): image.metadata for image in seen.values()}
        run_in_parallel(library.key_of, tuple(patients.values()))
        kept = library.remember_images(seen.values())
        self._numbers.update({key: image.number for key, image in zip(seen, kept, strict=True)})
        return unidentified

    def _opened(self) -> Library:
        if self._library is None:
            from app.library.library import Library  # here, so that the window does not wait for it

            self._library = Library.open(self._path, keep_identity=self._keep_identity)
            self._numbers.clear()
            self._tell_opened(self._library.quarantined)
        return self._library
