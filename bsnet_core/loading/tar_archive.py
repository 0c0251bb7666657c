"""Tar archives, compressed or not, and single compressed files: read once, from the first byte to the last."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from bsnet_core.errors import BSNetError
from bsnet_core.loading.archive_entry import ArchiveEntry, EntryKind, parts_of
from bsnet_core.loading.compression import SUFFIXES, Readable, decompressed
from bsnet_core.loading.container import Container

MOST_HEADER_BYTES = 16 * 1024**2
"""A header that asks for more at once is damaged, or wants to fill the memory."""
STEP_BYTES = 64 * 1024


class TarArchive:
    """The entries of a tar archive, or the one file in a compressed file; a context that closes it.

    Args:
        path: The file.
        container: Its kind.
        most_bytes: As many may be decompressed; not only what is kept counts.
        too_large: Raised beyond it.
    """

    def __init__(self, path: Path, container: Container, most_bytes: int, too_large: BSNetError) -> None:
        self._path, self._container = path, container
        self._size = max(1, path.stat().st_size)
        self._file = path.open("rb")
        compression = container.compression
        content: Readable = decompressed(self._file, compression) if compression is not None else self._file
        self._content = _Counted(content, most_bytes, too_large)

    def __enter__(self) -> TarArchive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[tuple[ArchiveEntry, float]]:
        """Gives each entry, and the share of the archive before it.

        Raises:
            One of `UNPACKING_ERRORS` or `OSError`: damaged or cut off, here or, found at the end, anywhere before.
        """
        if self._container.is_tar:
            yield from self._tar_entries()
        else:
            yield self._only_entry(), 0.0

    def _tar_entries(self) -> Iterator[tuple[ArchiveEntry, float]]:
        with tarfile.TarFile(fileobj=cast(BinaryIO, self._content), mode="r", errors="surrogateescape") as opened:
            while (member := opened.next()) is not None:
                yield self._entry(opened, member), min(1.0, self._file.tell() / self._size)
        if self._content.last.strip(b"\0"):
            raise tarfile.ReadError("Something else than a header, and no end of the archive.")
        while self._content.read(STEP_BYTES):  # a compressed one has its checksum at the very end
            pass

    def _entry(self, opened: tarfile.TarFile, member: tarfile.TarInfo) -> ArchiveEntry:
        @contextmanager
        def content(password: bytes | None) -> Iterator[Readable]:
            file = opened.extractfile(member)
            if file is None:
                raise tarfile.ReadError("An entry without content.")
            with file:
                yield file

        kind = EntryKind.FILE if member.isreg() else EntryKind.OTHER
        if member.issym() or member.islnk():
            kind = EntryKind.LINK
        return ArchiveEntry(member.name, parts_of(member.name), kind, content)

    def _only_entry(self) -> ArchiveEntry:
        @contextmanager
        def content(password: bytes | None) -> Iterator[Readable]:
            yield self._content

        name = self._path.stem if self._path.suffix.lower() in SUFFIXES else self._path.name
        return ArchiveEntry("", (name,), EntryKind.FILE, content)


class _Counted:
    """A stream that is read forwards only, up to a limit, and in pieces of plausible size.

    Attributes:
        last: The bytes that were read last.
    """

    def __init__(self, content: Readable, most_bytes: int, too_large: BSNetError) -> None:
        self._content, self._most, self._too_large = content, most_bytes, too_large
        self._position = 0
        self.last = b""

    def read(self, size: int = -1, /) -> bytes:
        """Reads `size` bytes, or fewer at the end."""
        if not 0 <= size <= MOST_HEADER_BYTES:
            raise tarfile.ReadError("A header of implausible size.")
        pieces, missing = [], size
        while missing and (piece := self._content.read(missing)):
            pieces.append(piece)
            missing -= len(piece)
        self.last = b"".join(pieces)
        self._position += len(self.last)
        if self._position > self._most:
            raise self._too_large
        return self.last

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Skips forwards."""
        if whence != io.SEEK_SET or offset < self._position:
            raise tarfile.ReadError("The archive leads back.")
        while self._position < offset and self.read(min(STEP_BYTES, offset - self._position)):
            pass
        return self._position

    def tell(self) -> int:
        """The number of bytes read."""
        return self._position

    def seekable(self) -> bool:
        """True, forwards."""
        return True
