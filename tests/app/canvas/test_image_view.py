from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from app.canvas.drawing.frame import FrameRenderer
from app.canvas.measuring import Distance
from app.canvas.modes import ViewMode
from tests.app.canvas.cases import ORIENTATIONS
from tests.app.canvas.handling import click, hover, lie, near, pull
from tests.app.canvas.seen import screen
from tests.dicom_files import ramp


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_distance_drawn_on_a_turned_and_zoomed_picture_lies_on_the_image_points(show, orientation):
    view = show(PixelSpacing=[0.4, 0.2])
    lie(view, orientation)
    view.zoom(1.3)
    view.pan(QPointF(11, -7))
    view.set_mode(ViewMode.DISTANCE)
    pull(view, (60, 50), (120, 90))
    (item,) = view.annotations.items
    assert near(item.handles, [(60, 50), (120, 90)])
    assert view.selected_annotation == 0
    assert np.array_equal(view.radiograph.stored, ramp())


def test_esc_ends_a_drawing_that_was_begun_and_then_resets(show):
    view = show()
    view.zoom(2)
    view.set_mode(ViewMode.DISTANCE)
    click(view, hover(view, (80, 80)))
    view.reset()
    assert not view.is_fitted
    click(view, hover(view, (100, 80)))
    assert view.annotations.items == ()
    view.reset()
    view.reset()
    assert view.is_fitted


def test_hidden_annotations_cannot_be_taken_and_the_drag_is_the_window_s(show):
    view = show()
    view.annotations.add(Distance((50, 80), (150, 80)), "draw")
    with_them = screen(view)
    view.set_annotations_shown(False)
    assert not np.array_equal(screen(view), with_them)
    window = view.voi_window
    pull(view, (100, 80), (120, 100))
    assert view.voi_window != window
    assert near(view.annotations.items[0].handles, [(50, 80), (150, 80)])


def test_annotations_stay_with_their_film(show):
    view = show()
    first = view.radiograph
    view.annotations.add(Distance((0, 0), (9, 9)), "draw")
    metadata = replace(first.metadata, sop_instance_uid="1.2.3")
    view.show_radiograph(replace(first, metadata=metadata), FrameRenderer(first.stored))
    assert view.annotations.items == ()
    view.show_radiograph(first, FrameRenderer(first.stored))
    assert len(view.annotations.items) == 1
