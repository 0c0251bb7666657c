"""The size that a compressed picture declares, whatever the rest of it holds."""

import numpy as np
import pytest

from bsnet_core.loading.codestream import declared_size
from tests.dicom_files import ramp


@pytest.mark.parametrize("encoder", ["jpeg8_encode", "ljpeg_encode", "jpegls_encode", "jpeg2k_encode"])
def test_the_declared_size_is_found_in_every_codestream(encoder):
    imagecodecs = pytest.importorskip("imagecodecs")
    frame = getattr(imagecodecs, encoder)(ramp(130, 210, bits=8, dtype=np.uint8))
    assert declared_size(frame) == (130, 210)
    assert all(declared_size(frame[:length]) in (None, (130, 210)) for length in range(200))


def test_bytes_that_are_no_codestream_declare_nothing():
    assert declared_size(b"") is None
    assert declared_size(b"\xff\xd8\xff") is None
    assert declared_size(bytes(1000)) is None
