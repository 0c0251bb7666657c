import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.canvas.corners import window_text
from app.canvas.frame import FrameRenderer
from app.canvas.view import ImageView
from bsnet_core.radiograph import VoiWindow
from bsnet_core.reading import read_radiograph
from tests.dicom_files import ramp, write_dicom

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NO_KEY, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def show(qtbot, tmp_path):
    def make(pixels=None, **tags):
        path = write_dicom(tmp_path / "film.dcm", ramp() if pixels is None else pixels, bits=12, **tags)
        radiograph = read_radiograph(path)
        view = ImageView()
        qtbot.addWidget(view)
        view.resize(600, 500)
        view.show()
        view.show_radiograph(radiograph, FrameRenderer(radiograph.stored))
        return view

    return make


def drag(view, button, dx, dy, modifiers=NO_KEY):
    start = QPointF(300, 250)
    for kind, place, buttons in (
        (QEvent.Type.MouseButtonPress, start, button),
        (QEvent.Type.MouseMove, start + QPointF(dx, dy), button),
        (QEvent.Type.MouseButtonRelease, start + QPointF(dx, dy), Qt.MouseButton.NoButton),
    ):
        pressed = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else button
        QApplication.sendEvent(view, QMouseEvent(kind, place, view.mapToGlobal(place), pressed, buttons, modifiers))


def screen(view):
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].astype(int)


def picture_on(view):
    """Greys of the picture's middle, free of corner texts and side letters."""
    geometry = view.view_geometry
    upper_left = geometry.to_view.map(QPointF(40, 40))
    lower_right = geometry.to_view.map(QPointF(160, 120))
    return screen(view)[round(upper_left.y()) : round(lower_right.y()), round(upper_left.x()) : round(lower_right.x())]


POLARITIES = [
    pytest.param("MONOCHROME2", False, id="monochrome2"),
    pytest.param("MONOCHROME1", False, id="monochrome1"),
    pytest.param("MONOCHROME2", True, id="inverted"),
    pytest.param("MONOCHROME1", True, id="monochrome1-inverted"),
]


@pytest.mark.parametrize(("photometric", "inverted"), POLARITIES)
def test_dragging_up_is_brighter_and_dragging_right_is_wider(show, photometric, inverted):
    view = show(PhotometricInterpretation=photometric)
    if inverted:
        view.invert()
    before, window = picture_on(view), view.voi_window
    drag(view, LEFT, 0, -60)
    assert picture_on(view).mean() > before.mean() + 5
    assert view.voi_window.width == pytest.approx(window.width)
    drag(view, LEFT, 0, 60)
    drag(view, LEFT, 100, 0)
    assert view.voi_window.width > window.width
    assert np.ptp(picture_on(view)) < np.ptp(before)


def test_ctrl_makes_the_drag_finer(show):
    view = show()
    width = view.voi_window.width
    drag(view, LEFT, 50, 0)
    coarse = view.voi_window.width - width
    drag(view, LEFT, 50, 0, CTRL)
    fine = view.voi_window.width - width - coarse
    assert 0 < fine < coarse / 2


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


def test_the_file_s_own_window_is_used_first_and_reset_brings_it_back(show):
    view = show(WindowCenter=1000, WindowWidth=500)
    before = picture_on(view)
    assert (view.voi_window.centre, view.voi_window.width) == (1000, 500)
    drag(view, LEFT, 80, -40)
    view.invert()
    view.zoom(3)
    view.reset()
    assert (view.voi_window.centre, view.voi_window.width) == (1000, 500)
    assert not view.is_inverted
    assert np.array_equal(picture_on(view), before)


def test_a_monochrome1_film_looks_like_its_monochrome2_twin(show):
    twin = picture_on(show())
    film = picture_on(show(4095 - ramp(), PhotometricInterpretation="MONOCHROME1"))
    assert film[:, -1].mean() > film[:, 0].mean() + 100
    assert np.abs(film - twin).max() <= 1


def test_inverting_turns_the_greys_around_and_back(show):
    view = show()
    before = picture_on(view)
    view.invert()
    assert np.abs(picture_on(view) + before - 255).max() <= 1
    view.invert()
    assert np.array_equal(picture_on(view), before)


def test_the_wheel_zooms_at_the_pointer(show):
    view = show()
    pointer = QPointF(400, 180)
    before, scale = view.view_geometry.to_image(pointer), view.view_geometry.scale
    wheel = QWheelEvent(
        pointer, view.mapToGlobal(pointer), QPointF(0, 0).toPoint(), QPointF(0, 240).toPoint(),
        Qt.MouseButton.NoButton, NO_KEY, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    after = view.view_geometry.to_image(pointer)
    assert view.view_geometry.scale > scale
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))


def test_right_drag_zooms_middle_drag_pans_and_a_double_click_fits(show, qtbot):
    view = show()
    fitted = view.view_geometry
    drag(view, RIGHT, 0, -80)
    assert view.view_geometry.scale > fitted.scale
    zoomed = view.view_geometry
    drag(view, MIDDLE, 20, 10)
    shift = view.view_geometry.to_view.map(QPointF(0, 0)) - zoomed.to_view.map(QPointF(0, 0))
    assert (shift.x(), shift.y()) == pytest.approx((20, 10))
    assert view.voi_window is not None
    qtbot.mouseDClick(view, LEFT)
    assert view.view_geometry == fitted


def test_zooming_down_and_up_by_the_same_way_ends_where_it_began(show):
    view = show()
    scale = view.view_geometry.scale
    drag(view, RIGHT, 0, -50)
    drag(view, RIGHT, 0, 50)
    assert view.view_geometry.scale == pytest.approx(scale)


def test_one_to_one_shows_one_image_pixel_per_screen_pixel(show):
    view = show()
    view.actual_pixels()
    assert view.view_geometry.scale * view.devicePixelRatioF() == pytest.approx(1)


def test_pixel_spacing_that_is_not_square_stretches_the_picture(show):
    to_view = show(PixelSpacing=[0.4, 0.2]).view_geometry.to_view
    assert to_view.m22() == pytest.approx(2 * to_view.m11())


def test_a_fitted_picture_stays_fitted_when_the_view_grows(show):
    view = show()
    view.resize(900, 700)
    lower_right = view.view_geometry.to_view.map(QPointF(200, 160))
    assert lower_right.y() == pytest.approx(700 - 8)


def test_a_sentence_takes_the_place_of_a_picture(show):
    view = show()
    view.show_message("This file is empty.")
    assert view.view_geometry is None
    assert screen(view).max() > 100
    drag(view, LEFT, 20, 20)


def test_window_text_has_digits_where_they_count():
    assert window_text(VoiWindow(2047.6, 4096)) == "C 2048  W 4096"
    assert window_text(VoiWindow(0.5, 1.25)) == "C 0.500  W 1.250"
