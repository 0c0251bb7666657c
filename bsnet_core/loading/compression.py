"""Compressed files as streams: gzip, bzip2, xz and zstd, told apart by their first bytes."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from enum import StrEnum
from typing import BinaryIO, Protocol, cast

from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.language import translate as _

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["DECOMPRESSION_ERRORS", "SUFFIXES", "Compression", "Readable", "compression_of", "decompressed", "zstd"]

SUFFIXES = frozenset({".gz", ".bz2", ".xz", ".zst"})
DECOMPRESSION_ERRORS = (zlib.error, lzma.LZMAError, zstd.ZstdError, gzip.BadGzipFile, EOFError, ValueError)
"""Errors of damaged streams, wrong checksums included; `bz2` raises `OSError` without a number instead."""


class Readable(Protocol):
    """A stream of bytes, read from its start to its end."""

    def read(self, size: int = ..., /) -> bytes:
        """Reads at most `size` bytes; none at the end."""


class Compression(StrEnum):
    """A format that compresses one stream of bytes."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"


def compression_of(start: bytes) -> Compression | None:
    """The compression of a file, by its first bytes."""
    if start.startswith(b"\x1f\x8b\x08"):
        return Compression.GZIP
    if start.startswith(b"BZh") and start[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):  # a block, or the end of an empty file
        return Compression.BZIP2
    if start.startswith(b"\xfd7zXZ\x00"):
        return Compression.XZ
    # A frame, or one that is skipped, with which parallel compressors begin.
    if start.startswith(b"\x28\xb5\x2f\xfd") or (start[1:4] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F):
        return Compression.ZSTD
    return None


def decompressed(source: Readable, compression: Compression) -> Readable:
    """The content of a compressed stream. Reading it takes little memory, whatever the stream claims.

    Raises:
        UnsupportedObjectError: `read` raises it where a stream needs more memory than its library allows.
    """
    file = cast(BinaryIO, source)  # of which only `read` is used
    match compression:
        case Compression.GZIP:
            return gzip.GzipFile(fileobj=file, mode="rb")
        case Compression.BZIP2:
            return bz2.BZ2File(file, "rb")
        case Compression.XZ:
            return lzma.LZMAFile(file, "rb")
        case Compression.ZSTD:
            return _ZstdFile(file, "rb")


class _ZstdFile(zstd.ZstdFile):
    """Tells a window over the library's limit from damage."""

    def read(self, size: int | None = -1) -> bytes:
        try:
            return super().read(size)
        except zstd.ZstdError as error:
            if "memory" not in str(error):
                raise
            raise UnsupportedObjectError(
                _("This file is compressed by zstd with a window of over 128 MiB, which is not supported.")
            ) from error
