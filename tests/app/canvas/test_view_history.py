import pytest
from PySide6.QtCore import QPointF

from tests.app.canvas.handling import LEFT, drag


def test_p_takes_back_one_change_after_the_other_and_a_drag_is_one(show):
    view = show()
    first = (view.voi_window, view.view_geometry)
    drag(view, LEFT, 50, 20)
    drag(view, LEFT, 10, -60)
    view.rotate(1)
    for _ in range(5):
        view.zoom(1.2)
    turned = view.orientation
    view.previous_state()
    assert view.view_geometry.orientation == turned
    assert view.is_fitted
    view.previous_state()
    assert view.orientation != turned
    view.previous_state()
    view.previous_state()
    assert (view.voi_window, view.view_geometry) == first
    view.previous_state()
    assert (view.voi_window, view.view_geometry) == first


def test_the_previous_state_of_a_fitted_picture_is_fitted_in_the_view_as_it_is_now(show):
    view = show()
    view.zoom(3)
    view.resize(900, 700)
    view.previous_state()
    lower_right = view.view_geometry.to_view.map(QPointF(200, 160))
    assert lower_right.y() == pytest.approx(700 - 8)
