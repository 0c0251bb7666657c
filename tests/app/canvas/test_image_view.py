from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.canvas.annotation_painting import HISTOGRAM_PX
from app.canvas.corners import window_text
from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.orientation import Orientation
from app.canvas.image_view import ImageView, OverlayState
from app.canvas.measuring import Distance, Region
from app.canvas.modes import CornerTexts, ViewMode
from app.canvas.overlays import zones
from bsnet_core.frames import Frames
from bsnet_core.gsdf import Screen
from bsnet_core.loading import load_radiograph
from bsnet_core.model.network_config import Aspect
from bsnet_core.radiograph import VoiWindow
from tests.app.predictions import SIDE, alignment, prediction
from tests.dicom_files import ramp, write_dicom

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NO_KEY, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def show(qtbot, tmp_path):
    def make(pixels=None, **tags):
        path = write_dicom(tmp_path / "film.dcm", ramp() if pixels is None else pixels, bits=12, **tags)
        radiograph = load_radiograph(path)
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


def image_on(view):
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
    before, window = image_on(view), view.voi_window
    drag(view, LEFT, 0, -60)
    assert image_on(view).mean() > before.mean() + 5
    assert view.voi_window.width == pytest.approx(window.width)
    drag(view, LEFT, 0, 60)
    drag(view, LEFT, 100, 0)
    assert view.voi_window.width > window.width
    assert np.ptp(image_on(view)) < np.ptp(before)


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
    before = image_on(view)
    assert (view.voi_window.centre, view.voi_window.width) == (1000, 500)
    drag(view, LEFT, 80, -40)
    view.invert()
    view.zoom(3)
    view.reset()
    assert (view.voi_window.centre, view.voi_window.width) == (1000, 500)
    assert not view.is_inverted
    assert np.array_equal(image_on(view), before)


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


def click(view, place, kind=QEvent.Type.MouseButtonPress):
    for event in (kind, QEvent.Type.MouseButtonRelease):
        QApplication.sendEvent(view, QMouseEvent(event, place, view.mapToGlobal(place), LEFT, LEFT, NO_KEY))


def pull(view, start, end, button=LEFT):
    """A drag from one image point to another."""
    to_view = view.view_geometry.to_view
    places = [to_view.map(QPointF(*start)), to_view.map(QPointF(*end))]
    none = Qt.MouseButton.NoButton
    for kind, place, pressed, held in (
        (QEvent.Type.MouseButtonPress, places[0], button, button),
        (QEvent.Type.MouseMove, (places[0] + places[1]) / 2, none, button),
        (QEvent.Type.MouseMove, places[1], none, button),
        (QEvent.Type.MouseButtonRelease, places[1], button, none),
    ):
        QApplication.sendEvent(view, QMouseEvent(kind, place, view.mapToGlobal(place), pressed, held, NO_KEY))


def hover(view, image_point):
    place = view.view_geometry.to_view.map(QPointF(*image_point))
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, place, view.mapToGlobal(place), none, none, NO_KEY)
    QApplication.sendEvent(view, event)
    return place


def near(points, expected):
    return np.allclose(np.array(points), np.array(expected), atol=0.5)


@pytest.mark.parametrize(("photometric", "inverted"), POLARITIES)
def test_the_ihe_way_lowers_the_centre_upwards_and_widens_to_the_right_whatever_is_bright(show, photometric, inverted):
    view = show(PhotometricInterpretation=photometric)
    if inverted:
        view.invert()
    view.set_window_drag("ihe-bir")
    before = view.voi_window
    drag(view, LEFT, 0, -40)
    assert view.voi_window.centre < before.centre
    drag(view, LEFT, 30, 0)
    assert view.voi_window.width > before.width


@pytest.mark.parametrize(("photometric", "inverted"), POLARITIES)
def test_up_is_darker_where_the_reader_wants_it(show, photometric, inverted):
    view = show(PhotometricInterpretation=photometric)
    if inverted:
        view.invert()
    view.set_window_drag("up-is-darker")
    before = image_on(view)
    drag(view, LEFT, 0, -60)
    assert image_on(view).mean() < before.mean() - 5


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


