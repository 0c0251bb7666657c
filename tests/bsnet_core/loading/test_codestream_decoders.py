"""Several decoders in turn, and streams that lack their end."""

import numpy as np
import pytest

from bsnet_core.loading import codestream_decoders
from bsnet_core.loading.codestream import codestream_of
from bsnet_core.loading.codestream_decoders import UndecodedError, decode_stream
from tests.dicom_files import ramp

imagecodecs = pytest.importorskip("imagecodecs")
NOISE = np.random.default_rng(4).integers(0, 30, (160, 200)).astype(np.uint16)
PIXELS = (ramp(bits=12) // 2 + NOISE).astype(np.uint16)
LOSSLESS = {
    "JPEG Lossless": imagecodecs.ljpeg_encode(PIXELS, bitspersample=16),
    "JPEG-LS": imagecodecs.jpegls_encode(PIXELS),
    "JPEG 2000": imagecodecs.jpeg2k_encode(PIXELS, reversible=True, level=0, codecformat="j2k"),
    "HTJ2K": imagecodecs.htj2k_encode(PIXELS, reversible=True),
}
BASELINE = imagecodecs.jpeg8_encode((PIXELS >> 4).astype(np.uint8), level=90)


def decode(content):
    return decode_stream(content, codestream_of(content))


def fails(*arguments, **options):
    raise ValueError("This decoder does not know the stream.")


@pytest.mark.parametrize(
    ("name", "first"), [("JPEG Lossless", "ljpeg"), ("JPEG-LS", "jpegls"), ("JPEG 2000", "jpeg2k"), ("HTJ2K", "jpeg2k")]
)
def test_another_decoder_is_tried_where_one_fails(monkeypatch, name, first):
    monkeypatch.setattr(imagecodecs, f"{first}_decode", fails)
    decoded = decode(LOSSLESS[name])
    assert np.array_equal(decoded.pixels, PIXELS)
    assert not decoded.is_cut_off


def test_pillow_decodes_a_jpeg_that_the_first_decoder_does_not(monkeypatch):
    first = decode(BASELINE).pixels
    monkeypatch.setattr(imagecodecs, "jpeg8_decode", fails)
    assert np.abs(decode(BASELINE).pixels.astype(int) - first).max() <= 1


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("end", ["missing", "followed by zeros", "followed by other bytes"])
def test_the_end_marker_may_be_missing_or_followed_by_bytes(name, end):
    content = LOSSLESS[name].rstrip(b"\0")
    content = {
        "missing": content.removesuffix(codestream_decoders.END),
        "followed by zeros": content + bytes(5),
        "followed by other bytes": content + b"trailer",
    }[end]
    decoded = decode(content)
    assert np.array_equal(decoded.pixels, PIXELS)
    assert not decoded.is_cut_off


def test_a_jpeg_without_its_end_is_whole_if_all_its_pixels_are_there():
    decoded = decode(BASELINE[:-2])
    assert np.array_equal(decoded.pixels, decode(BASELINE).pixels)
    assert not decoded.is_cut_off


def test_a_jpeg_that_lacks_its_last_pixels_is_loaded_and_said_to():
    decoded = decode(BASELINE[:-12])
    assert decoded.is_cut_off
    assert np.array_equal(decoded.pixels[:-8], decode(BASELINE).pixels[:-8])


@pytest.mark.parametrize("name", ["JPEG", *LOSSLESS])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("end", [b"", codestream_decoders.END])
def test_a_stream_that_lacks_much_of_its_pixels_is_not_decoded(name, share, end):
    content = LOSSLESS.get(name, BASELINE)
    if name == "JPEG Lossless":
        end = b""  # such a stream is not decoded twice to find out whether something is missing before its end marker
    with pytest.raises(UndecodedError):
        decode(content[: int(len(content) * share)] + end)


def test_three_colours_of_lossless_codecs_keep_their_values():
    colour = np.dstack([PIXELS >> 4, NOISE, 255 - (PIXELS >> 4)]).astype(np.uint8)
    for content in (
        imagecodecs.jpeg8_encode(colour, lossless=True, colorspace="RGB", outcolorspace="RGB"),
        imagecodecs.jpegls_encode(colour),
        imagecodecs.jpeg2k_encode(colour, reversible=True, level=0),
        imagecodecs.jpegxl_encode(colour, lossless=True),
    ):
        assert np.array_equal(decode(content).pixels, colour)
