"""The pixels of a DICOM file: declared size, depth, sign and unused bits."""

import numpy as np
import pytest
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
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
from tests.raw_elements import file_meta

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


@pytest.mark.parametrize(
    ("tags", "match"),
    [
        ({"BitsAllocated": 10, "BitsStored": 10}, "takes 10 bits"),
        ({"BitsAllocated": 24, "BitsStored": 16}, "takes 24 bits"),
        ({"BitsAllocated": 24, "BitsStored": 24}, "Pixels of 24 bits"),
        ({"BitsAllocated": 32, "BitsStored": 20}, "Pixels of 20 bits"),
        ({"BitsAllocated": 64, "BitsStored": 12}, "takes 64 bits"),
    ],
)
def test_unusual_depths_are_refused_for_the_true_reason(tmp_path, tags, match):
    with pytest.raises(UnsupportedObjectError, match=match):
        load_radiograph(write_dicom(tmp_path / "a", np.zeros((140, 140), np.uint64), None, HighBit=11, **tags))


@pytest.mark.parametrize(
    ("keyword", "vr", "dtype"), [("FloatPixelData", "OF", "f4"), ("DoubleFloatPixelData", "OD", "f8")]
)
def test_floating_point_pixels_are_refused_as_such(tmp_path, keyword, vr, dtype):
    dataset = chest_dataset(ramp())
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    dataset.BitsAllocated = 8 * np.dtype(dtype).itemsize
    dataset.add_new(keyword, vr, ramp().astype(dtype).tobytes())
    dataset.save_as(tmp_path / "a", enforce_file_format=True)
    with pytest.raises(UnsupportedObjectError, match="floating-point"):
        load_radiograph(tmp_path / "a")


def test_pixels_on_a_server_are_said_to_be_there(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, PixelData=None, PixelDataProviderURL="https://example.org/1")
    with pytest.raises(UnsupportedObjectError, match="server"):
        load_radiograph(path)


def packed_twelve_bits(pixels):
    """Two values in three bytes, lowest bits first, as dcmtk and GDCM unpack them."""
    values = np.pad(pixels.ravel(), (0, pixels.size % 2)).astype(np.uint32)
    first, second = values[::2], values[1::2]
    content = np.stack([first & 255, first >> 8 | (second & 15) << 4, second >> 4], axis=-1).astype(np.uint8).tobytes()
    return content + b"\0" * (len(content) % 2)


@pytest.mark.parametrize("shape", [(140, 150), (141, 151)])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_pixels_packed_in_12_bits(tmp_path, shape, signed, order):
    pixels = ramp(*shape)
    dataset = chest_dataset(pixels, 12, BitsAllocated=12, PixelRepresentation=int(signed))
    packed = packed_twelve_bits(pixels)
    dataset.PixelData = np.frombuffer(packed, "<u2").astype(f"{order}u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if order == "<" else ExplicitVRBigEndian
    dataset.save_as(tmp_path / "a", implicit_vr=False, little_endian=order == "<")
    expected = np.where(pixels > 2047, pixels.astype(int) - 4096, pixels) if signed else pixels
    assert np.array_equal(stored_values(load_radiograph(tmp_path / "a")), expected)
    assert load_radiograph(tmp_path / "a", sampled_px=40).shape[0] < shape[0]


@pytest.mark.parametrize("vr", ["OB", "OW"])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("width", [200, 201])
def test_pixels_of_8_bits_in_big_endian_are_swapped_only_in_words(tmp_path, vr, samples, width):
    grey = ramp(141, width, bits=8, dtype=np.uint8)
    pixels = grey if samples == 1 else np.repeat(grey[..., None], 3, axis=2)
    colour = (
        {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3, "PlanarConfiguration": 0} if samples == 3 else {}
    )
    dataset = chest_dataset(pixels, 8, **colour)
    content = dataset.PixelData
    dataset.add_new("PixelData", vr, np.frombuffer(content, ">u2").astype("<u2").tobytes() if vr == "OW" else content)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.save_as(tmp_path / "a", implicit_vr=False, little_endian=False)
    assert np.array_equal(load_radiograph(tmp_path / "a").stored, grey)


@pytest.mark.parametrize("kind", ["u2", "i2", "u4"])
def test_pixels_of_16_and_32_bits_in_big_endian(tmp_path, kind):
    pixels = ramp(bits=12).astype(kind)
    dataset = chest_dataset(pixels, 12)
    dataset.PixelData = pixels.astype(f">{kind}").tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.save_as(tmp_path / "a", implicit_vr=False, little_endian=False)
    expected = np.where(pixels > 2047, pixels.astype(int) - 4096, pixels) if kind == "i2" else pixels
    assert np.array_equal(stored_values(load_radiograph(tmp_path / "a")), expected)


def test_a_compressed_image_without_the_end_of_its_fragments(tmp_path):
    for end in (None, -8):
        dataset = chest_dataset(ramp(), 12)
        dataset.compress(JPEGLSLossless, generate_instance_uid=False)
        dataset.save_as(tmp_path / "a", enforce_file_format=True)
        content = (tmp_path / "a").read_bytes()
        assert content.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")
        (tmp_path / "a").write_bytes(content[:end])
        assert np.array_equal(load_radiograph(tmp_path / "a").stored, ramp())


def test_a_compressed_image_under_a_second_file_meta_information(tmp_path):
    dataset = chest_dataset(ramp(), 12)
    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    dataset.save_as(tmp_path / "a", enforce_file_format=True)
    content = (tmp_path / "a").read_bytes()
    end = 144 + int.from_bytes(content[140:144], "little")
    (tmp_path / "a").write_bytes(content[:end] + file_meta() + content[end:])
    radiograph = load_radiograph(tmp_path / "a")
    assert np.array_equal(radiograph.stored, ramp())
    assert radiograph.metadata.transfer_syntax == JPEGLSLossless


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


def test_a_lossless_code_stream_wider_than_the_header_says_is_cut_to_it_with_a_note(tmp_path):
    pixels = ramp(bits=14)
    dataset = chest_dataset(pixels, 14)
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    radiograph = load_radiograph(tmp_path / "a.dcm")
    assert np.array_equal(radiograph.stored, pixels & 4095)
    assert radiograph.bits_stored == 12
    assert ["12 bits" in note for note in radiograph.loading_notes] == [True]
