from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSizeF, Qt

from app.canvas.frame import FrameRenderer
from app.canvas.geometry import ViewGeometry
from app.canvas.modes import ViewMode
from app.canvas.orientation import Orientation
from app.canvas.pair import CurrentSide, ViewPair, linked
from app.canvas.view import OverlayState
from bsnet_core.frames import Frames, apply
from bsnet_core.model.config import Aspect
from bsnet_core.radiograph import Radiograph, StudyFacts
from tests.app.predictions import alignment

CURRENT_SHAPE, PRIOR_SHAPE = (400, 320), (900, 1000)


def film(shape, uid):
    stored = np.tile(np.linspace(0, 4095, shape[1]).astype(np.uint16), (shape[0], 1))
    return Radiograph(stored, 0, 12, monochrome1=False, facts=StudyFacts(sop_instance_uid=uid, modality="CR"))


def frames_of(shape, angle_deg=0.0, scale=0.7):
    return Frames.fit(shape, 64, Aspect.STRETCH).with_alignment(alignment(angle_deg, scale))


@pytest.fixture
def pair(qtbot):
    widget = ViewPair()
    qtbot.addWidget(widget)
    widget.resize(1200, 600)
    with qtbot.waitExposed(widget):
        widget.show()
    current = film(CURRENT_SHAPE, "1.1")
    widget.current.show_radiograph(current, FrameRenderer(current.stored))
    widget.set_caption("2020-01-05")
    return widget


def show_prior(pair, frames=None):
    prior = film(PRIOR_SHAPE, "1.2")
    overlays = OverlayState({}, {}, frames=frames) if frames is not None else None
    pair.show_prior(prior, FrameRenderer(prior.stored), "2020-01-01, 4 days before", overlays)


def test_the_current_film_is_alone_until_a_prior_is_shown_and_after_it_is_closed(pair, qtbot):
    assert not pair.prior.isVisible()
    with qtbot.waitSignal(pair.prior_shown_changed):
        show_prior(pair)
    qtbot.waitUntil(pair.prior.isVisible)
    assert abs(pair.current.width() - pair.prior.width()) < 20
    assert pair.current.mapTo(pair, QPointF(0, 0)).y() == pair.prior.mapTo(pair, QPointF(0, 0)).y()
    with qtbot.waitSignal(pair.prior_shown_changed):
        pair.hide_prior()
    assert not pair.prior.isVisible()
    assert pair.prior.radiograph is None


def test_the_current_film_is_left_of_the_prior_unless_the_reader_wants_it_right(pair, qtbot):
    def left_edges():
        return [view.mapTo(pair, QPointF(0, 0)).x() for view in (pair.current, pair.prior)]

    show_prior(pair)
    qtbot.waitUntil(lambda: left_edges()[0] < left_edges()[1])
    pair.set_current_side(CurrentSide.RIGHT)
    qtbot.waitUntil(lambda: left_edges()[0] > left_edges()[1])


def test_the_two_can_stand_one_above_the_other_each_with_half_of_the_height(pair, qtbot):
    pair.set_current_side(CurrentSide.ABOVE)
    show_prior(pair)

    def edges():
        return [view.mapTo(pair, QPointF(0, 0)) for view in (pair.current, pair.prior)]

    qtbot.waitUntil(lambda: edges()[0].x() == edges()[1].x() and edges()[0].y() < edges()[1].y())
    assert abs(pair.current.height() - pair.prior.height()) <= 2
    pair.set_current_side(CurrentSide.BELOW)
    qtbot.waitUntil(lambda: edges()[0].y() > edges()[1].y())
    pair.set_current_side(CurrentSide.LEFT)
    qtbot.waitUntil(lambda: edges()[0].y() == edges()[1].y() and edges()[0].x() < edges()[1].x())


