import numpy as np
import pytest

from tests.app.canvas.cases import POLARITIES
from tests.app.canvas.handling import LEFT, drag
from tests.app.canvas.seen import image_on, screen
from tests.dicom_files import ramp


def show_as(show, photometric, inverted):
    view = show(PhotometricInterpretation=photometric)
    if inverted:
        view.invert()
    return view


@pytest.mark.parametrize(("photometric", "inverted"), POLARITIES)
def test_dragging_up_is_brighter_and_dragging_right_is_wider(show, photometric, inverted):
    view = show_as(show, photometric, inverted)
    before, window = image_on(view), view.voi_window
    drag(view, LEFT, 0, -60)
    assert image_on(view).mean() > before.mean() + 5
    assert view.voi_window.width == pytest.approx(window.width)
    drag(view, LEFT, 0, 60)
    drag(view, LEFT, 100, 0)
    assert view.voi_window.width > window.width
    assert np.ptp(image_on(view)) < np.ptp(before)


def test_the_step_is_scaled_to_the_pictures_range(show, qtbot):
    narrow, wide = show(ramp() // 16), show()
    steps = []
    for view in (narrow, wide):
        width = view.voi_window.width
        drag(view, LEFT, 50, 0)
        steps.append(view.voi_window.width - width)
    assert steps[1] == pytest.approx(16 * steps[0], rel=0.05)


def test_the_width_never_falls_to_nothing(show):
    view = show()
    drag(view, LEFT, -5000, 0)
    assert view.voi_window.width > 0
    screen(view)


def test_a_monochrome1_film_looks_like_its_monochrome2_twin(show):
    twin = image_on(show())
    image = image_on(show(4095 - ramp(), PhotometricInterpretation="MONOCHROME1"))
    assert image[:, -1].mean() > image[:, 0].mean() + 100
    assert np.abs(image - twin).max() <= 1


def test_inverting_turns_the_greys_around_and_back(show):
    view = show()
    before = image_on(view)
    view.invert()
    assert np.abs(image_on(view) + before - 255).max() <= 1
    view.invert()
    assert np.array_equal(image_on(view), before)


@pytest.mark.parametrize(("photometric", "inverted"), POLARITIES)
def test_the_ihe_way_lowers_the_centre_upwards_and_widens_to_the_right_whatever_is_bright(show, photometric, inverted):
    view = show_as(show, photometric, inverted)
    view.set_window_drag("ihe-bir")
    before = view.voi_window
    drag(view, LEFT, 0, -40)
    assert view.voi_window.centre < before.centre
    drag(view, LEFT, 30, 0)
    assert view.voi_window.width > before.width


@pytest.mark.parametrize(("photometric", "inverted"), POLARITIES)
def test_up_is_darker_where_the_reader_wants_it(show, photometric, inverted):
    view = show_as(show, photometric, inverted)
    view.set_window_drag("up-is-darker")
    before = image_on(view)
    drag(view, LEFT, 0, -60)
    assert image_on(view).mean() < before.mean() - 5
