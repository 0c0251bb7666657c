import numpy as np
import pytest

from bsnet_core.display import auto_window, default_voi, display_table
from bsnet_core.radiograph import LookupTable, Radiograph, VoiFunction, VoiWindow


def radiograph(stored=None, **metadata):
    pixels = np.arange(4096, dtype=np.uint16).reshape(64, 64) if stored is None else stored
    return Radiograph(stored=pixels, stored_offset=0, bits_stored=12, **({"monochrome1": False} | metadata))


def test_pixels_run_from_0_to_1_and_keep_their_order():
    pixels = radiograph().pixels
    assert pixels.dtype == np.float32
    assert pixels.ravel()[0] == 0
    assert pixels.ravel()[-1] == 1
    assert (np.diff(pixels.ravel()) > 0).all()


def test_monochrome1_is_turned_so_that_bone_is_bright():
    assert np.allclose(radiograph(monochrome1=True).pixels, 1 - radiograph().pixels, atol=1e-6)


def test_inverse_presentation_of_monochrome1_does_not_invert_twice():
    twice = radiograph(monochrome1=True, presentation_inverse=True)
    assert np.array_equal(twice.pixels, radiograph(monochrome1=True).pixels)
    table = display_table(twice, auto_window(twice))
    assert table[0] == 255
    assert table[4095] == 0


def test_the_window_of_the_file_does_not_change_what_the_network_sees():
    narrow = radiograph(voi_windows=(VoiWindow(100, 10),))
    assert np.array_equal(narrow.pixels, radiograph().pixels)


def test_pixels_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        radiograph().pixels[0, 0] = 1


def test_a_falling_rescale_slope_turns_the_order_of_brightness():
    falling = radiograph(rescale_slope=-2.0, rescale_intercept=100.0)
    assert np.allclose(falling.pixels, 1 - radiograph().pixels, atol=1e-6)


def test_signed_values_are_shifted_back_before_rescaling():
    signed = Radiograph(
        np.array([[0, 1000]], np.uint16), stored_offset=-500, bits_stored=12, monochrome1=False, rescale_slope=2.0
    )
    assert signed.modality_of(signed.stored).tolist() == [[-1000.0, 1000.0]]


@pytest.mark.parametrize(("value", "entry"), [(5, 10.0), (10, 10.0), (11, 40.0), (12, 20.0), (99, 20.0)])
def test_a_modality_table_holds_its_ends(value, entry):
    table = LookupTable(10, np.array([10.0, 40.0, 20.0], np.float32), 8)
    assert radiograph(modality_lut=table).modality_of(np.array([value])).tolist() == [entry]


def test_padding_is_black_and_does_not_set_the_range():
    stored = np.full((64, 64), 1000, np.uint16)
    stored[:, 32:] = 2000
    stored[0] = 0
    pixels = radiograph(stored, padding=(0, 0), monochrome1=True).pixels
    assert pixels[0].max() == 0
    assert pixels[1, 0] == 1
    assert pixels[1, 63] == 0


def test_a_picture_of_one_value_is_all_zero():
    assert not radiograph(np.full((10, 10), 7, np.uint16)).pixels.any()


def test_a_modality_table_applies_before_the_window():
    table = LookupTable(0, np.arange(4096, dtype=np.float32)[::-1].copy(), 12)
    shown = display_table(radiograph(modality_lut=table), VoiWindow(2048, 4096))
    assert shown[0] > shown[4095]


@pytest.mark.parametrize("function", VoiFunction)
def test_every_window_function_rises_from_black_to_white(function):
    table = display_table(radiograph(), VoiWindow(2000, 1000, function))[:4096]
    assert (np.diff(table.astype(int)) >= 0).all()
    assert table[0] == 0
    assert table[4095] == 255
    assert table[2000] == pytest.approx(128, abs=1)


def test_the_linear_window_meets_the_standards_end_points():
    # PS3.3 C.11.2.1.2: c = 2048, w = 4096 maps 0 to 0 and 4095 to the largest value.
    table = display_table(radiograph(), VoiWindow(2048, 4096))
    assert table[0] == 0
    assert table[4095] == 255


def test_the_files_table_comes_before_its_window():
    voi_lut = LookupTable(0, np.linspace(0, 255, 4096, dtype=np.float32), 8, "contrast")
    with_both = radiograph(voi_luts=(voi_lut,), voi_windows=(VoiWindow(1, 2),))
    assert default_voi(with_both) is voi_lut
    assert display_table(with_both, voi_lut)[4095] == 255


def test_the_users_inversion_is_on_top_of_the_files_polarity():
    for monochrome1 in (False, True):
        image = radiograph(monochrome1=monochrome1)
        window = auto_window(image)
        plain = display_table(image, window).astype(int)
        turned = display_table(image, window, inverted=True).astype(int)
        assert np.abs(plain + turned - 255).max() <= 1


def test_display_agrees_with_pydicoms_own_chain():
    from pydicom.dataset import Dataset
    from pydicom.pixels import apply_windowing

    dataset = Dataset()
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
    dataset.BitsStored = 12
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 1800, 900, "SIGMOID"
    values = np.arange(4096, dtype=np.uint16)
    reference = apply_windowing(values, dataset) / 4095 * 255
    mine = display_table(radiograph(), VoiWindow(1800, 900, VoiFunction.SIGMOID))[:4096]
    assert np.abs(mine - reference).max() < 1
