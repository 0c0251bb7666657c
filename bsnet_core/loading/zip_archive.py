"""ZIP archives, encrypted ones included: ZipCrypto and AES; six compressions beside none."""

from __future__ import annotations

import bz2
import lzma
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import inflate64
import pyzipper

from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.archive_entry import ArchiveEntry, EntryKind, PasswordRejectedError, parts_of
from bsnet_core.loading.compression import Readable, zstd

DEFLATED = (0, 8)
"""Stored and deflated: read by pyzipper alone, in small steps."""
LZMA, DEFLATE64, BZIP2, XZ = 14, 9, 12, 95
ZSTD = (93, 20)
"""Method 20 was its number until 2020."""
METHODS = frozenset({*DEFLATED, LZMA, DEFLATE64, BZIP2, XZ, *ZSTD})
METHOD_NAMES = {1: "Shrink", 6: "Implode", 10: "IBM TERSE", 18: "IBM TERSE", 19: "LZ77", 94: "MP3", 96: "JPEG"} | {
    97: "WavPack",
    98: "PPMd",
}
"""PKWARE's APPNOTE, 4.4.5."""
AES_METHOD = 99
MOST_AT_ONCE = 256 * 1024**2
"""Bytes that one piece of compressed data may give: an image is smaller, a bomb is not."""
UTF_8_FLAG, STRONG_ENCRYPTION_FLAG, PATCH_FLAG, MASKED_FLAG = 0x800, 0x40, 0x20, 0x2000


class ZipArchive:
    """The entries of a ZIP file; a context that closes it.

    Raises:
        pyzipper.BadZipFile, or another of `UNPACKING_ERRORS`: damaged.
        UnsupportedObjectError: made by a version of ZIP that is not known, or one part of several.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = _ZipFile(path)
        except NotImplementedError as error:
            raise UnsupportedObjectError(
                _("This archive uses a version of ZIP that is not supported. Unpack it yourself and open the folder.")
            ) from error
        except struct.error as error:
            raise pyzipper.BadZipFile from error
        except pyzipper.BadZipFile as error:
            if "span multiple disks" in str(error):
                raise UnsupportedObjectError(
                    _("This is one part of a ZIP archive in several parts. Join and unpack them, and open the folder.")
                ) from error
            raise

    def __enter__(self) -> ZipArchive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._file.infolist())

    @property
    def declared_bytes(self) -> int:
        """The size of all files unpacked, as the archive states it."""
        return sum(info.file_size for info in self._file.infolist())

    def __iter__(self) -> Iterator[tuple[ArchiveEntry, float]]:
        """Gives each entry, and the share of the archive before it."""
        for number, info in enumerate(self._file.infolist()):
            yield self._entry(info), number / len(self)

    def _entry(self, info: Any) -> ArchiveEntry:
        @contextmanager
        def content(password: bytes | None) -> Iterator[Readable]:
            _reject_unsupported(info)
            try:
                opened = self._file.open(info, pwd=password if info.flag_bits & 0x1 else None)
            except NotImplementedError as error:
                raise _unsupported_method(info.compress_type) from error
            except RecursionError:
                raise
            except RuntimeError as error:  # without a password, and with most wrong ones
                raise PasswordRejectedError from error
            with opened:
                yield opened

        return ArchiveEntry(
            info.filename,
            parts_of(info.filename),
            _kind_of(info),
            content,
            is_encrypted=bool(info.flag_bits & 0x1),
            proves_password=bool(info.flag_bits & 0x1) and info.wz_aes_version is not None,
        )


def _kind_of(info: Any) -> EntryKind:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return EntryKind.LINK
    if info.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        return EntryKind.OTHER
    return EntryKind.FILE


def _reject_unsupported(info: Any) -> None:
    if info.flag_bits & (STRONG_ENCRYPTION_FLAG | MASKED_FLAG):
        raise UnsupportedObjectError(
            _("This file is encrypted by PKWARE's strong encryption, which is not supported. Unpack it yourself.")
        )
    if info.compress_type == AES_METHOD:
        raise UnsupportedObjectError(
            _("This file is encrypted with AES in a way that is not supported. Unpack it yourself.")
        )
    if info.flag_bits & PATCH_FLAG or info.compress_type not in METHODS:
        raise _unsupported_method(info.compress_type)


def _unsupported_method(method: int) -> UnsupportedObjectError:
    name = METHOD_NAMES.get(method) or _("method {number}").format(number=method)
    return UnsupportedObjectError(
        _("This file is compressed by {method}, which is not supported. Unpack it yourself.").format(method=name)
    )


class _Codec(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Bounded:
    """A decompressor as pyzipper wants it, which gives all that a piece of data holds, but no more than memory has."""

    def __init__(self, codec: _Codec) -> None:
        self._codec = codec

    @property
    def eof(self) -> bool:
        return self._codec.eof

    def decompress(self, data: bytes) -> bytes:
        if self._codec.eof:
            return b""
        found = self._codec.decompress(data, MOST_AT_ONCE)
        if not self._codec.needs_input and not self._codec.eof:
            raise pyzipper.BadZipFile("More data than any image has.")
        return found


class _Inflate64:
    """Deflate64, which grows data up to 600-fold at most, as pyzipper wants it."""

    def __init__(self) -> None:
        self._inflater = inflate64.Inflater()

    @property
    def eof(self) -> bool:
        return bool(self._inflater.eof)

    def decompress(self, data: bytes) -> bytes:
        return bytes(self._inflater.inflate(data))


class _ZipExtFile(pyzipper.zipfile_aes.AESZipExtFile):  # type: ignore[misc] # pyzipper has no types
    """A file in an archive, of any of `METHODS`."""

    def get_decompressor(self, compress_type: int) -> object:
        if compress_type == DEFLATE64:
            return _Inflate64()
        if compress_type == BZIP2:
            return _Bounded(bz2.BZ2Decompressor())
        if compress_type == XZ:
            return _Bounded(lzma.LZMADecompressor(lzma.FORMAT_XZ))
        if compress_type in ZSTD:
            return _Bounded(zstd.ZstdDecompressor())
        return super().get_decompressor(compress_type)


class _ZipFile(pyzipper.AESZipFile):  # type: ignore[misc] # pyzipper has no types
    zipextfile_cls = _ZipExtFile
