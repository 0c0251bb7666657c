import pytest
from PySide6.QtCore import Qt

from app.canvas.measuring import Distance
from app.canvas.modes import ViewMode
from tests.app.canvas.handling import click, hover, near, pull


def test_an_angle_is_a_drag_and_a_click(show):
    view = show()
    view.set_mode(ViewMode.ANGLE)
    pull(view, (40, 40), (80, 40))
    assert view.annotations.items == ()
    click(view, hover(view, (80, 90)))
    (angle,) = view.annotations.items
    assert near(angle.handles, [(40, 40), (80, 40), (80, 90)])


def test_two_clicks_draw_what_a_drag_draws(show):
    view = show()
    view.set_mode(ViewMode.ROI)
    for point in ((50, 50), (90, 80)):
        click(view, hover(view, point))
    (region,) = view.annotations.items
    assert near(region.box, (50, 50, 90, 80))


def test_an_annotation_is_moved_by_its_line_changed_by_its_handle_and_deleted(show, qtbot):
    view = show()
    edits = []
    view.annotations.store.edited.connect(edits.append)
    view.annotations.add(Distance((50, 50), (110, 50)), "draw")
    pull(view, (80, 50), (90, 70))
    assert near(view.annotations.items[0].handles, [(60, 70), (120, 70)])
    pull(view, (120, 70), (130, 100))
    assert near(view.annotations.items[0].handles, [(60, 70), (130, 100)])
    assert view.voi_window == view.voi_window
    assert len(edits) == 3
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert view.annotations.items == ()
    assert edits[-1].before[0].handles[0] == pytest.approx((60, 70), abs=0.5)


def test_everything_can_be_drawn_by_keys_alone(show, qtbot):
    view = show()
    view.set_mode(ViewMode.DISTANCE)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    for _ in range(5):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    (item,) = view.annotations.items
    (x0, y0), (x1, y1) = item.handles
    assert (x1 - x0) * view.view_geometry.scale == pytest.approx(50)
    assert y0 == pytest.approx(y1)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.annotations.items[0].handles[0][1] > y0
