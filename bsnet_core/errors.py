"""The project's errors, each with a code for programs and a sentence for people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class RejectionCode(StrEnum):
    """The reason why a file has no result; stable words for logs, JSON and tests."""

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
    NETWORK = "network"
    CANCELLED = "cancelled"


class BSNetError(Exception):
    """Base of the project's errors.

    The text is one or two sentences for the radiologist: what happened and what to do.
    It never holds a patient's name.
    """

    code: RejectionCode = RejectionCode.PROCESSING_FAILED


class UnreadableImageError(BSNetError):
    """A file that is not an image, or not a whole one."""

    code = RejectionCode.UNREADABLE


class ImageTooLargeError(BSNetError):
    """A declared size over the limit; nothing of it was allocated."""

    code = RejectionCode.TOO_LARGE


class UnsupportedObjectError(BSNetError):
    """A valid DICOM object that this program does not support, such as a CT slice or a multi-frame image."""

    code = RejectionCode.UNSUPPORTED_OBJECT


class UnsuitableImageError(BSNetError):
    """An image that can be shown but is not a frontal chest radiograph."""

    code = RejectionCode.NOT_FRONTAL_CHEST

    def __init__(self, sentence: str, repair: tuple[str, ...] = ()) -> None:
        super().__init__(sentence, repair)
        self.repair = repair
        """Steps that may make it one (`bsnet_core.repair.RepairStep`); empty if none is known."""

    def __str__(self) -> str:
        """The sentence."""
        return str(self.args[0])


class NotAdultError(UnsuitableImageError):
    """A radiograph of a patient below the age that the network was trained for."""

    code = RejectionCode.NOT_ADULT


class PasswordNeededError(BSNetError):
    """An encrypted archive without a password or with a wrong one."""

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


class NetworkError(BSNetError):
    """Another DICOM node cannot be reached, or will not take what is sent; the text says which, and what to do."""

    code = RejectionCode.NETWORK


class LibraryError(BSNetError):
    """The library of images and readings could not be opened, read or written; the text names the file."""

    code = RejectionCode.LIBRARY


class LibraryDamagedError(LibraryError):
    """The library's file is damaged."""


class LibraryNewerError(LibraryError):
    """The library was written by a newer version of the program, or by another program; it is left unchanged."""


class LibraryUnwritableError(LibraryError):
    """The library cannot be written: no permission, a full disk, or an error of the device."""


class LibraryBusyError(LibraryError):
    """Another window kept the library locked for too long."""


class LibraryReplacedError(LibraryError):
    """The library's file was replaced by another one; open the library again."""


class UnforeseenError(BSNetError):
    """An error that the program did not foresee, wrapped so that the window can show it and go on."""

    code = RejectionCode.PROCESSING_FAILED


class Cancelled(BSNetError):
    """Raised by a `Report` callable to stop work; never shown as a failure."""

    code = RejectionCode.CANCELLED
