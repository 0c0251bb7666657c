"""A mm of the film on a mm of the screen, each screen by its own measure."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QDoubleSpinBox

from app.canvas.drawing.frame import FrameRenderer
from app.canvas.image_view import ImageView
from app.panels.actual_size import LINE_PX, key_of_screen, mm_per_px
from app.panels.preferences import PreferencesDialog
from app.settings.settings import Settings
from bsnet_core.radiograph import ImageMetadata, PixelSpacing, Radiograph, SpacingMeaning
from tests.dicom_files import ramp, write_dicom


def shown(qtbot, spacing):
    image = Radiograph(
        np.zeros((400, 300), np.uint16), 0, 12, False, metadata=ImageMetadata(spacing=spacing, modality="CR")
    )
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(500, 500)
    view.show_radiograph(image, FrameRenderer(image.stored))
    return view


def test_ten_mm_of_the_film_cover_ten_mm_of_the_screen_along_both_sides(qtbot):
    view = shown(qtbot, PixelSpacing(0.4, 0.2, SpacingMeaning.DETECTOR))
    view.actual_size(0.25)
    to_view = view.view_geometry.to_view
    across = to_view.map(QPointF(10 / 0.2, 0)) - to_view.map(QPointF(0, 0))
    down = to_view.map(QPointF(0, 10 / 0.4)) - to_view.map(QPointF(0, 0))
    assert (across.x() * 0.25, down.y() * 0.25) == pytest.approx((10.0, 10.0))
    view.previous_state()
    assert view.is_fitted


@pytest.mark.parametrize("spacing", [None, PixelSpacing(1.0, 1.0, SpacingMeaning.UNKNOWN)])
def test_a_film_that_does_not_state_its_size_has_no_real_one(qtbot, spacing):
    view = shown(qtbot, spacing)
    assert not view.has_actual_size
    view.actual_size(0.25)
    assert view.is_fitted


def test_a_screen_is_measured_by_a_ruler_and_stays_so_at_the_next_start(qtbot, qapp, settings, open_viewer):
    screen = qapp.primaryScreen()
    stated = mm_per_px(screen, settings)
    assert 0.05 < stated < 1.0
    settings.set_line_mm("another-screen", 50.0)
    assert mm_per_px(screen, settings) == stated
    settings.set_line_mm(key_of_screen(screen), 90.0)
    settings.save()
    assert mm_per_px(screen, Settings(settings._path)) == pytest.approx(90.0 / LINE_PX)


def test_the_measure_of_the_preferences_is_that_of_the_picture(qtbot, open_viewer, no_model, tmp_path):
    image = write_dicom(tmp_path / "film.dcm", ramp(400, 300), bits=12, ImagerPixelSpacing=[0.2, 0.2])
    viewer = open_viewer("--model", no_model, image)
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None)
    viewer.actions_by_name["preferences"].trigger()
    box = viewer.findChild(PreferencesDialog).findChild(QDoubleSpinBox, "line_mm")
    box.setValue(60.0)
    viewer.view.setFocus()
    qtbot.keyClick(viewer.view, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert viewer.view.view_geometry.scale == pytest.approx(0.2 / (60.0 / LINE_PX))


def test_without_a_stated_size_the_action_is_off(qtbot, open_viewer, no_model, tmp_path):
    viewer = open_viewer("--model", no_model, write_dicom(tmp_path / "film.dcm", ramp(400, 300), bits=12))
    qtbot.waitUntil(lambda: viewer.view.radiograph is not None)
    assert not viewer.actions_by_name["real_size"].isEnabled()
