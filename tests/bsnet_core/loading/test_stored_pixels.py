"""Files whose pixels are something else than the transfer syntax says are loaded as what they are, with a note."""

import zlib

import numpy as np
import pytest
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    JPEG2000,
    MPEG2MPML,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from bsnet_core.errors import UnreadableImageError, UnsupportedObjectError
from bsnet_core.loading import load_radiograph
from tests.dicom_files import chest_dataset, ramp, save_as_stated, write_dicom, write_encapsulated

imagecodecs = pytest.importorskip("imagecodecs")
JPEG_XL = [UID(f"1.2.840.10008.1.2.4.{number}") for number in (110, 111, 112)]
DEFLATED_FRAME = UID("1.2.840.10008.1.2.8.1")
UNCOMPRESSED_IN_FRAGMENTS = UID("1.2.840.10008.1.2.1.98")
PIXELS = ramp(bits=12)
GREY = ramp(bits=8, dtype=np.uint8)


def rle_frame(pixels):
    dataset = chest_dataset(pixels)
    dataset.compress(RLELossless, generate_instance_uid=False)
    return get_frame(dataset.PixelData, 0, number_of_frames=1)


FRAMES = {
    "JPEG": imagecodecs.jpeg8_encode(GREY, level=95),
    "JPEG Lossless": imagecodecs.ljpeg_encode(GREY),
    "JPEG-LS": imagecodecs.jpegls_encode(GREY),
    "JPEG 2000": imagecodecs.jpeg2k_encode(GREY, reversible=True, level=0, codecformat="j2k"),
    "HTJ2K": imagecodecs.htj2k_encode(GREY, reversible=True),
    "JPEG XL": imagecodecs.jpegxl_encode(GREY, lossless=True),
    "RLE": rle_frame(GREY),
}
STATED = {
    "JPEG": JPEGBaseline8Bit,
    "JPEG Lossless": JPEGLosslessSV1,
    "JPEG-LS": JPEGLSLossless,
    "JPEG 2000": JPEG2000Lossless,
    "HTJ2K": HTJ2KLossless,
    "JPEG XL": JPEG_XL[0],
    "RLE": RLELossless,
}


@pytest.mark.parametrize("found", FRAMES)
@pytest.mark.parametrize("stated", FRAMES)
def test_the_code_stream_decides_and_a_note_says_so(tmp_path, stated, found):
    path = write_encapsulated(tmp_path / "a.dcm", GREY, FRAMES[found], STATED[stated])
    radiograph = load_radiograph(path)
    tolerance = 3 if found == "JPEG" else 0
    assert np.abs(radiograph.stored.astype(int) - GREY).max() <= tolerance
    assert radiograph.metadata.transfer_syntax == STATED[stated]
    assert radiograph.metadata.lossy_compressed == (found == "JPEG")
    if stated == found:
        assert radiograph.loading_notes == ()
    else:
        (note,) = radiograph.loading_notes
        assert f"decoded as {found}." in note


