"""What can go wrong, each with a code for programs and a sentence for people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class RejectionCode(StrEnum):
    """Why a file has no result; stable words for logs, JSON and tests."""

    NOT_FRONTAL_CHEST = "not-frontal-chest"
    NOT_ADULT = "not-adult"
    UNSUPPORTED_OBJECT = "unsupported-object"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    PASSWORD_NEEDED = "password-needed"
    PROCESSING_FAILED = "processing-failed"
    WEIGHTS = "weights"
    REPORT = "report"
    LIBRARY = "library"
    CANCELLED = "cancelled"


class BSNetError(Exception):
    """Root of the project's errors.

    The text is one or two sentences for the radiologist: what happened and what to do.
    It never holds a patient's name.
    """

    code: RejectionCode = RejectionCode.PROCESSING_FAILED


class UnreadableImageError(BSNetError):
    """The bytes are no image, or not a whole one."""

    code = RejectionCode.UNREADABLE


class ImageTooLargeError(BSNetError):
    """The declared size is over the limit; nothing of it was allocated."""

    code = RejectionCode.TOO_LARGE


class UnsupportedObjectError(BSNetError):
    """A sound DICOM object that this program does not read, such as a CT slice or a multi-frame film."""

    code = RejectionCode.UNSUPPORTED_OBJECT


class UnsuitableImageError(BSNetError):
    """A readable picture that is not a frontal chest radiograph."""

    code = RejectionCode.NOT_FRONTAL_CHEST


class NotAdultError(UnsuitableImageError):
    """A picture of a patient under the age that the network was trained for."""

    code = RejectionCode.NOT_ADULT


class PasswordNeededError(BSNetError):
    """An encrypted archive, and no password or a wrong one."""

    code = RejectionCode.PASSWORD_NEEDED

    def __init__(self, sentence: str, archive: Path) -> None:
        super().__init__(sentence)
        self.archive = archive
        """The file to open again, with a password."""


class WeightsError(BSNetError):
    """A model folder that is missing, damaged or made for another configuration; the text names the file."""

    code = RejectionCode.WEIGHTS


class ReportError(BSNetError):
    """A result that could not be written."""

    code = RejectionCode.REPORT


class LibraryError(BSNetError):
    """The library of studies and readings could not be opened, read or written; the text names the file."""

    code = RejectionCode.LIBRARY


class LibraryDamagedError(LibraryError):
    """The library's file is no sound database any more."""


class LibraryNewerError(LibraryError):
    """The library was written by a newer version of the program, or by another program; it is left as it is."""


class LibraryUnwritableError(LibraryError):
    """The disk does not take what is to be kept: no permission, no room, or an error of the device."""


class LibraryBusyError(LibraryError):
    """Another window has kept the library locked for too long."""


class LibraryReplacedError(LibraryError):
    """Another file stands in the place of the one that was opened; open the library again."""


class UnforeseenError(BSNetError):
    """Anything the program did not foresee, wrapped so that the window can say it and go on."""

    code = RejectionCode.PROCESSING_FAILED


class Cancelled(BSNetError):
    """Raised by a `Report` callable to stop work; never shown as a failure."""

    code = RejectionCode.CANCELLED