ORIENTATIONS = [Orientation(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


def lie(view, orientation):
    if orientation.mirrored:
        view.flip_horizontally()
    view.rotate(orientation.quarter_turns)
    assert view.orientation == orientation


def test_turning_takes_the_greys_with_it(show):
    view = show()
    before = image_on(view)
    view.rotate(2)
    geometry = view.view_geometry
    spot = geometry.to_view.mapRect(QRectF(40, 40, 120, 80)).toRect()
    turned = screen(view)[spot.top() : spot.bottom() + 1, spot.left() : spot.right() + 1]
    height, width = min(turned.shape[0], before.shape[0]), min(turned.shape[1], before.shape[1])
    difference = np.abs(turned[::-1, ::-1][:height, :width] - before[:height, :width])
    assert np.percentile(difference, 95) <= 4


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
    path = tmp_path / "film.png"
    assert cv2.imwrite(str(path), np.tile(np.arange(200, dtype=np.uint8), (160, 1)))
    image = load_radiograph(path)
    view.show_radiograph(image, FrameRenderer(image.stored))
    view.flip_horizontally()
    assert view.orientation == Orientation(0, True)


def test_a_mirrored_film_lies_as_its_file_says_whether_or_not_it_can_be_turned(show):
    assert show(Modality="DR", PatientOrientation=["R", "F"]).orientation == Orientation(0, True)


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


def test_arrow_keys_pan(show, qtbot):
    view = show()
    centre = view.view_geometry.centre
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.view_geometry.centre.x() > centre.x()


def test_annotations_stay_with_their_film(show):
    view = show()
    first = view.radiograph
    view.annotations.add(Distance((0, 0), (9, 9)), "draw")
    metadata = replace(first.metadata, sop_instance_uid="1.2.3")
    view.show_radiograph(replace(first, metadata=metadata), FrameRenderer(first.stored))
    assert view.annotations.items == ()
    view.show_radiograph(first, FrameRenderer(first.stored))
    assert len(view.annotations.items) == 1


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_probe_tells_the_pixel_under_the_pointer_in_every_orientation(show, orientation):
    view = show(RescaleSlope="2", RescaleIntercept="-100", PhotometricInterpretation="MONOCHROME1")
    lie(view, orientation)
    heard, places = [], []
    view.probed.connect(heard.append)
    view.pointer_moved.connect(lambda x, y: places.append((x, y)))
    place = hover(view, (33.5, 120.5))
    reading = heard[-1]
    stored = int(ramp()[120, 33])
    assert (reading.column, reading.row, reading.stored) == (33, 120, stored)
    assert reading.modality == 2 * stored - 100
    assert abs(reading.displayed - screen(view)[round(place.y()), round(place.x())]) <= 12
    assert near(places, [(33.5, 120.5)])
    hover(view, (-5, 3))
    assert heard[-1] is None


def test_the_original_is_one_call_away_and_comes_back(show):
    view = show()
    bare = screen(view)
    view.annotations.add(Distance((50, 50), (110, 50)), "draw")
    result = prediction()
    frames = Frames.fit(view.radiograph.shape, SIDE, Aspect.STRETCH).with_alignment(alignment())
    view.set_overlays(OverlayState({"zones": True}, {}, None, frames, zones.labels_of(result)))
    view.set_result_caption("Brixia score: bsnet-test 1.2, prediction")
    drawn = screen(view)
    view.set_original(True)
    assert np.array_equal(screen(view), bare)
    view.set_original(False)
    assert np.array_equal(screen(view), drawn)


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


def test_the_result_s_name_stands_only_while_something_of_it_is_shown(show):
    view = show()
    frames = Frames.fit(view.radiograph.shape, SIDE, Aspect.STRETCH).with_alignment(alignment())
    shown = OverlayState({"zones": True}, {}, None, frames, zones.labels_of(prediction()))
    texts = []
    for state in (shown, replace(shown, shown={"zones": False}), replace(shown, blind=True)):
        view.set_overlays(state)
        view.set_result_caption("")
        without = screen(view)
        view.set_result_caption("Brixia score: bsnet-test 1.2, prediction")
        texts.append(not np.array_equal(screen(view), without))
    assert texts == [True, False, False]


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_zone_a_lies_on_the_patient_s_right_in_the_grid_and_by_the_letters(show, orientation, photometric):
    view = show(PhotometricInterpretation=photometric)
    lie(view, orientation)
    frames = Frames.fit(view.radiograph.shape, SIDE, Aspect.STRETCH).with_alignment(alignment())
    states = [
        OverlayState({"zones": True}, {}, None, frames, zones.labels_of(prediction(score)))
        for score in ("033333", "333333")
    ]
    images = []
    for state in states:
        view.set_overlays(state)
        images.append(screen(view))
    rows, columns = np.nonzero(images[0] != images[1])
    letters = view.orientation.letters(view.radiograph.metadata.patient_orientation)
    towards = {"left": -columns.mean() + 300, "right": columns.mean() - 300}
    towards |= {"top": -rows.mean() + 250, "bottom": rows.mean() - 250}
    right_edge = next(edge for edge in towards if getattr(letters, edge) == "R")
    head_edge = next(edge for edge in towards if getattr(letters, edge) == "H")
    assert towards[right_edge] > 20
    assert towards[head_edge] > 20


def test_a_screen_of_twice_the_density_shows_twice_the_detail_at_the_same_size(show):
    view = show(np.kron(ramp(400, 500), np.ones((2, 2), np.uint16)))
    view.annotations.add(Distance((100, 100), (700, 500)), "draw")
    view.set_corner_texts(CornerTexts.MINIMAL)  # the edges of letters differ, in how many pixels is up to the font
    plain, dense = view.image_of_view(1.0), view.image_of_view(2.0)
    assert (dense.width(), dense.height()) == (2 * plain.width(), 2 * plain.height())
    small = dense.scaled(plain.size(), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    grey_levels = []
    for image in (plain, small):
        image = image.convertToFormat(QImage.Format.Format_Grayscale8)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        grey_levels.append(rows[:, : image.width()].astype(int))
    assert np.percentile(np.abs(grey_levels[0] - grey_levels[1]), 98) <= 3


def test_a_screen_of_known_luminance_changes_what_is_seen_and_nothing_that_is_said_or_saved(show):
    view = show()
    plain, saved = image_on(view), view.image_of_view()
    reading = view.probe_at(QPointF(300, 250))
    view.set_screen(Screen(0.3, 250.0, 0.3))
    assert np.abs(image_on(view) - plain).mean() > 5
    assert view.probe_at(QPointF(300, 250)) == reading
    assert view.image_of_view() == saved
    view.invert()
    assert np.abs(image_on(view) - plain).mean() > 5
    view.invert()
    view.set_screen(None)
    assert (image_on(view) == plain).all()


def test_the_shutter_of_the_file_covers_and_can_be_lifted(show):
    view = show(ShutterShape="CIRCULAR", CenterOfCircularShutter=[80, 100], RadiusOfCircularShutter=40)
    corner = view.view_geometry.to_view.map(QPointF(180, 60)).toPoint()
    assert screen(view)[corner.y(), corner.x()] == 0
    view.set_shutter_shown(False)
    assert screen(view)[corner.y(), corner.x()] > 150


def test_beside_a_region_stands_a_histogram_of_its_values_as_wide_as_its_text(show):
    view = show()
    region = Region((20.0, 20.0), (60.0, 60.0))
    view.annotations.add(region, "Region")
    drawn = view.grab().toImage()
    known = view._editor._descriptions
    known[region] = replace(known[region], histogram=())
    without = view.grab().toImage()
    differing = [
        (x, y) for x in range(drawn.width()) for y in range(drawn.height()) if drawn.pixel(x, y) != without.pixel(x, y)
    ]
    left, right = min(x for x, _ in differing), max(x for x, _ in differing)
    assert right - left > 80
    assert max(y for _, y in differing) - min(y for _, y in differing) <= HISTOGRAM_PX
