"""Every way a DICOM file may hold its picture gives the same stored values back."""

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000,
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
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import SpacingMeaning, VoiFunction, VoiWindow
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


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_files_without_preamble_and_without_file_meta(tmp_path, syntax):
    pixels = ramp(bits=12)
    dataset = chest_dataset(pixels, 12)
    del dataset.file_meta
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = pixels.astype(">u2").tobytes()
    dataset.save_as(tmp_path / "a", little_endian=syntax.is_little_endian, implicit_vr=syntax.is_implicit_VR)
    assert np.array_equal(load_radiograph(tmp_path / "a").stored, pixels)


def test_a_preamble_that_begins_like_a_tiff_is_still_dicom(tmp_path):
    pixels = ramp(bits=12)
    dataset = chest_dataset(pixels, 12, PhotometricInterpretation="MONOCHROME1")
    dataset.preamble = b"II*\0" + bytes(124)
    dataset.save_as(tmp_path / "dual.tif", enforce_file_format=True)
    assert load_radiograph(tmp_path / "dual.tif").monochrome1


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


def test_a_codestream_wider_than_the_header_says_is_not_cut(tmp_path):
    pixels = ramp(bits=14)
    dataset = chest_dataset(pixels, 14)
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    radiograph = load_radiograph(tmp_path / "a.dcm")
    assert np.array_equal(radiograph.stored, pixels)
    assert radiograph.bits_stored == 14


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


def test_all_windows_and_their_function_are_kept(tmp_path):
    path = write_dicom(
        tmp_path / "a",
        ramp(),
        12,
        WindowCenter=["2000", "1000"],
        WindowWidth=["3000", "500"],
        WindowCenterWidthExplanation=["normal", "bone"],
        VOILUTFunction="SIGMOID",
    )
    assert load_radiograph(path).voi_windows == (
        VoiWindow(2000, 3000, VoiFunction.SIGMOID, "normal"),
        VoiWindow(1000, 500, VoiFunction.SIGMOID, "bone"),
    )


@pytest.mark.parametrize(
    "tags",
    [
        {"WindowCenter": "2000"},
        {"WindowCenter": "2000", "WindowWidth": "0"},
        {"WindowCenter": "2000", "WindowWidth": "-3"},
        {"WindowCenter": "", "WindowWidth": ""},
    ],
)
def test_a_window_that_means_nothing_is_left_out(tmp_path, tags):
    assert load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, **tags)).voi_windows == ()


def lut_item(entries, first, bits, **more):
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item.LUTData = np.asarray(entries, dtype="<u2").tobytes()
    item["LUTData"].VR = "OW"
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item


def test_look_up_tables_are_read_with_all_their_entries(tmp_path):
    modality = lut_item(np.arange(4096)[::-1], 0, 12, ModalityLUTType="US")
    voi = [lut_item(np.arange(4096) // 16, 0, 8, LUTExplanation=name) for name in ("soft", "hard")]
    path = write_dicom(
        tmp_path / "a", ramp(), 12, ModalityLUTSequence=Sequence([modality]), VOILUTSequence=Sequence(voi)
    )
    radiograph = load_radiograph(path)
    assert radiograph.modality_lut is not None
    assert radiograph.modality_lut.entries[0] == 4095
    assert [table.explanation for table in radiograph.voi_luts] == ["soft", "hard"]
    assert radiograph.voi_luts[0].entries[-1] == 255


def test_a_table_of_65536_entries_writes_its_length_as_zero(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(bits=16), 16, VOILUTSequence=Sequence([lut_item(np.arange(65536), 0, 16)]))
    assert len(load_radiograph(path).voi_luts[0].entries) == 65536


def test_the_first_input_value_of_a_table_may_be_negative(tmp_path):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    table = lut_item(np.arange(4096), -2048, 12)
    path = write_dicom(tmp_path / "a", pixels, 12, VOILUTSequence=Sequence([table]))
    assert load_radiograph(path).voi_luts[0].first_value == -2048


def test_a_table_over_negative_modality_values_of_unsigned_pixels(tmp_path):
    # Written as US although it means -1000: the only reading that fits an intercept of -1000.
    table = lut_item(np.arange(4096), 65536 - 1000, 12)
    path = write_dicom(tmp_path / "a", ramp(), 12, RescaleIntercept="-1000", VOILUTSequence=Sequence([table]))
    assert load_radiograph(path).voi_luts[0].first_value == -1000


def test_a_table_shorter_than_it_says_is_left_out(tmp_path):
    table = lut_item(np.arange(100), 0, 12)
    table.LUTDescriptor = [4096, 0, 12]
    assert load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, VOILUTSequence=Sequence([table]))).voi_luts == ()


def test_padding_is_kept_as_a_range(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, PixelPaddingValue=10, PixelPaddingRangeLimit=0)
    assert load_radiograph(path).padding == (0, 10)


def test_negative_padding(tmp_path):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    radiograph = load_radiograph(write_dicom(tmp_path / "a", pixels, 12, PixelPaddingValue=-2048))
    assert radiograph.padding == (-2048, -2048)


