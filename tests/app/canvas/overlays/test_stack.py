from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from app.canvas.overlays import explanation_map, stack
from app.canvas.overlays.map_scale import MapView
from app.canvas.overlays.zones import CHOSEN, zone_polygon
from bsnet_core.brixia import Zone
from tests.app.canvas.overlays.painted import GREY, HEIGHT, WIDTH, stacked, state_of
from tests.app.predictions import SIDE, prediction
from tests.app.predictions import explanation as explanation_of

pytestmark = pytest.mark.usefixtures("qapp")  # text is drawn


@pytest.mark.parametrize("shown", [(), ("lungs",), ("lung_fill",), ("zones",), ("zones", "scores"), ("explanation",)])
@pytest.mark.parametrize("angle_deg", [0.0, 25.0])
def test_nothing_is_drawn_beyond_the_reach_that_is_stated(shown, angle_deg):
    result = prediction("333333", angle_deg=angle_deg)
    grown = explanation_of({5: (0, 0, 3), 15: (2, 1, 3)})
    view = MapView(chosen=Zone.F)
    state = state_of(result, shown, explanation=explanation_map.image_of(grown, result, view), map_view=view)
    # Far smaller than the room around it, so that large letters and names stand out on all sides.
    to_view = QTransform.fromTranslate(900, 700) * QTransform.fromScale(0.2, 0.2)
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(GREY, GREY, GREY))
    with QPainter(image) as painter:
        stack.paint(painter, to_view, state, ("L", "F"))
    reach = stack.drawn_extent(to_view, state, to_view.mapRect(QRectF(0, 0, WIDTH, HEIGHT)), has_planes=False)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(HEIGHT, WIDTH, 4)[..., :3]
    rows, columns = np.nonzero((pixels != GREY).any(axis=2))
    assert reach.isEmpty() == (len(rows) == 0) == (shown == ())
    if shown:
        assert reach.contains(QRectF(QPointF(columns.min(), rows.min()), QPointF(columns.max() + 1, rows.max() + 1)))


def test_contour_and_fill_are_switched_apart():
    result = prediction()
    inside = HEIGHT // 2, round(WIDTH * 21 / SIDE)
    contour, fill = (stacked(state_of(result, (name,))) for name in ("lungs", "lung_fill"))
    assert tuple(contour[inside]) == (GREY, GREY, GREY)
    assert (contour != GREY).any()
    assert tuple(fill[inside]) != (GREY, GREY, GREY)


def test_a_window_without_a_switch_for_the_fill_shows_it_with_the_contour():
    state = stack.OverlayState({"lungs": True}, {"lungs": 0.5})
    assert state.strength("lung_fill") == state.strength("lungs") == 0.5
    assert stack.OverlayState({"lungs": True, "lung_fill": False}, {}).strength("lung_fill") == 0


def test_the_grid_can_be_seen_without_scores_and_with_some_of_them():
    one, other = prediction("000000"), prediction("333333")
    assert np.array_equal(stacked(state_of(one, ("zones",))), stacked(state_of(other, ("zones",))))
    only_f = frozenset({Zone.F})
    shown = [stacked(state_of(result, ("zones", "scores"), zones_shown=only_f)) for result in (one, other)]
    rows, columns = np.nonzero((shown[0] != shown[1]).any(axis=2))
    assert columns.min() > WIDTH / 2
    assert rows.min() > HEIGHT / 2


def test_scores_and_grid_fade_apart():
    state = state_of(prediction("333333"), ("zones", "scores"))

    def drawn(**opacity):
        return stacked(replace(state, opacity=opacity)).astype(int)

    strong, faint_scores, faint_grid = (
        drawn(zones=1.0, scores=1.0),
        drawn(zones=1.0, scores=0.2),
        drawn(zones=0.2, scores=1.0),
    )
    bare = stacked(state_of(prediction("333333"), ())).astype(int)
    written = (faint_scores != strong).any(axis=2)
    assert written.any()
    assert np.abs(faint_scores - bare)[written].sum() < 0.5 * np.abs(strong - bare)[written].sum()
    ruled = (faint_grid != strong).any(axis=2)
    assert (ruled & ~written).any()
    assert np.array_equal(faint_grid[written & ~ruled], strong[written & ~ruled])


def test_the_frame_of_the_zone_explained_lies_over_the_grid_and_within_the_stated_reach():
    result, view = prediction("333333"), MapView(chosen=Zone.D)
    image = explanation_map.image_of(explanation_of({}), result, view)
    of_zone = state_of(result, ("explanation",), explanation=image, map_view=view)
    with_grid = state_of(result, ("explanation", "zones"), explanation=image, map_view=view)
    frame = (stacked(of_zone) == np.array(CHOSEN.getRgb()[:3])).all(axis=2)
    assert frame.sum() > 300
    assert (stacked(with_grid) == stacked(of_zone))[frame].mean() > 0.98
    small = QRectF(140, 100, 20, 20)  # an image far smaller than its grid
    assert stack.drawn_extent(QTransform(), of_zone, small, has_planes=False).contains(
        zone_polygon(result.frames, Zone.D).boundingRect()
    )


def test_with_every_zone_off_no_grid_is_left_and_nothing_counts_as_shown():
    result = prediction("333333")
    state = state_of(result, ("zones", "scores"), zones_shown=frozenset())
    assert not state.shows_result
    middle = slice(HEIGHT // 5, -HEIGHT // 5)
    assert (stacked(state)[middle] == GREY).all()


def test_a_grid_without_results_shows_lines_and_own_scores_and_is_no_result():
    state = stack.OverlayState(dict.fromkeys(("lungs", "zones", "scores"), True), {}, frames=prediction().frames)
    shown, without = stacked(replace(state, own={Zone.A: 2})), stacked(state)
    assert not state.shows_result
    assert (without != GREY).any()
    rows, columns = np.nonzero((shown != without).any(axis=2))
    assert len(rows) > 20
    assert columns.max() < WIDTH / 2
    assert rows.max() < HEIGHT / 2