def shown_middle(view):
    """The middle of the view as a share of the picture."""
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
def test_zoom_and_pan_go_together_whichever_leads(pair, leads):
    show_prior(pair)
    leader, follower = (pair.current, pair.prior) if leads == "current" else (pair.prior, pair.current)
    leader.zoom(2.5, QPointF(200, 150))
    leader.pan(QPointF(-30, 12))
    assert shown_middle(follower) == pytest.approx(shown_middle(leader), abs=1e-6)
    assert zoom_of(follower) == pytest.approx(zoom_of(leader))
    leader.fit()
    assert follower.is_fitted


def test_unlinked_films_are_moved_one_by_one_and_linking_them_again_takes_the_current_one_s_place(pair):
    show_prior(pair)
    pair.set_linked(False)
    pair.current.zoom(3)
    assert pair.prior.is_fitted
    pair.set_linked(True)
    assert zoom_of(pair.prior) == pytest.approx(zoom_of(pair.current))


def test_with_both_alignments_the_same_part_of_the_lungs_is_shown_at_the_same_size(pair):
    ours, theirs = frames_of(CURRENT_SHAPE, 5.0, 0.6), frames_of(PRIOR_SHAPE, -8.0, 0.8)
    pair.current.set_overlays(OverlayState({}, {}, frames=ours))
    show_prior(pair, theirs)
    pair.current.zoom(2, QPointF(150, 150))
    for share in ((0.5, 0.5), (0.3, 0.6)):
        aligned = [[share[0] * 64, share[1] * 64]]
        places = [
            view.view_geometry.to_view.map(QPointF(*apply(frames.aligned_to_image, aligned)[0]))
            for view, frames in ((pair.current, ours), (pair.prior, theirs))
        ]
        # Poses and proportions differ; the middle of the lungs stays close, at lung size.
        assert (places[0] - places[1]).manhattanLength() < 120
    centre = pair.current.view_geometry.centre
    there = apply(theirs.aligned_to_image, apply(ours.image_to_aligned, [[centre.x(), centre.y()]]))[0]
    shown = pair.prior.view_geometry.centre
    assert (shown.x(), shown.y()) == pytest.approx(tuple(there))


def test_a_picture_twice_as_fine_is_linked_at_half_the_scale():
    coarse = ViewGeometry.fitted(QSizeF(320, 400), 1.0, QSizeF(500, 500))
    fine = ViewGeometry.fitted(QSizeF(640, 800), 1.0, QSizeF(500, 500), Orientation(1))
    leader = coarse.zoomed(2, QPointF(100, 100))
    followed = linked(leader, frames_of((400, 320)), fine, frames_of((800, 640)))
    assert followed.scale == pytest.approx(leader.scale / 2)
    assert followed.orientation == Orientation(1)


def test_following_is_not_a_change_to_take_back(pair):
    show_prior(pair)
    pair.current.zoom(2)
    scale = pair.prior.view_geometry.scale
    pair.prior.previous_state()
    assert pair.prior.view_geometry.scale == scale


def test_mode_and_original_hold_for_both(pair):
    show_prior(pair)
    pair.current.set_mode(ViewMode.DISTANCE)
    pair.current.set_original(True)
    pair.current.cycle_corner_texts()
    assert pair.prior.mode is ViewMode.DISTANCE
    assert pair.prior.is_original
    assert pair.prior.corner_texts is pair.current.corner_texts


def test_both_films_are_reached_by_keys_and_have_names(pair, qtbot):
    show_prior(pair)
    qtbot.waitUntil(pair.prior.isVisible)
    pair.current.setFocus()
    pair.focus_other()
    assert pair.active is pair.prior
    qtbot.keyClick(pair.prior, Qt.Key.Key_Right)
    pair.focus_other()
    assert pair.active is pair.current
    assert "2020-01-01" in pair.prior.accessibleName()
    pair.focus_other()
    pair.hide_prior()
    assert pair.active is pair.current


def test_each_film_keeps_its_own_window_and_turning(pair):
    show_prior(pair)
    pair.prior.set_voi(replace(pair.prior.voi_window, width=77))
    pair.prior.rotate(1)
    assert pair.current.voi_window.width != 77
    assert pair.current.orientation == Orientation()
    pair.current.zoom(2)
    assert pair.prior.orientation == Orientation(1)
