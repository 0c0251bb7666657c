"""Every way a DICOM file may hold its picture gives the same stored values back."""

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import (
    JPEG2000,
    MPEG4HP41,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from bsnet_core.display import display_table
from bsnet_core.errors import (
    UnreadableImageError,
    UnsupportedObjectError,
)
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import VoiWindow
from tests.bsnet_core.ihe_files import ihe_file
from tests.dicom_files import chest_dataset, ramp, write_compressed, write_dicom, write_encapsulated

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


def stored_values(radiograph):
    """The file's stored values, put together again from codes and offset."""
    return radiograph.stored.astype(np.int64) + radiograph.stored_offset


def test_stored_values_and_their_meaning_come_from_the_file(tmp_path):
    pixels = ramp(bits=12)
    radiograph = load_radiograph(write_dicom(tmp_path / "a", pixels, 12, RescaleSlope="2", RescaleIntercept="-5"))
    assert radiograph.stored.dtype == np.uint16
    assert np.array_equal(radiograph.stored, pixels)
    assert not radiograph.stored.flags.writeable
    assert (radiograph.bits_stored, radiograph.stored_offset, radiograph.monochrome1) == (12, 0, False)
    assert (radiograph.rescale_slope, radiograph.rescale_intercept) == (2, -5)
    assert radiograph.source == tmp_path / "a"


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_uncompressed_transfer_syntaxes(tmp_path, syntax):
    pixels = ramp(bits=12)
    dataset = chest_dataset(pixels, 12)
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = pixels.astype(">u2").tobytes()
    dataset.save_as(
        tmp_path / "a.dcm",
        enforce_file_format=True,
        little_endian=syntax.is_little_endian,
        implicit_vr=syntax.is_implicit_VR,
    )
    radiograph = load_radiograph(tmp_path / "a.dcm")
    assert np.array_equal(radiograph.stored, pixels)
    assert radiograph.metadata.transfer_syntax == syntax


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize(("bits", "dtype"), [(8, np.uint8), (12, np.uint16), (16, np.uint16)])
def test_lossless_compression_gives_the_same_values(tmp_path, syntax, bits, dtype):
    pixels = ramp(bits=bits, dtype=dtype)
    radiograph = load_radiograph(write_compressed(tmp_path / "a.dcm", pixels, syntax, bits))
    assert np.array_equal(radiograph.stored, pixels)
    assert radiograph.bits_stored == bits


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_lossless_compression_keeps_negative_values(tmp_path, syntax):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    assert np.array_equal(stored_values(load_radiograph(write_compressed(tmp_path / "a", pixels, syntax, 12))), pixels)


@pytest.mark.parametrize(("syntax", "extra"), [(JPEG2000, {"j2k_cr": [5]}), (JPEGLSNearLossless, {"jls_error": 3})])
def test_lossy_compression_comes_close(tmp_path, syntax, extra):
    pixels = ramp(bits=12)
    dataset = chest_dataset(pixels, 12)
    dataset.compress(syntax, generate_instance_uid=False, **extra)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    difference = load_radiograph(tmp_path / "a.dcm").stored.astype(int) - pixels
    assert np.abs(difference).max() < 40


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_jpeg_lossless(tmp_path, syntax, bits):
    imagecodecs = pytest.importorskip("imagecodecs")
    pixels = ramp(bits=bits, dtype=np.uint8 if bits == 8 else np.uint16)
    frame = imagecodecs.ljpeg_encode(pixels, bitspersample=bits)
    path = write_encapsulated(tmp_path / "a.dcm", pixels, frame, syntax, bits)
    assert np.array_equal(load_radiograph(path).stored, pixels)


@pytest.mark.parametrize(
    ("syntax", "bits", "tolerance"), [(JPEGBaseline8Bit, 8, 3), (JPEGExtended12Bit, 12, 40), (JPEGExtended12Bit, 8, 3)]
)
def test_jpeg_baseline_and_extended(tmp_path, syntax, bits, tolerance):
    imagecodecs = pytest.importorskip("imagecodecs")
    pixels = ramp(bits=bits, dtype=np.uint8 if bits == 8 else np.uint16)
    frame = imagecodecs.jpeg8_encode(pixels, level=95, bitspersample=bits)
    radiograph = load_radiograph(write_encapsulated(tmp_path / "a.dcm", pixels, frame, syntax, bits))
    assert np.abs(radiograph.stored.astype(int) - pixels).max() <= tolerance


def test_high_throughput_jpeg_2000(tmp_path):
    imagecodecs = pytest.importorskip("imagecodecs")
    pixels = ramp(bits=12)
    frame = imagecodecs.htj2k_encode(pixels, reversible=True)
    path = write_encapsulated(tmp_path / "a.dcm", pixels, frame, HTJ2KLossless, 12)
    assert np.array_equal(load_radiograph(path).stored, pixels)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, JPEGLSLossless])
def test_monochrome1_shows_low_values_bright(tmp_path, photometric, syntax):
    pixels = ramp(bits=12)
    dataset = chest_dataset(pixels, 12, PhotometricInterpretation=photometric)
    if syntax != ExplicitVRLittleEndian:
        dataset.compress(syntax, generate_instance_uid=False)
    dataset.save_as(tmp_path / "a", enforce_file_format=True)
    radiograph = load_radiograph(tmp_path / "a")
    shown = display_table(radiograph, VoiWindow(2048, 4096))[radiograph.stored]
    low_is_bright = photometric == "MONOCHROME1"
    assert (shown[0, 0] > shown[-1, -1]) == low_is_bright
    assert (radiograph.pixels[0, 0] > radiograph.pixels[-1, -1]) == low_is_bright


