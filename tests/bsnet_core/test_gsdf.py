import numpy as np
import pytest

from bsnet_core.display import auto_window, display_table
from bsnet_core.gsdf import Screen, jnd_of, luminance_of
from bsnet_core.radiograph import Radiograph, VoiWindow

OFFICE, DIAGNOSTIC = Screen(0.3, 250.0, 0.3), Screen(0.8, 500.0, 0.2)


@pytest.mark.parametrize(
    ("jnd", "luminance"),
    [(1, 0.0500), (2, 0.0547), (3, 0.0594), (4, 0.0643), (512, 130.0653), (1023, 3993.404)],
)
def test_luminance_is_that_of_the_standard_s_table(jnd, luminance):
    # The standard's own formula keeps within 0.3% of the logarithm.
    assert luminance_of(jnd) == pytest.approx(luminance, rel=1e-3)


@pytest.mark.parametrize(("luminance", "jnd"), [(12.0, 233.32), (130.0653, 512)])
def test_indices_are_those_of_the_standard_s_examples(luminance, jnd):
    assert jnd_of(luminance) == pytest.approx(jnd, abs=0.1)


def test_luminance_grows_with_every_step_and_back():
    steps = np.arange(1, 1024)
    assert (np.diff(luminance_of(steps)) > 0).all()
    assert np.abs(jnd_of(luminance_of(steps)) - steps).max() < 0.1


@pytest.mark.parametrize("screen", [OFFICE, DIAGNOSTIC, Screen(0.05, 3500.0), Screen(10.0, 50.0, 20.0)])
def test_levels_go_from_black_to_white_and_never_back(screen):
    levels = screen.levels.astype(int)
    assert (levels[0], levels[-1]) == (0, 255)
    assert (np.diff(levels) >= 0).all()


@pytest.mark.parametrize("screen", [OFFICE, DIAGNOSTIC])
def test_equal_steps_of_p_values_are_equal_steps_for_the_eye(screen):
    places = np.linspace(0, len(screen.levels) - 1, 18).round().astype(int)
    # What the screen shows of them, as the eye counts it; a driving level of 8 bit is up to four JNDs.
    seen = jnd_of(screen.luminance_at(screen.levels[places]))
    assert np.diff(seen) == pytest.approx((seen[-1] - seen[0]) / 17, abs=4.0)
    plain = jnd_of(screen.luminance_at(np.linspace(0, 255, 18)))
    assert np.ptp(np.diff(plain)) > 2 * np.ptp(np.diff(seen))


@pytest.mark.parametrize(("minimum", "maximum", "ambient"), [(0.01, 100, 0), (300, 200, 0), (1, 4000, 0), (-1, 100, 2)])
def test_a_screen_the_function_has_no_greys_for_is_refused(minimum, maximum, ambient):
    with pytest.raises(ValueError, match="cd/m²"):
        Screen(minimum, maximum, ambient)


@pytest.mark.parametrize("monochrome1", [False, True])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_film_goes_through_the_screen_s_levels_after_its_polarity(monochrome1, inverted):
    stored = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    image = Radiograph(stored, stored_offset=0, bits_stored=12, monochrome1=monochrome1, padding=(4090, 4095))
    shown = display_table(image, VoiWindow(2048, 4096), inverted=inverted, screen=OFFICE)
    # This window makes every code a P-value of its own.
    p_values = np.arange(4090) if monochrome1 == inverted else 4095 - np.arange(4090)
    assert (shown[:4090] == OFFICE.levels[p_values]).all()
    assert (shown[4090:4096] == 0).all()


def test_without_a_screen_nothing_changes():
    stored = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    image = Radiograph(stored, stored_offset=0, bits_stored=12, monochrome1=False)
    window = auto_window(image)
    assert (display_table(image, window) == display_table(image, window, screen=None)).all()
