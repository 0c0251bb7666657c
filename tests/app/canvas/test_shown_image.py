import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPointF

from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.orientation import Orientation
from app.canvas.image_view import ImageView
from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import VoiWindow
from tests.app.canvas.handling import LEFT, drag
from tests.app.canvas.seen import image_on


def test_the_file_s_own_window_is_used_first_and_reset_brings_it_back(show):
    view = show(WindowCenter=1000, WindowWidth=500)
    before = image_on(view)
    assert (view.voi_window.centre, view.voi_window.width) == (1000, 500)
    drag(view, LEFT, 80, -40)
    view.invert()
    view.zoom(3)
    view.reset()
    assert (view.voi_window.centre, view.voi_window.width) == (1000, 500)
    assert not view.is_inverted
    assert np.array_equal(image_on(view), before)


def test_pixel_spacing_that_is_not_square_stretches_the_picture(show):
    to_view = show(PixelSpacing=[0.4, 0.2]).view_geometry.to_view
    assert to_view.m22() == pytest.approx(2 * to_view.m11())


def test_digits_choose_presets_and_the_name_is_gone_once_the_window_is_changed(show):
    view = show(WindowCenter=1000, WindowWidth=500, WindowCenterWidthExplanation="CHEST")
    assert view.preset_name == "CHEST"
    assert [preset.name for preset in view.presets()][:2] == ["automatic", "CHEST"]
    view.apply_preset(0)
    assert view.preset_name == "automatic"
    assert view.voi_window.width > 1000
    view.apply_preset(99)
    assert view.preset_name == "automatic"
    drag(view, LEFT, 20, 0)
    assert view.preset_name == ""


@pytest.mark.parametrize("modality", ["DR", "RG", "OT", "SC", ""])
def test_a_dicom_film_other_than_cr_and_dx_is_not_turned(show, modality):
    view = show(Modality=modality)
    assert not view.can_turn
    view.rotate(1)
    view.flip_horizontally()
    assert view.orientation == Orientation()


@pytest.mark.parametrize("modality", ["CR", "DX", "dx "])
def test_cr_and_dx_are_turned(show, modality):
    view = show(Modality=modality)
    view.rotate(1)
    assert view.orientation == Orientation(1)


def test_a_picture_that_is_no_dicom_file_is_turned_and_mirrored(show, tmp_path):
    view = show()
    path = tmp_path / "image.png"
    assert cv2.imwrite(str(path), np.tile(np.arange(200, dtype=np.uint8), (160, 1)))
    image = load_radiograph(path)
    view.show_radiograph(image, FrameRenderer(image.stored))
    view.flip_horizontally()
    assert view.orientation == Orientation(0, True)


def test_a_mirrored_film_lies_as_its_file_says_whether_or_not_it_can_be_turned(show):
    assert show(Modality="DR", PatientOrientation=["R", "F"]).orientation == Orientation(0, True)


def test_an_empty_view_has_nothing_to_tell_and_no_change_has_an_effect(qtbot):
    view = ImageView()
    qtbot.addWidget(view)
    told = []
    view.geometry_changed.connect(told.append)
    view.window_changed.connect(told.append)
    for change in (view.fit, view.actual_pixels, view.invert, view.flip_vertically, view.previous_state, view.reset):
        change()
    view.actual_size(0.25)
    view.zoom(2)
    view.pan(QPointF(5, 5))
    view.rotate(1)
    view.apply_preset(0)
    view.set_voi(VoiWindow(100, 50))
    view.resize(700, 300)
    drag(view, LEFT, 20, 20)
    assert told == []
    assert (view.radiograph, view.view_geometry, view.voi, view.voi_window, view.preset_name) == (None,) * 4 + ("",)
    assert (view.presets(), view.orientation, view.probe_at(QPointF(1, 1))) == ((), Orientation(), None)
    assert not any((view.can_turn, view.has_actual_size, view.has_shutter, view.is_inverted))
