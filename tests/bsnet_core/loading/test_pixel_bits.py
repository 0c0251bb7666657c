"""Bits above Bits Stored are no part of the picture, unless a lossy codec put a value there."""

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import (
    JPEG2000,
    UID,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from bsnet_core.loading import load_radiograph
from tests.dicom_files import chest_dataset, ramp, write_dicom, write_encapsulated

imagecodecs = pytest.importorskip("imagecodecs")
JPEG_XL_LOSSLESS = UID("1.2.840.10008.1.2.4.110")
ENCODERS = {
    JPEGLosslessSV1: lambda cells: imagecodecs.ljpeg_encode(cells, bitspersample=16),
    JPEGLSLossless: lambda cells: imagecodecs.jpegls_encode(cells),
    JPEGLSNearLossless: lambda cells: imagecodecs.jpegls_encode(cells),
    JPEG2000Lossless: lambda cells: imagecodecs.jpeg2k_encode(cells, reversible=True, level=0),
    JPEG2000: lambda cells: imagecodecs.jpeg2k_encode(cells, reversible=True, level=0, codecformat="j2k"),
    HTJ2KLossless: lambda cells: imagecodecs.htj2k_encode(cells, reversible=True),
    JPEG_XL_LOSSLESS: lambda cells: imagecodecs.jpegxl_encode(cells, lossless=True),
}


def band(bits):
    """An overlay of the old style: one bit above the picture, set in a band."""
    above = np.zeros((160, 200), dtype=np.uint16)
    above[40:80, 20:120] = 1 << bits
    return above


def garbage(bits):
    blocks = np.random.default_rng(3).integers(0, 1 << (16 - bits), (10, 10)).astype(np.uint16) << bits
    return np.kron(blocks, np.ones((16, 20), dtype=np.uint16))


def values(bits, signed):
    pixels = ramp(bits=bits).astype(np.int32)
    return pixels - (1 << (bits - 1)) if signed else pixels


def write(path, cells, syntax, bits, **tags):
    if syntax == RLELossless:
        dataset = chest_dataset(cells, bits, **tags)
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.save_as(path, enforce_file_format=True)
        return path
    return write_encapsulated(path, cells, ENCODERS[syntax](cells), syntax, bits, **tags)


@pytest.mark.parametrize("syntax", [RLELossless, *ENCODERS])
@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("above", [band, garbage, None])
def test_what_lies_above_the_stored_bits_of_a_lossless_stream_is_left_out(tmp_path, syntax, bits, signed, above):
    expected = values(bits, signed)
    cells = (expected & 0xFFFF).astype(np.uint16)
    if above is not None:
        cells = (cells & np.uint16((1 << bits) - 1)) | above(bits)
    path = write(tmp_path / "a.dcm", cells, syntax, bits, PixelRepresentation=int(signed))
    radiograph = load_radiograph(path)
    assert np.array_equal(radiograph.stored.astype(int) + radiograph.stored_offset, expected)
    assert radiograph.bits_stored == bits
    if above is garbage and syntax != RLELossless:
        assert f"more than the {bits} bits" in radiograph.loading_notes[0]
    elif above is None:
        assert radiograph.loading_notes == ()


def test_bits_that_the_header_gives_to_an_overlay_need_no_note(tmp_path):
    cells = values(12, signed=False).astype(np.uint16) | band(12)
    plain = load_radiograph(write(tmp_path / "a.dcm", cells, JPEGLSLossless, 12))
    dataset = dcmread(tmp_path / "a.dcm")
    dataset.add_new((0x6000, 0x0102), "US", 12)
    dataset.save_as(tmp_path / "b.dcm")
    said = load_radiograph(tmp_path / "b.dcm")
    assert np.array_equal(said.stored, plain.stored)
    assert said.loading_notes == ()
    assert plain.loading_notes != ()


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, JPEGLosslessSV1])
def test_bits_at_the_top_of_the_cell_are_moved_down(tmp_path, syntax):
    pixels = ramp(bits=12)
    path = write(tmp_path / "a.dcm", pixels << 4, syntax, 12, HighBit=15)
    native = write_dicom(tmp_path / "b.dcm", pixels << 4, 12, HighBit=15)
    assert np.array_equal(load_radiograph(path).stored, pixels)
    assert np.array_equal(load_radiograph(native).stored, pixels)


def test_a_stream_of_just_the_stored_bits_is_not_moved(tmp_path):
    pixels = ramp(bits=12)
    frame = imagecodecs.jpeg2k_encode(pixels, reversible=True, level=0, bitspersample=12)
    path = write_encapsulated(tmp_path / "a.dcm", pixels, frame, JPEG2000Lossless, 12, HighBit=15)
    assert np.array_equal(load_radiograph(path).stored, pixels)


def test_values_that_a_lossy_codec_put_above_the_highest_are_kept(tmp_path):
    pixels = np.where(np.add.outer(np.arange(160), np.arange(200)) % 16 < 8, 4095, 0).astype(np.uint16)
    frame = imagecodecs.jpeg2k_encode(pixels, reversible=False, level=38)
    highest = int(imagecodecs.jpeg2k_decode(frame).max())
    assert highest > 4095
    radiograph = load_radiograph(write_encapsulated(tmp_path / "a.dcm", pixels, frame, JPEG2000, 12))
    assert radiograph.stored.max() == highest
    assert radiograph.bits_stored == 13
    assert radiograph.loading_notes == ()


def test_a_lossless_stream_of_more_bits_than_the_header_states_is_cut_to_these_with_a_note(tmp_path):
    pixels = ramp(bits=14)
    frame = imagecodecs.jpeg2k_encode(pixels, reversible=True, level=0, bitspersample=14)
    radiograph = load_radiograph(write_encapsulated(tmp_path / "a.dcm", pixels, frame, JPEG2000Lossless, 12))
    assert np.array_equal(radiograph.stored, pixels & 4095)
    assert "12 bits" in radiograph.loading_notes[0]


def test_eight_bits_of_a_lossy_jpeg_stay_positive_in_a_header_that_says_signed(tmp_path):
    pixels = ramp(bits=8, dtype=np.uint8)
    frame = imagecodecs.jpeg8_encode(pixels, level=95)
    tags = {"BitsAllocated": 16, "HighBit": 15, "PixelRepresentation": 1}
    radiograph = load_radiograph(write_encapsulated(tmp_path / "a.dcm", pixels, frame, JPEGBaseline8Bit, 16, **tags))
    stored = radiograph.stored.astype(int) + radiograph.stored_offset
    assert np.abs(stored - pixels).max() <= 3
