"""Archives and compressed files for the tests, written by the libraries of Python and by pyzipper."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pyzipper

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd.compress}


def tar_bytes(entries: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as target:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            target.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def write_tar(path: Path, entries: Mapping[str, bytes], suffix: str = "", form: int = tarfile.PAX_FORMAT) -> Path:
    """Writes a tar archive, compressed as `suffix` says."""
    path.write_bytes(COMPRESS[suffix](tar_bytes(entries, form)))
    return path


def write_aes_zip(
    path: Path, entries: Mapping[str, bytes], password: str, bits: int = 256, compression: int = pyzipper.ZIP_DEFLATED
) -> Path:
    """Writes a ZIP archive of which every file is encrypted with AES."""
    with pyzipper.AESZipFile(path, "w", compression=compression) as target:
        target.setpassword(password.encode())
        target.setencryption(pyzipper.WZ_AES, nbits=bits)
        for name, content in entries.items():
            target.writestr(name, content)
    return path
