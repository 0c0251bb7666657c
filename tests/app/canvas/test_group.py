from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from app.canvas.drawing.frame import FrameRenderer
from app.canvas.drawing.orientation import Orientation
from app.canvas.geometry import ViewGeometry
from app.canvas.group import CurrentSide, ViewGroup
from app.canvas.image_view import OverlayState
from app.canvas.modes import ViewMode
from bsnet_core.frames import Aspect, Frames, apply
from bsnet_core.radiograph import ImageMetadata, Radiograph
from tests.app.predictions import alignment

CURRENT_SHAPE, PRIOR_SHAPE = (400, 320), (900, 1000)


def image(shape, uid):
    stored = np.tile(np.linspace(0, 4095, shape[1]).astype(np.uint16), (shape[0], 1))
    return Radiograph(stored, 0, 12, monochrome1=False, metadata=ImageMetadata(sop_instance_uid=uid, modality="CR"))


def frames_of(shape, angle_deg=0.0, scale=0.7):
    return Frames.fit(shape, 64, Aspect.STRETCH).with_alignment(alignment(angle_deg, scale))


@pytest.fixture
def group(qtbot):
    widget = ViewGroup()
    qtbot.addWidget(widget)
    widget.resize(1200, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    current = image(CURRENT_SHAPE, "1.1")
    widget.current.show_radiograph(current, FrameRenderer(current.stored))
    widget.set_caption("2020-01-05")
    return widget


def show_prior(group, frames=None):
    prior = image(PRIOR_SHAPE, "1.2")
    overlays = OverlayState({}, {}, frames=frames) if frames is not None else None
    group.show_prior(prior, FrameRenderer(prior.stored), "2020-01-01, 4 days before", overlays)


def test_the_current_film_is_alone_until_a_prior_is_shown_and_after_it_is_closed(group, qtbot):
    assert not group.prior.isVisible()
    with qtbot.waitSignal(group.prior_shown_changed):
        show_prior(group)
    qtbot.waitUntil(group.prior.isVisible)
    assert abs(group.current.width() - group.prior.width()) < 20
    assert group.current.mapTo(group, QPointF(0, 0)).y() == group.prior.mapTo(group, QPointF(0, 0)).y()
    with qtbot.waitSignal(group.prior_shown_changed):
        group.hide_prior()
    assert not group.prior.isVisible()
    assert group.prior.radiograph is None


def test_the_current_film_is_left_of_the_prior_unless_the_reader_wants_it_right(group, qtbot):
    def left_edges():
        return [view.mapTo(group, QPointF(0, 0)).x() for view in (group.current, group.prior)]

    show_prior(group)
    qtbot.waitUntil(lambda: left_edges()[0] < left_edges()[1])
    group.set_current_side(CurrentSide.RIGHT)
    qtbot.waitUntil(lambda: left_edges()[0] > left_edges()[1])


def test_the_two_can_stand_one_above_the_other_each_with_half_of_the_height(group, qtbot):
    group.set_current_side(CurrentSide.ABOVE)
    show_prior(group)

    def edges():
        return [view.mapTo(group, QPointF(0, 0)) for view in (group.current, group.prior)]

    qtbot.waitUntil(lambda: edges()[0].x() == edges()[1].x() and edges()[0].y() < edges()[1].y())
    assert abs(group.current.height() - group.prior.height()) <= 2
    group.set_current_side(CurrentSide.BELOW)
    qtbot.waitUntil(lambda: edges()[0].y() > edges()[1].y())
    group.set_current_side(CurrentSide.LEFT)
    qtbot.waitUntil(lambda: edges()[0].y() == edges()[1].y() and edges()[0].x() < edges()[1].x())


def shown_middle(view):
    """The middle of the view as a share of the image."""
    geometry = view.view_geometry
    return (
        geometry.centre.x() / geometry.image_size.width(),
        geometry.centre.y() / geometry.image_size.height(),
    )


def zoom_of(view):
    geometry = view.view_geometry
    return (
        geometry.scale / ViewGeometry.fitted(geometry.image_size, 1.0, geometry.view_size, geometry.orientation).scale
    )


@pytest.mark.parametrize("leads", ["current", "prior"])
def test_zoom_and_pan_go_together_whichever_leads(group, leads):
    show_prior(group)
    leader, follower = (group.current, group.prior) if leads == "current" else (group.prior, group.current)
    leader.zoom(2.5, QPointF(200, 150))
    leader.pan(QPointF(-30, 12))
    assert shown_middle(follower) == pytest.approx(shown_middle(leader), abs=1e-6)
    assert zoom_of(follower) == pytest.approx(zoom_of(leader))
    leader.fit()
    assert follower.is_fitted


def test_unlinked_films_are_moved_one_by_one_and_linking_them_again_takes_the_current_one_s_place(group):
    show_prior(group)
    group.set_linked(False)
    group.current.zoom(3)
    assert group.prior.is_fitted
    group.set_linked(True)
    assert zoom_of(group.prior) == pytest.approx(zoom_of(group.current))


def test_with_both_alignments_the_same_part_of_the_lungs_is_shown_at_the_same_size(group):
    ours, theirs = frames_of(CURRENT_SHAPE, 5.0, 0.6), frames_of(PRIOR_SHAPE, -8.0, 0.8)
    group.current.set_overlays(OverlayState({}, {}, frames=ours))
    show_prior(group, theirs)
    group.current.zoom(2, QPointF(150, 150))
    for share in ((0.5, 0.5), (0.3, 0.6)):
        aligned = [[share[0] * 64, share[1] * 64]]
        places = [
            view.view_geometry.to_view.map(QPointF(*apply(frames.aligned_to_image, aligned)[0]))
            for view, frames in ((group.current, ours), (group.prior, theirs))
        ]
        # Poses and proportions differ; the middle of the lungs stays close, at lung size.
        assert (places[0] - places[1]).manhattanLength() < 120
    centre = group.current.view_geometry.centre
    there = apply(theirs.aligned_to_image, apply(ours.image_to_aligned, [[centre.x(), centre.y()]]))[0]
    shown = group.prior.view_geometry.centre
    assert (shown.x(), shown.y()) == pytest.approx(tuple(there))


def test_following_is_not_a_change_to_take_back(group):
    show_prior(group)
    group.current.zoom(2)
    scale = group.prior.view_geometry.scale
    group.prior.previous_state()
    assert group.prior.view_geometry.scale == scale


def test_mode_and_original_hold_for_both(group):
    show_prior(group)
    group.current.set_mode(ViewMode.DISTANCE)
    group.current.set_original(True)
    group.current.cycle_corner_texts()
    assert group.prior.mode is ViewMode.DISTANCE
    assert group.prior.is_original
    assert group.prior.corner_texts is group.current.corner_texts


def test_both_films_are_reached_by_keys_and_have_names(group, qtbot):
    show_prior(group)
    qtbot.waitUntil(group.prior.isVisible)
    group.current.setFocus()
    group.focus_other()
    assert group.active is group.prior
    qtbot.keyClick(group.prior, Qt.Key.Key_Right)
    group.focus_other()
    assert group.active is group.current
    assert "2020-01-01" in group.prior.accessibleName()
    group.focus_other()
    group.hide_prior()
    assert group.active is group.current


def test_each_film_keeps_its_own_window_and_turning(group):
    show_prior(group)
    group.prior.set_voi(replace(group.prior.voi_window, width=77))
    group.prior.rotate(1)
    assert group.current.voi_window.width != 77
    assert group.current.orientation == Orientation()
    group.current.zoom(2)
    assert group.prior.orientation == Orientation(1)


def place_of(group, view):
    corner = view.mapTo(group, QPointF(0, 0))
    return corner.x(), corner.y()


def test_four_films_stand_in_two_rows_of_one_size_the_newest_first(group, qtbot):
    for place in range(3):
        prior = image(PRIOR_SHAPE, f"1.{place + 2}")
        group.show_prior(prior, FrameRenderer(prior.stored), f"2020-01-0{3 - place}", place=place)
    qtbot.waitUntil(lambda: all(view.isVisible() for view in group.views))
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (place_of(group, view) for view in group.views)
    assert x0 < x1
    assert x2 < x3
    assert y0 == y1 < y2 == y3
    sizes = [(view.width(), view.height()) for view in group.views]
    assert max(w for w, _ in sizes) - min(w for w, _ in sizes) < 20
    assert max(h for _, h in sizes) - min(h for _, h in sizes) < 20
    group.set_current_side(CurrentSide.ABOVE)  # there are rows already
    assert place_of(group, group.current)[1] == place_of(group, group.prior)[1]


def test_four_films_zoom_together_and_f6_goes_round(group, qtbot):
    for place in range(3):
        prior = image(PRIOR_SHAPE, f"1.{place + 2}")
        group.show_prior(prior, FrameRenderer(prior.stored), "", place=place)
    fitted = [view.view_geometry.scale for view in group.views]
    group.priors[2].zoom(2.0)
    assert [view.view_geometry.scale / scale for view, scale in zip(group.views, fitted, strict=True)] == pytest.approx(
        [2.0] * 4, rel=0.05
    )
    group.current.setFocus()
    seen = []
    for _step in range(4):
        group.focus_other()
        seen.append(group.views.index(group.active))
    assert seen == [1, 2, 3, 0]


def test_films_beyond_those_wanted_go_and_take_the_keys_back_to_the_current_one(group, qtbot):
    for place in range(3):
        prior = image(PRIOR_SHAPE, f"1.{place + 2}")
        group.show_prior(prior, FrameRenderer(prior.stored), "", place=place)
    group.priors[2].setFocus()
    group.show_at_most(1)
    assert group.active is group.current
    assert [view.isVisible() for view in group.views] == [True, True, False, False]
    assert group.priors[1].radiograph is None
    assert group.prior_shown
    group.hide_prior()
    assert not group.prior_shown
