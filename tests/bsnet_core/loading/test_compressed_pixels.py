"""The frame of a file in the decoder process, and why it may not be decoded."""

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from bsnet_core.loading.codestream import Coding
from bsnet_core.loading.compressed_pixels import UndecodableError, decode_frame
from tests.dicom_files import ramp, write_compressed, write_encapsulated

imagecodecs = pytest.importorskip("imagecodecs")
GREY = ramp(bits=8, dtype=np.uint8)


def reason_of(path):
    with pytest.raises(UndecodableError) as caught:
        decode_frame(path)
    return caught.value.reason


@pytest.mark.parametrize(
    ("syntax", "coding"), [(RLELossless, Coding.RLE), (JPEGLSLossless, Coding.JPEG_LS), (JPEG2000Lossless, "JPEG 2000")]
)
def test_a_frame_comes_with_the_header_of_its_stream(tmp_path, syntax, coding):
    frame = decode_frame(write_compressed(tmp_path / "a.dcm", GREY, syntax))
    assert np.array_equal(frame.pixels, GREY)
    assert frame.stream.coding == coding
    assert not frame.is_cut_off


def test_another_size_than_the_header_s_is_a_reason(tmp_path):
    path = write_encapsulated(tmp_path / "a.dcm", GREY, imagecodecs.jpegls_encode(GREY[:-1]), JPEGLSLossless)
    assert reason_of(path) == "other-size"


@pytest.mark.parametrize("frame", [b"no code stream at all", bytes(2000), b"\xff\xd8\xff\xd9"])
def test_what_is_no_code_stream_is_damaged(tmp_path, frame):
    assert reason_of(write_encapsulated(tmp_path / "a.dcm", GREY, frame, JPEGBaseline8Bit)) == "damaged"


def test_run_lengths_that_end_early_are_damaged(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, GREY.shape, dtype=np.uint8)
    path = write_compressed(tmp_path / "a.dcm", noise, RLELossless)
    stream = decode_frame(path).stream
    content = path.read_bytes()
    start = content.index(b"\x01\0\0\0\x40\0\0\0")
    path.write_bytes(content[:start] + content[start : start + 2000])
    assert stream.segments == 1
    assert reason_of(path) == "damaged"


def test_values_that_are_not_compressed_have_no_stream(tmp_path):
    path = write_encapsulated(tmp_path / "a.dcm", GREY, GREY.tobytes(), JPEGBaseline8Bit)
    frame = decode_frame(path)
    assert frame.stream is None
    assert np.array_equal(frame.pixels, GREY)


def test_luminance_and_colour_differences_of_lossless_streams_become_rgb(tmp_path):
    ybr = np.dstack([GREY, np.full_like(GREY, 128), np.full_like(GREY, 128)])
    tags = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "YBR_FULL"}
    path = write_encapsulated(tmp_path / "a.dcm", ybr, imagecodecs.jpegls_encode(ybr), JPEGLSLossless, **tags)
    assert np.abs(decode_frame(path).pixels.astype(int) - GREY[..., None]).max() <= 1
