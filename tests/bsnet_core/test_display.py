"""What the eye sees, held against pydicom's own chain of modality and VOI transformations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from bsnet_core.display import (
    auto_window,
    deep_grey_levels,
    default_preset,
    default_voi,
    display_table,
    full_window,
    is_blank_through,
    measure_values,
    modality_range,
    presets,
    window_of,
)
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import LookupTable, Radiograph, VoiFunction, VoiWindow
from bsnet_core.resources import sample_files
from tests.bsnet_core.ihe_files import ihe_file
from tests.dicom_files import ramp, write_dicom


def shown(radiograph, voi=None, **options):
    """The picture as it appears, (H, W) uint8."""
    return display_table(radiograph, voi or default_voi(radiograph), **options)[radiograph.stored]


def by_pydicom(path):
    """The same by pydicom, 0 to 255: modality, VOI, polarity."""
    dataset = dcmread(path)
    values = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset).astype(np.float64)
    if "VOILUTSequence" in dataset:
        low, high = 0.0, 2.0 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1
    else:
        # pydicom windows into the range that the modality transformation gives BitsStored.
        signed = dataset.PixelRepresentation == 1
        stored = [-(2 ** (dataset.BitsStored - 1)), 2 ** (dataset.BitsStored - 1) - 1]
        ends = np.array(stored if signed else [0, 2**dataset.BitsStored - 1], dtype=np.float64)
        low, high = ends * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))
    share = (values - low) / (high - low)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        share = 1 - share
    return share * 255


@pytest.mark.parametrize("function", VoiFunction)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("slope", "intercept"), [("1", "0"), ("2.5", "-1024"), ("0.5", "100")])
def test_windows_agree_with_pydicom(tmp_path, function, photometric, slope, intercept):
    centre = 2000 * float(slope) + float(intercept)
    path = write_dicom(
        tmp_path / "a",
        ramp(),
        12,
        PhotometricInterpretation=photometric,
        RescaleSlope=slope,
        RescaleIntercept=intercept,
        WindowCenter=str(centre),
        WindowWidth=str(1000 * float(slope)),
        VOILUTFunction=str(function),
    )
    assert np.abs(shown(load_radiograph(path)) - by_pydicom(path)).max() < 1


@pytest.mark.parametrize("function", VoiFunction)
def test_windows_over_negative_values_agree_with_pydicom(tmp_path, function):
    pixels = (ramp().astype(np.int32) - 2048).astype(np.int16)
    path = write_dicom(
        tmp_path / "a", pixels, 12, WindowCenter="-200", WindowWidth="1500", VOILUTFunction=str(function)
    )
    assert np.abs(shown(load_radiograph(path)) - by_pydicom(path)).max() < 1


@pytest.mark.parametrize("name", ["mlut_18", "vlut_04"])
def test_tables_of_the_ihe_test_pictures_agree_with_pydicom(name, monkeypatch):
    path = ihe_file(name)
    dataset = dcmread(path)
    radiograph = load_radiograph(path)
    modality = apply_modality_lut(dataset.pixel_array, dataset)
    assert np.allclose(radiograph.modality_of(radiograph.stored), modality)
    if name == "vlut_04":
        assert np.abs(shown(radiograph) - by_pydicom(path)).max() < 1


def image(monochrome1=False, inverse=False, **more):
    return Radiograph(
        stored=ramp(),
        stored_offset=0,
        bits_stored=12,
        monochrome1=monochrome1,
        presentation_inverse=inverse,
        **more,
    )


@pytest.mark.parametrize(
    ("monochrome1", "inverse", "inverted", "low_is_bright"),
    [
        (False, False, False, False),
        (False, False, True, True),
        (True, False, False, True),
        (True, True, False, True),  # INVERSE states MONOCHROME1's polarity again, it does not turn it back
        (True, True, True, False),
        (False, True, False, True),
    ],
)
def test_polarity(monochrome1, inverse, inverted, low_is_bright):
    radiograph = image(monochrome1, inverse)
    grey = shown(radiograph, VoiWindow(2048, 4096), inverted=inverted)
    assert (grey[0, 0], grey[-1, -1]) == ((255, 0) if low_is_bright else (0, 255))


def test_a_voi_table_is_turned_as_a_window_is():
    table = LookupTable(0, np.arange(4096, dtype=np.float32), 12)
    assert shown(image(monochrome1=True), table)[0, 0] == 255
    assert shown(image(), table)[0, 0] == 0


def test_values_beyond_a_table_take_its_ends():
    table = LookupTable(1000, np.array([10, 200], dtype=np.float32), 8)
    table_of_image = display_table(image(), table)
    assert table_of_image[0] == table_of_image[1000] == 10
    assert table_of_image[1001] == table_of_image[4095] == 200


def test_a_window_of_one_is_a_threshold():
    # PS3.3 C.11.2.1.2: with width 1, values up to centre - 0.5 are black and those above white.
    table = display_table(image(), VoiWindow(100.5, 1))
    assert (table[100], table[101]) == (0, 255)


def test_the_first_window_is_the_default_where_there_is_no_table():
    windows = (VoiWindow(1000, 2000), VoiWindow(3000, 400))
    assert default_voi(image(voi_windows=windows)) is windows[0]


@pytest.mark.parametrize(
    ("window", "is_blank"),
    [
        (VoiWindow(2000, 4000), False),
        (VoiWindow(500, 1000), False),
        (VoiWindow(0, 150), True),
        (VoiWindow(-5000, 1000), True),
        (VoiWindow(50000, 1000), True),
        (VoiWindow(16319, 200000), True),
        (LookupTable(9000, np.arange(50, 4096, dtype=np.float32), 12), True),
        (LookupTable(0, np.arange(4096, dtype=np.float32), 12), False),
    ],
)
def test_a_window_off_nearly_all_values_is_blank(window, is_blank):
    assert is_blank_through(image(), window) is is_blank
    assert is_blank_through(image(monochrome1=True), window) is is_blank


def test_a_window_over_all_stored_values_is_never_blank():
    dark = Radiograph((ramp(200, 200) // 600).astype(np.uint16), 0, 8, monochrome1=False)
    assert not is_blank_through(dark, full_window(8, ""))
    assert is_blank_through(dark, VoiWindow(2047, 4095))


def test_a_blank_window_gives_way_to_the_next_that_is_not():
    windows = (VoiWindow(-5000, 10), VoiWindow(2000, 3000))
    assert default_voi(image(voi_windows=windows)) is windows[1]
    assert default_preset(image(voi_windows=windows[:1])).name == "automatic"


def test_all_windows_of_the_file_stay_presets():
    windows = (VoiWindow(-5000, 10), VoiWindow(2000, 3000))
    offered = [preset.voi for preset in presets(image(voi_windows=windows))]
    assert offered[1:3] == list(windows)


def test_the_automatic_window_spans_the_picture_without_its_padding():
    stored = ramp(200, 200).copy()
    stored[:100] = 4095
    window = auto_window(Radiograph(stored, 0, 12, monochrome1=False, padding=(4095, 4095)))
    values = np.sort(stored[100:].ravel())
    low, high = window.centre - window.width / 2, window.centre + window.width / 2
    assert low == pytest.approx(np.percentile(values, 0.5), abs=15)
    assert high == pytest.approx(np.percentile(values, 99.5), abs=15)


def test_the_automatic_window_of_one_value_is_still_a_window():
    blank = Radiograph(np.full((10, 10), 7, np.uint16), 0, 12, monochrome1=False)
    window = auto_window(blank)
    assert window.width > 0
    assert window.centre == pytest.approx(7)


def test_the_modality_range_is_in_modality_values():
    low, high = modality_range(image(rescale_slope=-2.0, rescale_intercept=100.0))
    assert (low, high) == (100 - 2 * 4095, 100)


def test_adjusting_a_table_starts_from_a_window_over_its_input():
    window = window_of(image(), LookupTable(-100, np.arange(600, dtype=np.float32), 12, "bone"))
    assert (window.centre - window.width / 2, window.centre + window.width / 2) == (-100, 500)
    own = VoiWindow(5, 6)
    assert window_of(image(), own) is own


def test_the_sample_studies_are_read_and_shown_bone_bright():
    files = sample_files()
    assert len(files) >= 5
    assert any(load_radiograph(path).monochrome1 for path in files)
    for path in files:
        radiograph = load_radiograph(path)
        assert radiograph.metadata.view_position in ("AP", "PA")
        assert radiograph.metadata.patient_orientation == ("L", "F")
        # What is shown and what the network sees rise together.
        grey = shown(radiograph).astype(float)
        assert np.corrcoef(grey.ravel(), radiograph.pixels.ravel())[0, 1] > 0.99
        # The middle of the body is denser, so brighter, than the air in the upper lungs on either side of it.
        height, width = radiograph.shape
        rows = slice(height // 4, height // 2)
        middle = np.median(grey[rows, int(0.45 * width) : int(0.55 * width)])
        lungs = np.median(grey[rows, int(0.2 * width) : int(0.4 * width)])
        assert middle > lungs


def test_presets_begin_with_automatic_and_offer_what_the_file_has_by_its_name():
    table = LookupTable(0, np.arange(4096, dtype=np.float32), 12, "THORAX")
    offered = presets(image(voi_luts=(table,), voi_windows=(VoiWindow(1, 2, explanation="WIDE"), VoiWindow(3, 4))))
    assert [preset.name for preset in offered] == [
        "automatic", "THORAX", "WIDE", "window 2 of the file", "lung", "soft tissue", "bone",
    ]  # fmt: skip
    assert offered[1].voi is table
    assert default_preset(image(voi_luts=(table,))).name == "THORAX"
    assert default_preset(image()).name == "automatic"


@pytest.mark.parametrize("monochrome1", [False, True])
def test_the_lung_preset_brings_out_what_is_dark_and_the_bone_preset_what_is_bright(monochrome1):
    radiograph = image(monochrome1)
    of = {preset.name: shown(radiograph, preset.voi).astype(float) for preset in presets(radiograph)}
    plain = shown(radiograph).astype(float)
    dark, bright = (plain > 50) & (plain < 130), (plain > 150) & (plain < 220)
    assert np.ptp(of["lung"][dark]) > 1.15 * np.ptp(plain[dark])
    assert (of["lung"][plain > 230] == 255).all()
    assert np.ptp(of["bone"][bright]) > 1.3 * np.ptp(plain[bright])
    assert (of["bone"][plain < 25] == 0).all()


@pytest.mark.parametrize("monochrome1", [False, True])
@pytest.mark.parametrize("inverted", [False, True])
def test_padding_is_black_whatever_the_polarity(monochrome1, inverted):
    table = display_table(image(monochrome1, padding=(4000, 4095)), VoiWindow(2048, 4096), inverted=inverted)
    assert (table[4000:4096] == 0).all()
    assert table[3999] > 0


def test_padding_of_signed_pixels_is_found(tmp_path):
    pixels = (ramp().astype(np.int32) - 2048).astype(np.int16)
    radiograph = load_radiograph(write_dicom(tmp_path / "a", pixels, 12, PhotometricInterpretation="MONOCHROME1"))
    padded = replace(radiograph, padding=(-2048, -2000))
    assert (shown(padded)[pixels <= -2000] == 0).all()
    assert shown(padded)[pixels > -2000].max() == 255


IMAGES_IN_16_BITS = {
    "as it is": {},
    "negative values": {"rescale_intercept": -1024.0},
    "fractions": {"rescale_slope": 0.37, "rescale_intercept": -5.5},
    "more than 16 bits": {"rescale_slope": 40.0},
    "signed": {"stored_offset": -2048},
    "modality table": {"modality_lut": LookupTable(0, np.arange(4096, dtype=np.uint16)[::-1] * 3, 16)},
    "padding": {"padding": (0, 9)},
}


@pytest.mark.parametrize("monochrome1", [False, True])
@pytest.mark.parametrize("kind", IMAGES_IN_16_BITS)
def test_modality_values_follow_from_the_film_in_16_bits_and_bright_is_bright(kind, monochrome1):
    codes = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    options = {"stored_offset": 0, "bits_stored": 12, "monochrome1": monochrome1} | IMAGES_IN_16_BITS[kind]
    image = Radiograph(codes, **options)
    grey_levels = deep_grey_levels(image)
    values = image.modality_of(codes).astype(float)
    is_image = np.ones(codes.shape, dtype=bool) if image.padding is None else codes > 9
    exact = 0.0 if abs(grey_levels.slope) == 1 else abs(grey_levels.slope)
    again = grey_levels.slope * grey_levels.pixels.astype(float) + grey_levels.intercept
    assert np.abs(again - values)[is_image].max() <= exact
    assert (grey_levels.slope < 0) is monochrome1
    assert (grey_levels.pixels[~is_image] == 0).all()


def test_values_that_fit_stay_as_they_are():
    codes = np.array([[0, 7], [4000, 65535]], dtype=np.uint16)
    grey_levels = deep_grey_levels(Radiograph(codes, stored_offset=0, bits_stored=16, monochrome1=False))
    assert np.array_equal(grey_levels.pixels, codes)
    assert (grey_levels.slope, grey_levels.intercept) == (1.0, 0.0)


@pytest.mark.parametrize("slope", [1.0, 0.3])
def test_a_film_of_one_value_is_saved_all_the_same(slope):
    codes = np.full((4, 4), 7, dtype=np.uint16)
    image = Radiograph(codes, stored_offset=0, bits_stored=12, monochrome1=False, rescale_slope=slope)
    grey_levels = deep_grey_levels(image)
    assert grey_levels.slope * grey_levels.pixels[0, 0] + grey_levels.intercept == pytest.approx(7 * slope)


def test_a_measured_picture_is_not_searched_again():
    stored = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    radiograph = Radiograph(stored, stored_offset=0, bits_stored=12, monochrome1=False)
    measure_values(radiograph)
    before = presets(radiograph), modality_range(radiograph)
    stored[:] = 0  # another search would find other values
    assert (presets(radiograph), modality_range(radiograph)) == before
