"""The pixels of a DICOM file: declared size, depth, sign and unused bits."""

import numpy as np
import pytest
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGLSLossless,
)

from bsnet_core.errors import (
    ImageTooLargeError,
    RejectionCode,
    UnreadableImageError,
    UnsupportedObjectError,
)
from bsnet_core.loading import load_radiograph
from tests.bsnet_core.loaded_dicom import image
from tests.dicom_files import chest_dataset, ramp, write_dicom

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"PixelData": None}, "holds no image"),
        ({"Rows": 0}, "without rows or columns"),
        ({"Columns": 0}, "without rows or columns"),
        ({"Rows": None, "Columns": None}, "holds no image"),
        ({"Rows": 2000, "Columns": 2000}, "cut off"),
        ({"PixelData": b"\0\0"}, "cut off"),
    ],
)
def test_files_without_a_whole_picture(tmp_path, change, match):
    path = write_dicom(tmp_path / "a", ramp(), 12, **change)
    with pytest.raises(UnreadableImageError, match=match) as rejection:
        load_radiograph(path)
    assert rejection.value.code is RejectionCode.UNREADABLE


def test_compressed_file_without_pixels(tmp_path):
    dataset = chest_dataset(ramp(), 12)
    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    del dataset.PixelData
    dataset.save_as(tmp_path / "a", enforce_file_format=True)
    with pytest.raises(UnreadableImageError, match="holds no image"):
        load_radiograph(tmp_path / "a")


def test_a_huge_declared_size_is_refused_before_anything_is_allocated(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, Rows=65535, Columns=65535)
    with pytest.raises(ImageTooLargeError, match="65535 × 65535") as rejection:
        load_radiograph(path)
    assert rejection.value.code is RejectionCode.TOO_LARGE


def test_24_bit_grey_is_refused(tmp_path):
    with pytest.raises(UnsupportedObjectError, match="32 bits"):
        image(tmp_path, np.zeros((140, 140), np.uint32))


def stored_values(radiograph):
    """The file's stored values, put together again from codes and offset."""
    return radiograph.stored.astype(np.int64) + radiograph.stored_offset


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 15, 16])
@pytest.mark.parametrize("signed", [False, True])
def test_every_depth_from_8_to_16_bits_signed_or_not(tmp_path, bits, signed):
    pixels = ramp(bits=bits, dtype=np.uint8 if bits == 8 else np.uint16).astype(np.int32)
    if signed:
        pixels -= 1 << (bits - 1)
    kind = ("i" if signed else "u") + ("1" if bits == 8 else "2")
    radiograph = load_radiograph(write_dicom(tmp_path / "a.dcm", pixels.astype(kind), bits))
    assert np.array_equal(stored_values(radiograph), pixels)
    assert radiograph.pixels[0, 0] == 0
    assert radiograph.pixels[-1, -1] == 1


def test_bits_beside_the_stored_ones_are_masked_away(tmp_path):
    pixels = ramp(bits=12)
    overlaid = pixels | np.uint16(0xA000)
    assert np.array_equal(load_radiograph(write_dicom(tmp_path / "a", overlaid, 12)).stored, pixels)


def test_a_negative_value_keeps_its_sign_when_an_overlay_hides_the_upper_bits(tmp_path):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    overlaid = ((pixels & 0x0FFF) | 0x5000).astype(np.int16)
    assert np.array_equal(stored_values(load_radiograph(write_dicom(tmp_path / "a", overlaid, 12))), pixels)


def test_a_high_bit_above_the_usual_one_moves_the_values_down(tmp_path):
    pixels = ramp(bits=12)
    path = write_dicom(tmp_path / "a", (pixels << 4) | np.uint16(7), 12, HighBit=15)
    assert np.array_equal(load_radiograph(path).stored, pixels)


def test_a_codestream_wider_than_the_header_says_is_not_cut(tmp_path):
    pixels = ramp(bits=14)
    dataset = chest_dataset(pixels, 14)
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    radiograph = load_radiograph(tmp_path / "a.dcm")
    assert np.array_equal(radiograph.stored, pixels)
    assert radiograph.bits_stored == 14
