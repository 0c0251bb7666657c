"""What the header of a compressed picture says, whatever the rest of it holds."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from bsnet_core.loading.codestream import CodeStream, Coding, codestream_of, declared_size
from tests.dicom_files import ramp

imagecodecs = pytest.importorskip("imagecodecs")
GREY = ramp(130, 210, bits=8, dtype=np.uint8)


@pytest.mark.parametrize(
    "encoder",
    ["jpeg8_encode", "ljpeg_encode", "jpegls_encode", "jpeg2k_encode", "htj2k_encode", "jpegxl_encode"],
)
def test_the_declared_size_is_found_in_every_codestream(encoder):
    frame = getattr(imagecodecs, encoder)(GREY)
    assert declared_size(frame) == (130, 210)
    assert all(declared_size(frame[:length]) in (None, (130, 210)) for length in range(200))


def test_bytes_that_are_no_codestream_declare_nothing():
    assert declared_size(b"") is None
    assert declared_size(b"\xff\xd8\xff") is None
    assert declared_size(bytes(1000)) is None


@pytest.mark.parametrize(
    ("encoder", "options", "coding", "is_lossless"),
    [
        ("jpeg8_encode", {}, Coding.JPEG, False),
        ("ljpeg_encode", {}, Coding.JPEG_LOSSLESS, True),
        ("jpegls_encode", {}, Coding.JPEG_LS, True),
        ("jpegls_encode", {"level": 3}, Coding.JPEG_LS, False),
        ("jpeg2k_encode", {"reversible": True, "level": 0}, Coding.JPEG_2000, True),
        ("jpeg2k_encode", {"reversible": False, "level": 60}, Coding.JPEG_2000, False),
        ("jpeg2k_encode", {"reversible": True, "level": 0, "codecformat": "j2k"}, Coding.JPEG_2000, True),
        ("htj2k_encode", {"reversible": True}, Coding.HTJ2K, True),
        ("jpegxl_encode", {"lossless": True}, Coding.JPEG_XL, True),
    ],
)
def test_coding_and_loss_are_the_stream_s_own(encoder, options, coding, is_lossless):
    stream = codestream_of(getattr(imagecodecs, encoder)(GREY, **options))
    assert (stream.coding, stream.is_lossless, stream.bits, stream.is_signed) == (coding, is_lossless, 8, False)
    assert stream.process == ""


def test_signed_samples_are_told():
    assert codestream_of(imagecodecs.jpeg2k_encode(ramp(dtype=np.int16), reversible=True, level=0)).is_signed


def test_run_lengths_are_told_by_their_table():
    assert codestream_of(struct.pack("<16L", 2, 64, 90, *[0] * 13)) == CodeStream(
        Coding.RLE, is_lossless=True, segments=2
    )
    assert codestream_of(struct.pack("<16L", 2, 90, 64, *[0] * 13)) is None


def coloured_jpeg(**options):
    file = io.BytesIO()
    Image.fromarray(np.dstack([GREY] * 3)).save(file, "JPEG", **options)
    return file.getvalue()


def without_segment(content, marker):
    start = content.index(bytes([0xFF, marker]))
    return content[:start] + content[start + 2 + struct.unpack_from(">H", content, start + 2)[0] :]


def test_colours_are_named_by_jfif_adobe_or_the_components():
    jfif = coloured_jpeg()
    bare = without_segment(jfif, 0xE0)
    adobe = imagecodecs.jpeg8_encode(np.dstack([GREY] * 3), colorspace="RGB", outcolorspace="RGB")
    frame = bare.index(b"\xff\xc0")
    named = bytearray(bare)
    named[frame + 10 : frame + 19 : 3] = b"RGB"
    assert [codestream_of(content).is_rgb for content in (jfif, bare, adobe, bytes(named))] == [
        *(False, None, True, True)
    ]


@pytest.mark.parametrize(
    ("marker", "bits", "process"),
    [
        (0xC0, 8, ""),
        (0xC1, 12, ""),
        (0xC2, 8, ""),
        (0xC2, 12, "progressive 12-bit"),
        (0xC3, 16, ""),
        (0xC5, 8, "hierarchical 8-bit"),
        (0xC9, 8, "arithmetic 8-bit"),
        (0xCA, 8, "arithmetic progressive 8-bit"),
        (0xCB, 16, "arithmetic 16-bit"),
    ],
)
def test_a_rare_process_is_named(marker, bits, process):
    frame = bytes([0xFF, 0xD8, 0xFF, marker]) + struct.pack(">HBHHB3B", 11, bits, 130, 210, 1, 1, 0x11, 0)
    assert codestream_of(frame).process == process
