"""Compressed streams by their first bytes, and in little memory."""

import io

import pytest

from bsnet_core.errors import UnsupportedObjectError
from bsnet_core.loading import UnpackedArchives, images_in
from bsnet_core.loading.compression import Compression, compression_of, decompressed, zstd
from bsnet_core.resources import sample_files
from tests.packed_files import COMPRESS

IMAGE = sample_files()[0].read_bytes()


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [(".gz", Compression.GZIP), (".bz2", Compression.BZIP2), (".xz", Compression.XZ), (".zst", Compression.ZSTD)],
)
def test_each_compression_is_recognised_and_undone(suffix, kind):
    for content in (IMAGE, b""):
        packed = COMPRESS[suffix](content)
        assert compression_of(packed[:512]) is kind
        assert decompressed(io.BytesIO(packed), kind).read(-1) == content


def test_other_files_are_not_compressed():
    for start in (b"", b"\x1f", b"BZh9hello dear", b"(\xb5/", IMAGE[:512], b"PK\x03\x04"):
        assert compression_of(start) is None


def test_a_window_that_needs_too_much_memory_is_unsupported_not_damaged(tmp_path):
    compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 28})
    (tmp_path / "film.zst").write_bytes(compressor.compress(IMAGE) + compressor.flush())
    with UnpackedArchives() as archives, pytest.raises(UnsupportedObjectError, match="128 MiB"):
        images_in(tmp_path / "film.zst", archives)
