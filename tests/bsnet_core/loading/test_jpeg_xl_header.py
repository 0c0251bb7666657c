"""The header of JPEG XL: size and losslessness before anything is decoded."""

import numpy as np
import pytest

from bsnet_core.loading.jpeg_xl_header import JpegXlHeader, jpeg_xl_header
from tests.dicom_files import ramp

imagecodecs = pytest.importorskip("imagecodecs")


@pytest.mark.parametrize("shape", [(120, 200), (8, 16), (100, 75), (64, 64), (300, 301)])
@pytest.mark.parametrize("boxes", [False, True])
@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 16), (np.uint16, 12)])
def test_size_and_bits_are_those_of_the_image(shape, boxes, dtype, bits):
    pixels = ramp(*shape, bits=bits, dtype=dtype)
    stream = imagecodecs.jpegxl_encode(pixels, lossless=True, usecontainer=boxes, bitspersample=bits)
    assert jpeg_xl_header(stream) == JpegXlHeader(shape, bits, is_lossless=True)


def test_compression_with_loss_is_named():
    stream = imagecodecs.jpegxl_encode(ramp(bits=8, dtype=np.uint8), lossless=False, level=80)
    assert jpeg_xl_header(stream).is_lossless is False


def test_boxes_without_a_code_stream_state_nothing():
    boxes = imagecodecs.jpegxl_encode(ramp(bits=16), lossless=True, usecontainer=True)
    assert jpeg_xl_header(boxes.replace(b"jxlc", b"none").replace(b"jxlp", b"none")) == JpegXlHeader()
