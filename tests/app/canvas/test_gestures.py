import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.canvas.modes import ViewMode
from tests.app.canvas.handling import CTRL, LEFT, MIDDLE, NO_KEY, RIGHT, SHIFT, drag, hover
from tests.app.canvas.seen import screen


def test_ctrl_makes_the_drag_finer_and_ctrl_with_shift_coarser(show):
    view = show()
    steps = []
    for held in (CTRL, NO_KEY, SHIFT, CTRL | SHIFT):
        width = view.voi_window.width
        drag(view, LEFT, 20, 0, held)
        steps.append(view.voi_window.width - width)
    fine, usual, with_shift, coarse = steps
    assert 0 < 4 * fine < usual < coarse / 4
    assert with_shift == pytest.approx(usual)


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


@pytest.mark.parametrize(
    ("mode", "changes_window"), [(ViewMode.WINDOW, True), (ViewMode.ZOOM, False), (ViewMode.PAN, False)]
)
def test_the_left_button_does_what_the_mode_says(show, qtbot, mode, changes_window):
    view = show()
    if mode is not ViewMode.WINDOW:
        with qtbot.waitSignal(view.mode_changed) as told:
            view.set_mode(mode)
        assert told.args == [mode]
    window, geometry = view.voi_window, view.view_geometry
    drag(view, LEFT, 30, -40)
    assert (view.voi_window != window) == changes_window
    assert (view.view_geometry.scale > geometry.scale) == (mode is ViewMode.ZOOM)
    assert (view.view_geometry.centre != geometry.centre) == (mode is ViewMode.PAN)
    if mode is ViewMode.WINDOW:
        assert view.view_geometry == geometry


def test_arrow_keys_pan(show, qtbot):
    view = show()
    centre = view.view_geometry.centre
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.view_geometry.centre.x() > centre.x()


def test_space_and_m_work_while_they_are_held(show, qtbot):
    view = show()
    view.setFocus()
    qtbot.keyPress(view, Qt.Key.Key_Space)
    assert view.is_original
    qtbot.keyRelease(view, Qt.Key.Key_Space)
    assert not view.is_original
    hover(view, (100, 80))
    before = screen(view)
    qtbot.keyPress(view, Qt.Key.Key_M)
    assert not np.array_equal(screen(view), before)
    qtbot.keyRelease(view, Qt.Key.Key_M)
    assert np.array_equal(screen(view), before)
