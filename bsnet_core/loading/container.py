"""Archives and compressed files, told apart by their content, whatever their name."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.loading.compression import DECOMPRESSION_ERRORS, Compression, Readable, compression_of, decompressed
from bsnet_core.loading.sniffing import looks_like_an_image

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
"""The first file, the end of an empty archive, and the mark of an archive that could have been split."""
SUPPORTED_SUFFIXES = frozenset({".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".gz", ".bz2", ".xz", ".zst"})
UNSUPPORTED_SIGNATURES = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x1f\x9d": "compress (.Z)",
    b"\x04\x22\x4d\x18": "LZ4",
    b"LZIP": "lzip",
    b"MSCF": "CAB",
    b"\x89LZO": "lzop",
}
HEADER_BYTES = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class Container:
    """An archive or a compressed file.

    Attributes:
        compression: Compression of the whole file; None of a ZIP archive, which compresses its files one by one.
        is_tar: Whether it is a tar archive, compressed or not.
    """

    compression: Compression | None = None
    is_tar: bool = False

    @property
    def is_zip(self) -> bool:
        """Whether it is a ZIP archive."""
        return self.compression is None and not self.is_tar

    @property
    def holds_one_file(self) -> bool:
        """Whether it is no archive but one compressed file."""
        return self.compression is not None and not self.is_tar


def container_of(path: Path) -> Container | None:
    """The kind of archive or compression of a file; None of images, of other files and of what cannot be opened."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            start = file.read(HEADER_BYTES)
            if looks_like_an_image(start):  # its first bytes decide, though an archive may follow
                return None
            if start.startswith(ZIP_SIGNATURES):
                return Container()
            compression = compression_of(start)
            if compression is None:
                return Container(is_tar=True) if is_tar_header(start) else None
            file.seek(0)
            return Container(compression, is_tar_header(_start_of(decompressed(file, compression))))
    except (OSError, ValueError):
        return None


def _start_of(content: Readable) -> bytes:
    try:
        return content.read(HEADER_BYTES)
    except (OSError, UnsupportedObjectError, *DECOMPRESSION_ERRORS):  # unpacking it says so
        return b""


def is_tar_header(block: bytes) -> bool:
    """Whether 512 bytes are the header of a file in a tar archive: their checksum says so, in the oldest ones too."""
    try:
        tarfile.TarInfo.frombuf(block[:HEADER_BYTES], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def unsupported_container(start: bytes) -> str | None:
    """The name of an archive or compression that is recognised and not opened."""
    return next((name for signature, name in UNSUPPORTED_SIGNATURES.items() if start.startswith(signature)), None)


class Rejoined:
    """A stream whose first bytes were read already, as if they were not."""

    def __init__(self, start: bytes, rest: Readable) -> None:
        self._start, self._rest = start, rest

    def read(self, size: int = -1, /) -> bytes:
        """Reads at most `size` bytes; fewer do not mean the end."""
        if not self._start:
            return self._rest.read(size)
        if size < 0:
            size = len(self._start)
        piece, self._start = self._start[:size], self._start[size:]
        return piece
