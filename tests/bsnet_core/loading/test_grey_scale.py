"""Windows, polarity and padding of a DICOM header, and their absence in colour."""

import numpy as np
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from bsnet_core.display import default_preset, default_voi, display_table
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import VoiFunction, VoiWindow
from tests.bsnet_core.loading.test_look_up_tables import lut_item
from tests.dicom_files import chest_dataset, ramp, write_dicom

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


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


@pytest.mark.parametrize(
    ("centre", "width", "windows"),
    [
        (b"2047,5", b"4095,0", [(2047.5, 4095)]),
        (b"\\2000", b"\\4096", [(2000, 4096)]),
        (b"1000\\2000", b"\\4096", [(2000, 4096)]),
        (b"1000\\2000", b"500", [(1000, 500)]),
        (b"1000\\much", b"500\\700", [(1000, 500)]),
        (b"1e3", b" 5.0E2", [(1000, 500)]),
        (b"nan", b"500", []),
        (b"\\", b"\\", []),
    ],
)
def test_windows_with_decimal_commas_gaps_and_padding(tmp_path, centre, width, windows):
    dataset = chest_dataset(ramp(), 12)
    for number, value in ((0x1050, centre), (0x1051, width)):
        tag = Tag(0x0028, number)
        dataset[tag] = RawDataElement(tag, "DS", len(value), value, 0, False, True)
    path = tmp_path / "a"
    dataset.save_as(path, enforce_file_format=True)
    assert centre in path.read_bytes()
    assert [(window.centre, window.width) for window in load_radiograph(path).voi_windows] == windows


def test_a_slope_with_a_decimal_comma(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, RescaleSlope="1.25", RescaleIntercept="-3.5")
    path.write_bytes(path.read_bytes().replace(b"1.25", b"1,25").replace(b"-3.5", b"-3,5"))
    radiograph = load_radiograph(path)
    assert (radiograph.rescale_slope, radiograph.rescale_intercept) == (1.25, -3.5)


def test_numbers_padded_with_zero_bytes(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, WindowCenter="1000.5", WindowWidth="2000.5")
    content = path.read_bytes().replace(b"1000.5", b"1000\0\0").replace(b"2000.5", b"2000 \0")
    path.write_bytes(content)
    assert load_radiograph(path).voi_windows == (VoiWindow(1000, 2000),)


def test_windows_with_fewer_explanations(tmp_path):
    windows = {"WindowCenter": ["1", "2", "3"], "WindowWidth": ["10", "20", "30"]}
    path = write_dicom(tmp_path / "a", ramp(), 12, WindowCenterWidthExplanation=["", "BONE "], **windows)
    assert [window.explanation for window in load_radiograph(path).voi_windows] == ["", "BONE", ""]


COLOUR = {
    "WindowCenter": "2047",
    "WindowWidth": "4095",
    "RescaleSlope": "3",
    "RescaleIntercept": "-100",
    "PresentationLUTShape": "INVERSE",
    "PixelPaddingValue": 100,
}


@pytest.mark.parametrize("kind", ["RGB", "YBR_FULL", "PALETTE COLOR"])
def test_nothing_of_a_grey_scale_has_a_meaning_in_a_colour_image(tmp_path, kind):
    grey = ramp(bits=8, dtype=np.uint8)
    tables = {"VOILUTSequence": Sequence([lut_item(np.zeros(256), 0, 8)])}
    tables["ModalityLUTSequence"] = Sequence([lut_item(np.zeros(256), 0, 8)])
    if kind == "PALETTE COLOR":
        entries = np.arange(256, dtype="<u2") << 8
        kinds = {f"{name}PaletteColorLookupTableData": entries.tobytes() for name in ("Red", "Green", "Blue")}
        kinds |= {f"{name}PaletteColorLookupTableDescriptor": [256, 0, 16] for name in ("Red", "Green", "Blue")}
        pixels = grey
    else:
        other = grey if kind == "RGB" else np.full_like(grey, 128)
        pixels, kinds = np.stack([grey, other, other], axis=-1), {"SamplesPerPixel": 3, "PlanarConfiguration": 0}
    path = write_dicom(tmp_path / "a", pixels, 8, PhotometricInterpretation=kind, **COLOUR, **kinds, **tables)
    radiograph = load_radiograph(path)
    shown = display_table(radiograph, default_voi(radiograph))[radiograph.stored]
    assert np.abs(shown.astype(int) - grey).max() <= 1
    assert np.abs(radiograph.pixels - (grey - grey.min()) / np.ptp(grey)).max() < 0.01


