"""Archives and compressed files are told apart by their content, whatever their name."""

import io
import zipfile

import pytest

from bsnet_core.loading.compression import Compression
from bsnet_core.loading.container import Container, Rejoined, container_of
from bsnet_core.resources import sample_files
from tests.dicom_files import ramp, write_dicom
from tests.packed_files import COMPRESS, tar_bytes

IMAGE = sample_files()[0].read_bytes()
KINDS = {"": None, ".gz": Compression.GZIP, ".bz2": Compression.BZIP2, ".xz": Compression.XZ, ".zst": Compression.ZSTD}


@pytest.mark.parametrize("suffix", COMPRESS)
def test_content_decides(tmp_path, suffix):
    path = tmp_path / "film.dcm"
    path.write_bytes(COMPRESS[suffix](tar_bytes({"a": IMAGE})))
    assert container_of(path) == Container(KINDS[suffix], is_tar=True)
    path.write_bytes(COMPRESS[suffix](IMAGE))
    assert container_of(path) == (Container(KINDS[suffix]) if suffix else None)
    path.write_bytes(COMPRESS[suffix](b""))
    assert container_of(path) == (Container(KINDS[suffix]) if suffix else None)


def test_zip_in_all_its_beginnings(tmp_path):
    with zipfile.ZipFile(tmp_path / "a", "w"):
        pass
    assert container_of(tmp_path / "a") == Container()
    (tmp_path / "a").write_bytes(b"PK\x07\x08PK\x03\x04")
    assert container_of(tmp_path / "a").is_zip


def test_images_folders_and_other_files_are_none(tmp_path):
    write_dicom(tmp_path / "a.zip", ramp(), 12)
    (tmp_path / "b.tar").write_bytes(bytes(2048))
    (tmp_path / "c.gz").write_bytes(b"\x1f")
    (tmp_path / "d.zst").write_bytes(b"")
    (tmp_path / "e.bz2").write_bytes(b"BZhello, dear colleague")
    for path in (*tmp_path.iterdir(), tmp_path, tmp_path / "missing", tmp_path / ("x" * 300)):
        assert container_of(path) is None


def test_bytes_that_were_read_are_read_again():
    source = io.BytesIO(b"abcdefgh")
    rejoined = Rejoined(source.read(3), source)
    assert [rejoined.read(2), rejoined.read(2), rejoined.read(-1), rejoined.read(5)] == [b"ab", b"c", b"defgh", b""]