def test_grey_stored_as_rgb_ybr_or_palette_becomes_grey(tmp_path):
    grey = ramp(bits=8, dtype=np.uint8)
    rgb = np.repeat(grey[..., None], 3, axis=2)
    ybr = np.stack([grey, np.full_like(grey, 128), np.full_like(grey, 128)], axis=-1)
    colour = {"SamplesPerPixel": 3, "PlanarConfiguration": 0}
    entries = np.arange(256, dtype=np.uint16)[::-1] << 8
    palette = {f"{name}PaletteColorLookupTableData": entries.tobytes() for name in ("Red", "Green", "Blue")}
    palette |= {f"{name}PaletteColorLookupTableDescriptor": [256, 0, 16] for name in ("Red", "Green", "Blue")}
    files = {
        "rgb": write_dicom(tmp_path / "rgb", rgb, PhotometricInterpretation="RGB", **colour),
        "ybr": write_dicom(tmp_path / "ybr", ybr, PhotometricInterpretation="YBR_FULL", **colour),
    }
    for path in files.values():
        radiograph = load_radiograph(path)
        assert np.abs(radiograph.stored.astype(int) - grey).max() <= 1
        assert radiograph.colourfulness < 0.01
    path = write_dicom(tmp_path / "palette", 255 - grey, PhotometricInterpretation="PALETTE COLOR", **palette)
    radiograph = load_radiograph(path)
    assert np.array_equal(radiograph.stored >> 8, grey)
    assert radiograph.colourfulness == 0


def test_planes_one_after_another_are_put_together(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (140, 150, 3), dtype=np.uint8)
    by_plane = chest_dataset(rgb, PhotometricInterpretation="RGB", SamplesPerPixel=3, PlanarConfiguration=1)
    by_plane.PixelData = np.moveaxis(rgb, -1, 0).tobytes()
    by_plane.save_as(tmp_path / "planes", enforce_file_format=True)
    by_pixel = write_dicom(
        tmp_path / "pixels", rgb, PhotometricInterpretation="RGB", SamplesPerPixel=3, PlanarConfiguration=0
    )
    assert np.array_equal(load_radiograph(tmp_path / "planes").stored, load_radiograph(by_pixel).stored)


@pytest.mark.parametrize(
    ("keyword", "usual", "odd"),
    [
        ("WindowCenter", b"2040.5", b"a lot "),
        ("RescaleSlope", b"1.0001", b"steep "),
        ("NumberOfFrames", b"1 ", b"? "),
        ("StudyDate", b"20200102", b"tomorrow"),
        ("PatientBirthDate", b"19700101", b"99999999"),
        ("PatientOrientation", b"L\\F ", b"\\\\\\ "),
    ],
)
def test_one_malformed_tag_does_not_cost_the_picture(tmp_path, keyword, usual, odd):
    tags = {"WindowWidth": "4000"} if keyword == "WindowCenter" else {}
    value = usual.decode().strip()
    path = write_dicom(tmp_path / "a", ramp(), 12, **{keyword: value.split("\\") if "\\" in value else value} | tags)
    content = path.read_bytes()
    assert usual in content
    path.write_bytes(content.replace(usual, odd))
    assert np.array_equal(load_radiograph(path).stored, ramp())


@pytest.mark.parametrize(
    "missing",
    ["PhotometricInterpretation", "PixelRepresentation", "SamplesPerPixel", "HighBit", "SpecificCharacterSet"],
)
def test_a_missing_description_of_the_pixels_takes_its_usual_meaning(tmp_path, missing):
    assert np.array_equal(
        load_radiograph(write_dicom(tmp_path / "a", ramp(bits=16), **{missing: None})).stored, ramp(bits=16)
    )


@pytest.mark.parametrize("name", ["RG1_UNCI", "RG1_UNCR", "RG1_J2KI", "RG1_J2KR", "RG3_UNCI", "RG3_J2KR"])
def test_real_chest_films_of_the_ihe_test_set(name):
    path = ihe_file(name)
    reference = dcmread(path)
    radiograph = load_radiograph(path)
    assert radiograph.monochrome1
    assert radiograph.metadata.modality == "CR"
    assert radiograph.metadata.spacing is None  # PixelSpacing 0\0
    assert np.array_equal(stored_values(radiograph), reference.pixel_array)


def test_a_film_is_refused_by_its_compression(tmp_path):
    path = write_encapsulated(tmp_path / "a", ramp(), b"\0\0\0\1", MPEG4HP41, 12)
    with pytest.raises(UnsupportedObjectError, match="MPEG-4"):
        load_radiograph(path)


def test_a_compressed_picture_of_another_size_than_declared(tmp_path):
    path = write_compressed(tmp_path / "a", ramp(), JPEGLSLossless, 12)
    content = path.read_bytes()
    rows = (160).to_bytes(2, "little")
    header = b"\x28\x00\x10\x00US\x02\x00"
    assert content.count(header + rows) == 1
    path.write_bytes(content.replace(header + rows, header + (161).to_bytes(2, "little")))
    with pytest.raises(UnreadableImageError, match="size of the compressed image differs"):
        load_radiograph(path)