@pytest.mark.parametrize("stated", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
@pytest.mark.parametrize("found", FRAMES)
def test_compressed_pixels_in_a_file_that_states_none_are_decoded(tmp_path, stated, found):
    dataset = chest_dataset(GREY)
    dataset.file_meta.TransferSyntaxUID = stated
    dataset.PixelData = encapsulate([FRAMES[found]])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    radiograph = load_radiograph(tmp_path / "a.dcm")
    assert np.abs(radiograph.stored.astype(int) - GREY).max() <= 3
    assert f"compressed as {found}." in radiograph.loading_notes[0]


@pytest.mark.parametrize("stated", STATED.values())
@pytest.mark.parametrize("sampled_px", [None, 40])
def test_native_pixels_in_a_file_that_states_a_compression_are_loaded_as_they_are(tmp_path, stated, sampled_px):
    dataset = chest_dataset(PIXELS, 12)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(tmp_path / "native.dcm", enforce_file_format=True)
    expected = load_radiograph(tmp_path / "native.dcm", sampled_px=sampled_px)
    dataset.file_meta.TransferSyntaxUID = stated
    path = write_native(tmp_path / "a.dcm", dataset)
    radiograph = load_radiograph(path, sampled_px=sampled_px)
    assert np.array_equal(radiograph.stored, expected.stored)
    assert "not compressed" in radiograph.loading_notes[0]
    assert expected.loading_notes == ()


def write_native(path, dataset):
    """Pixel Data of defined length although the transfer syntax is a compressed one, which pydicom does not write."""
    value = dataset.PixelData
    dataset.PixelData = encapsulate([b"PLACE"])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    content = save_as_stated(path, dataset).read_bytes()
    place = content.index(b"\xe0\x7f\x10\x00")
    path.write_bytes(content[:place] + b"\xe0\x7f\x10\x00OW\0\0" + len(value).to_bytes(4, "little") + value)
    return path


@pytest.mark.parametrize("stated", [JPEGLSLossless, JPEG2000Lossless, JPEG_XL[0]])
def test_loss_under_a_lossless_transfer_syntax_is_said(tmp_path, stated):
    frame = {
        JPEGLSLossless: lambda: imagecodecs.jpegls_encode(GREY, level=2),
        JPEG2000Lossless: lambda: imagecodecs.jpeg2k_encode(GREY, reversible=False, level=60),
        JPEG_XL[0]: lambda: imagecodecs.jpegxl_encode(GREY, lossless=False, level=90),
    }[stated]()
    radiograph = load_radiograph(write_encapsulated(tmp_path / "a.dcm", GREY, frame, stated))
    assert "compressed with loss" in radiograph.loading_notes[0]
    assert radiograph.metadata.lossy_compressed


@pytest.mark.parametrize("syntax", JPEG_XL)
def test_jpeg_xl(tmp_path, syntax):
    frame = imagecodecs.jpegxl_encode(PIXELS, lossless=True, bitspersample=12)
    radiograph = load_radiograph(write_encapsulated(tmp_path / "a.dcm", PIXELS, frame, syntax, 12))
    assert np.array_equal(radiograph.stored, PIXELS)
    assert radiograph.loading_notes == ()


def test_recompressed_jpeg_in_jpeg_xl(tmp_path):
    frame = imagecodecs.jpegxl_encode_jpeg(FRAMES["JPEG"])
    radiograph = load_radiograph(write_encapsulated(tmp_path / "a.dcm", GREY, frame, JPEG_XL[1]))
    assert np.abs(radiograph.stored.astype(int) - GREY).max() <= 3
    assert radiograph.metadata.lossy_compressed


def test_values_in_fragments_that_are_deflated_or_not_compressed(tmp_path):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = packer.compress(PIXELS.tobytes()) + packer.flush()
    for syntax, frame in ((DEFLATED_FRAME, deflated), (UNCOMPRESSED_IN_FRAGMENTS, PIXELS.tobytes())):
        path = write_encapsulated(tmp_path / "a.dcm", PIXELS, frame, syntax, 12)
        radiograph = load_radiograph(path)
        assert np.array_equal(radiograph.stored, PIXELS)
        assert radiograph.loading_notes == ()


@pytest.mark.parametrize("number", [52, 53, 55, 57, 58])
def test_retired_kinds_of_jpeg_are_decoded_by_their_stream(tmp_path, number):
    coding = "JPEG Lossless" if number in (57, 58) else "JPEG"
    path = write_encapsulated(tmp_path / "a.dcm", GREY, FRAMES[coding], UID(f"1.2.840.10008.1.2.4.{number}"))
    radiograph = load_radiograph(path)
    assert np.abs(radiograph.stored.astype(int) - GREY).max() <= 3
    assert radiograph.loading_notes == ()


@pytest.mark.parametrize(
    ("syntax", "words"),
    [
        (MPEG2MPML, "video or audio (MPEG2 Main Profile / Main Level)"),
        (UID("1.2.840.10008.1.2.4.107"), "video or audio (HEVC/H.265 Main Profile / Level 5.1)"),
        (UID("1.2.840.10008.1.2.7.1"), "video or audio (SMPTE ST 2110-20"),
        (UID("1.2.840.10008.1.2.4.94"), "on a server (JPIP Referenced)"),
        (UID("1.2.840.10008.1.2.4.205"), "on a server (JPIP HTJ2K Referenced Deflate)"),
        (UID("1.2.840.10008.1.2.6.2"), "in the transfer syntax XML Encoding"),
    ],
)
def test_what_holds_no_still_image_is_named_in_the_standard_s_words(tmp_path, syntax, words):
    path = write_encapsulated(tmp_path / "a.dcm", GREY, b"\0\0\x01\xb3" + bytes(200), syntax)
    with pytest.raises(UnsupportedObjectError) as caught:
        load_radiograph(path)
    assert words in str(caught.value)
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("bits", [8, 12])
def test_an_8_bit_jpeg_in_16_bits_allocated(tmp_path, bits):
    path = write_encapsulated(
        tmp_path / "a.dcm", GREY, FRAMES["JPEG"], JPEGBaseline8Bit, bits, BitsAllocated=16, HighBit=bits - 1
    )
    radiograph = load_radiograph(path)
    assert np.abs(radiograph.stored.astype(int) - GREY).max() <= 3


@pytest.mark.parametrize("names", [b"RGB", b"rgb", bytes([1, 2, 3]), bytes([0, 1, 2])])
def test_red_green_and_blue_in_a_jpeg_without_markers_stay_red_green_and_blue(tmp_path, names):
    colour = np.dstack([GREY, GREY // 2, 255 - GREY])
    content = bytearray(imagecodecs.jpeg8_encode(colour, level=95, colorspace="RGB", outcolorspace="RGB"))
    adobe = content.index(b"\xff\xee")
    del content[adobe : adobe + 16]
    frame, scan = content.index(b"\xff\xc0"), content.index(b"\xff\xda")
    content[frame + 10 : frame + 19 : 3] = names
    content[scan + 5 : scan + 11 : 2] = names
    tags = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB"}
    expected = load_radiograph(write_dicom(tmp_path / "native.dcm", colour, **tags))
    radiograph = load_radiograph(
        write_encapsulated(tmp_path / "a.dcm", colour, bytes(content), JPEGBaseline8Bit, **tags)
    )
    assert np.abs(radiograph.stored.astype(int) - expected.stored).max() <= 3
    assert radiograph.colourfulness == pytest.approx(expected.colourfulness, abs=0.01)


def test_a_stream_of_a_rare_kind_is_said_to_be_unsupported_not_damaged(tmp_path):
    frame = bytearray(FRAMES["JPEG"])
    frame[frame.index(b"\xff\xc0") + 1] = 0xC5
    path = write_encapsulated(tmp_path / "a.dcm", GREY, bytes(frame), JPEGBaseline8Bit)
    with pytest.raises(UnsupportedObjectError, match=r"hierarchical 8-bit.*not damaged"):
        load_radiograph(path)


def test_a_damaged_stream_is_said_to_be_damaged(tmp_path):
    frame = FRAMES["JPEG-LS"]
    path = write_encapsulated(tmp_path / "a.dcm", GREY, frame[: len(frame) // 2], JPEGLSLossless)
    with pytest.raises(UnreadableImageError, match="damaged"):
        load_radiograph(path)


@pytest.mark.parametrize("allocated", [8, 16])
def test_run_lengths_of_fewer_bytes_than_allocated(tmp_path, allocated):
    path = write_encapsulated(
        tmp_path / "a.dcm", GREY, FRAMES["RLE"], RLELossless, 8, BitsAllocated=allocated, HighBit=7
    )
    assert np.array_equal(load_radiograph(path).stored, GREY)


def test_compressed_pixels_in_a_file_that_states_implicit_vr(tmp_path):
    path = write_encapsulated(tmp_path / "a.dcm", PIXELS, FRAMES["JPEG 2000"], JPEG2000Lossless, 12)
    stated = JPEG2000Lossless.encode()
    stripped = path.read_bytes().replace(stated, str(ImplicitVRLittleEndian).encode().ljust(len(stated), b"\0"), 1)
    path.write_bytes(stripped)
    radiograph = load_radiograph(path)
    assert np.array_equal(radiograph.stored, load_radiograph(compressed_twin(tmp_path)).stored)
    assert ["JPEG 2000" in note for note in radiograph.loading_notes] == [True]


def compressed_twin(folder):
    return write_encapsulated(folder / "twin.dcm", PIXELS, FRAMES["JPEG 2000"], JPEG2000Lossless, 12)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("times", [2, 3])
def test_uncompressed_pixels_followed_by_as_many_more(tmp_path, syntax, times):
    dataset = chest_dataset(PIXELS, 12)
    dataset.PixelData = PIXELS.tobytes() * times
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True, implicit_vr=syntax.is_implicit_VR, little_endian=True)
    assert np.array_equal(load_radiograph(tmp_path / "a.dcm").stored, PIXELS)


def test_pixels_of_one_bit_with_a_byte_for_each(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", GREY, 1, BitsAllocated=1, HighBit=0)
    assert load_radiograph(path).shape == GREY.shape


def test_a_deflated_file_is_loaded_without_a_note(tmp_path):
    dataset = chest_dataset(PIXELS, 12)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    radiograph = load_radiograph(tmp_path / "a.dcm")
    assert np.array_equal(radiograph.stored, PIXELS)
    assert radiograph.loading_notes == ()


def test_a_big_endian_file_is_loaded_without_a_note(tmp_path):
    dataset = chest_dataset(PIXELS, 12)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = PIXELS.astype(">u2").tobytes()
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True, little_endian=False, implicit_vr=False)
    radiograph = load_radiograph(tmp_path / "a.dcm")
    assert np.array_equal(radiograph.stored, PIXELS)
    assert radiograph.loading_notes == ()


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEG2000, JPEGLSNearLossless])
def test_a_lossless_stream_under_a_syntax_that_allows_it_is_no_contradiction(tmp_path, syntax):
    frame = {JPEGLossless: "JPEG Lossless", JPEG2000: "JPEG 2000", JPEGLSNearLossless: "JPEG-LS"}[syntax]
    radiograph = load_radiograph(write_encapsulated(tmp_path / "a.dcm", GREY, FRAMES[frame], syntax))
    assert radiograph.loading_notes == ()
    assert not radiograph.metadata.lossy_compressed