def test_a_nearly_black_colour_image_is_shown_as_stored_and_blames_no_window(tmp_path):
    rgb = np.repeat((ramp(bits=8) // 32).astype(np.uint8)[..., None], 3, axis=2)
    path = write_dicom(
        tmp_path / "a", rgb, 8, PhotometricInterpretation="RGB", SamplesPerPixel=3, PlanarConfiguration=0
    )
    radiograph = load_radiograph(path)
    assert np.array_equal(display_table(radiograph, default_voi(radiograph))[radiograph.stored], rgb[..., 0])
    assert radiograph.loading_notes == ()


def test_an_rgb_image_of_12_bits_is_shown_over_its_12_bits(tmp_path):
    rgb = np.repeat(ramp(bits=12)[..., None], 3, axis=2)
    path = write_dicom(
        tmp_path / "a", rgb, 12, PhotometricInterpretation="RGB", SamplesPerPixel=3, PlanarConfiguration=0
    )
    radiograph = load_radiograph(path)
    shown = display_table(radiograph, default_voi(radiograph))[radiograph.stored]
    assert np.abs(shown - rgb[..., 0] / 4095 * 255).max() <= 1


@pytest.mark.parametrize(("centre", "width"), [("-30000", "100"), ("60000", "500"), ("3980", "20"), ("40000", "90000")])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_window_off_all_values_gives_way_to_the_automatic_one_with_a_note(tmp_path, centre, width, photometric):
    tags = {"WindowCenter": centre, "WindowWidth": width, "PhotometricInterpretation": photometric}
    radiograph = load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, **tags))
    assert default_preset(radiograph).name == "automatic"
    (note,) = radiograph.loading_notes
    assert "another one is used" in note
    assert radiograph.voi_windows  # still offered


def test_a_table_that_shows_nothing_gives_way_to_a_window_that_does(tmp_path):
    table = lut_item(np.arange(100, 4196), 30000, 12)
    path = write_dicom(
        tmp_path / "a", ramp(), 12, VOILUTSequence=Sequence([table]), WindowCenter="2000", WindowWidth="3000"
    )
    radiograph = load_radiograph(path)
    assert default_voi(radiograph) == radiograph.voi_windows[0]
    assert len(radiograph.loading_notes) == 1


@pytest.mark.parametrize("value", [0, 7, 4095])
def test_a_blank_image_has_no_note_on_its_window(tmp_path, value):
    path = write_dicom(tmp_path / "a", np.full_like(ramp(), value), 12, WindowCenter="2000", WindowWidth="300")
    assert load_radiograph(path).loading_notes == ()


def test_padding_does_not_count_as_black(tmp_path):
    pixels = ramp()
    pixels[4:] = 0
    tags = {"WindowCenter": "2000", "WindowWidth": "4000"}
    path = write_dicom(tmp_path / "a", pixels, 12, PixelPaddingValue=0, **tags)
    assert load_radiograph(path).loading_notes == ()


def test_an_image_on_a_large_dark_ground_keeps_its_window(tmp_path):
    pixels = np.zeros((400, 400), np.uint16)
    pixels[:120, :200] = ramp(120, 200)
    path = write_dicom(tmp_path / "a", pixels, 12, WindowCenter="2000", WindowWidth="4000")
    assert load_radiograph(path).loading_notes == ()


def test_padding_is_kept_as_a_range(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, PixelPaddingValue=10, PixelPaddingRangeLimit=0)
    assert load_radiograph(path).padding == (0, 10)


def test_negative_padding(tmp_path):
    pixels = (ramp(bits=12).astype(np.int32) - 2048).astype(np.int16)
    radiograph = load_radiograph(write_dicom(tmp_path / "a", pixels, 12, PixelPaddingValue=-2048))
    assert radiograph.padding == (-2048, -2048)


def test_padding_of_unsigned_values_written_as_signed(tmp_path):
    dataset = chest_dataset(ramp(bits=16), 16)
    dataset.add_new("PixelPaddingValue", "SS", -1)
    dataset.save_as(tmp_path / "a", enforce_file_format=True)
    assert load_radiograph(tmp_path / "a").padding == (65535, 65535)