@pytest.mark.parametrize(
    ("tags", "row_mm", "column_mm", "meaning"),
    [
        ({"PixelSpacing": ["0.2", "0.1"]}, 0.2, 0.1, SpacingMeaning.DETECTOR),
        ({"ImagerPixelSpacing": ["0.2", "0.1"]}, 0.2, 0.1, SpacingMeaning.DETECTOR),
        ({"ImagerPixelSpacing": [".2", ".2"], "PixelSpacing": [".2", ".2"]}, 0.2, 0.2, SpacingMeaning.DETECTOR),
        ({"ImagerPixelSpacing": [".2", ".2"], "PixelSpacing": [".1", ".1"]}, 0.1, 0.1, SpacingMeaning.CORRECTED),
        (
            {"PixelSpacing": [".1", ".1"], "PixelSpacingCalibrationType": "FIDUCIAL"},
            0.1,
            0.1,
            SpacingMeaning.CORRECTED,
        ),
        (
            {"ImagerPixelSpacing": [".2", ".2"], "EstimatedRadiographicMagnificationFactor": "1.25"},
            0.16,
            0.16,
            SpacingMeaning.CORRECTED,
        ),
        ({"PixelAspectRatio": ["4", "2"]}, 2.0, 1.0, SpacingMeaning.UNKNOWN),
    ],
)
def test_spacing_says_what_it_means(tmp_path, tags, row_mm, column_mm, meaning):
    spacing = load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, **tags)).metadata.spacing
    assert (spacing.row_mm, spacing.column_mm) == pytest.approx((row_mm, column_mm))
    assert spacing.meaning is meaning


@pytest.mark.parametrize(
    "spacing", [b"0\\0 ", b"abc\\xyz ", b"0.1 ", b"1\\2\\3 ", b"nan\\nan ", b"-1\\-1 ", b"1e999\\1 "]
)
def test_odd_pixel_spacing_costs_only_the_spacing(tmp_path, spacing):
    path = write_dicom(tmp_path / "a", ramp(), 12, PixelSpacing=["0.12345", "0.54321"])
    content = path.read_bytes()
    usual = b"0.12345\\0.54321 "
    assert content.count(usual) == 1
    path.write_bytes(content.replace(usual, spacing.ljust(len(usual))))
    radiograph = load_radiograph(path)
    assert radiograph.metadata.spacing is None
    assert np.array_equal(radiograph.stored, ramp())


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


def test_the_files_facts(tmp_path):
    radiograph = load_radiograph(
        write_dicom(
            tmp_path / "a",
            ramp(),
            12,
            PatientSex="F",
            PatientAge="061Y",
            AccessionNumber="77",
            ImageLaterality="U",
            InstitutionName="Clinic",
            BurnedInAnnotation="NO",
            LossyImageCompression="01",
        )
    )
    metadata = radiograph.metadata
    assert (metadata.patient_name, metadata.patient_id, metadata.patient_sex) == ("Test^Patient", "T1", "F")
    assert (metadata.study_date, metadata.modality, metadata.body_part, metadata.view_position) == (
        "20200102",
        "CR",
        "CHEST",
        "PA",
    )
    assert metadata.patient_orientation == ("L", "F")
    assert (metadata.patient_age, metadata.accession_number, metadata.image_laterality) == ("061Y", "77", "U")
    assert metadata.lossy_compressed
    assert metadata.sop_instance_uid.startswith("1.2.")


@pytest.mark.parametrize(
    ("charset", "name"), [("ISO_IR 100", "Müller^Jürgen"), ("ISO_IR 144", "Иванов^Иван"), ("ISO_IR 192", "山田^太郎")]
)
def test_names_are_read_in_the_files_character_set(tmp_path, charset, name):
    path = write_dicom(tmp_path / "a", ramp(), 12, SpecificCharacterSet=charset, PatientName=name)
    assert load_radiograph(path).metadata.patient_name == name


def test_an_unknown_character_set_costs_nothing_but_the_letters(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, SpecificCharacterSet="ISO_IR 987")
    assert load_radiograph(path).metadata.patient_id == "T1"


def test_view_from_the_code_sequence_where_view_position_is_missing(tmp_path):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "R-10206", "SRT", "antero-posterior"
    path = write_dicom(tmp_path / "a", ramp(), 12, ViewPosition=None, ViewCodeSequence=Sequence([code]))
    assert load_radiograph(path).metadata.view_position == "antero-posterior"


def test_nothing_of_the_patient_is_logged(tmp_path, caplog):
    path = write_dicom(tmp_path / "a", ramp(), 12, SpecificCharacterSet="ISO_IR 987", PatientName="Secret^" + "x" * 80)
    with caplog.at_level("DEBUG"):
        load_radiograph(path)
    assert "Secret" not in caplog.text


@pytest.mark.parametrize("name", ["RG1_UNCI", "RG1_UNCR", "RG1_J2KI", "RG1_J2KR", "RG3_UNCI", "RG3_J2KR"])
def test_real_chest_films_of_the_ihe_test_set(name):
    data_store = pytest.importorskip("data_store")
    from pathlib import Path

    path = Path(data_store.__file__).parent / "data" / f"{name}.dcm"
    if not path.is_file():
        pytest.skip("this pydicom-data has no such file")
    reference = dcmread(path)
    radiograph = load_radiograph(path)
    assert radiograph.monochrome1
    assert radiograph.metadata.modality == "CR"
    assert radiograph.metadata.spacing is None  # PixelSpacing 0\0
    assert np.array_equal(stored_values(radiograph), reference.pixel_array)
