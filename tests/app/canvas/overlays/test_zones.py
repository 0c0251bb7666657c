from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtGui import QFontMetricsF, QTransform

from app.canvas.overlays import stack, zones
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.frames import Frames, apply
from bsnet_core.inference.quality import LOW_CONFIDENCE
from bsnet_core.language import SOURCE_LANGUAGE, use_language
from tests.app.canvas.overlays.painted import GREY, HEIGHT, WIDTH, painted, stacked, state_of
from tests.app.predictions import SIDE, prediction

pytestmark = pytest.mark.usefixtures("qapp")  # text is drawn


def grid_of(result, labels=None, opacity=1.0):
    shown = zones.labels_of(result) if labels is None else labels
    return painted(lambda painter, to_view: zones.paint(painter, to_view, result.frames, shown, opacity))


@pytest.mark.parametrize("zone", ZONES)
def test_each_zone_s_score_stands_in_its_own_sixth_of_the_picture(zone):
    result = prediction("000000")
    other = zones.labels_of(result) | {zone: zones.ZoneLabel(3, 0.7)}
    rows, columns = np.nonzero((grid_of(result) != grid_of(result, other)).any(axis=2))
    assert len(rows) > 20
    # A B C, the patient's right lung, on the left of the image; upper, middle and lower from the top.
    assert columns.max() < WIDTH / 2 if zone in (Zone.A, Zone.B, Zone.C) else columns.min() >= WIDTH / 2
    third = 0.7 * HEIGHT / 3
    middle = HEIGHT / 2 + (zone.row - 1) * third
    assert abs(rows.mean() - middle) < third / 2


def test_the_grid_lies_in_the_patient_s_own_pose():
    result = prediction(angle_deg=12.0)
    side = result.frames.side_px
    corners = apply(result.frames.aligned_to_image, [[0, 0], [side, 0], [side, side], [0, side]])
    drawn = [
        zones.zone_polygon(result.frames, Zone.A).at(0),
        zones.zone_polygon(result.frames, Zone.D).at(1),
        zones.zone_polygon(result.frames, Zone.F).at(2),
        zones.zone_polygon(result.frames, Zone.C).at(3),
    ]
    assert np.allclose([(point.x(), point.y()) for point in drawn], corners)
    assert drawn[1].y() > drawn[0].y() + 20
    pixels = grid_of(result, labels={})
    for x, y in corners:
        near = pixels[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3]
        assert near.max() > 180


def test_neighbouring_zones_share_their_border():
    frames = prediction(angle_deg=-8).frames
    upper, lower = zones.zone_polygon(frames, Zone.A), zones.zone_polygon(frames, Zone.B)
    assert upper.at(3) == lower.at(0)
    assert upper.at(2) == lower.at(1)


def test_the_sides_are_named_above_the_grid():
    with_names = grid_of(prediction(), labels={})
    top = 0.15 * HEIGHT
    above = (with_names[: round(top) - 4] != GREY).any(axis=2)
    assert above[:, : WIDTH // 2].any()
    assert above[:, WIDTH // 2 :].any()


def test_low_confidence_is_marked_by_more_than_a_number():
    assert zones.ZoneLabel(1, LOW_CONFIDENCE - 0.01).is_unsure
    assert not zones.ZoneLabel(1, LOW_CONFIDENCE).is_unsure


def test_opacity_fades_the_grid():
    result = prediction()
    strong, faint = (np.abs(grid_of(result, opacity=opacity) - GREY).sum() for opacity in (1.0, 0.2))
    assert 0 < faint < strong / 2


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_switched_off_is_bare_film_and_its_neighbours_keep_their_frames(zone):
    result = prediction("333333")
    everything = ("zones", "scores")
    without = stacked(
        state_of(result, everything, zones_shown=frozenset(ZONES) - {zone}, own={zone: 2}, differing=frozenset({zone}))
    )
    whole = stacked(state_of(result, everything))
    box = zones.zone_polygon(result.frames, zone).boundingRect().adjusted(4, 4, -4, -4).toRect()
    inside = (slice(box.top(), box.bottom()), slice(box.left(), box.right()))
    assert (without[inside] == GREY).all()
    assert (whole[inside] != GREY).any()
    for other in set(ZONES) - {zone}:
        frame = zones.zone_polygon(result.frames, other).boundingRect()
        for x, y in ((frame.center().x(), frame.top()), (frame.center().x(), frame.bottom())):
            across = (slice(round(y) - 2, round(y) + 2), round(x))
            assert np.array_equal(without[across], whole[across])


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_in_turn_has_a_second_frame_inside_its_own(zone):
    result = prediction("000000")
    plain, marked = (stacked(state_of(result, ("zones",), in_turn=turn)) for turn in (None, zone))
    rows, columns = np.nonzero((plain != marked).any(axis=2))
    box = zones.zone_polygon(result.frames, zone).boundingRect()
    assert box.left() < columns.min() < box.left() + 0.15 * box.width()
    assert box.right() - 0.15 * box.width() < columns.max() < box.right()
    assert box.top() < rows.min() < rows.max() < box.bottom()
    middle = round(box.center().y()), round(box.center().x())
    assert tuple(plain[middle]) == tuple(marked[middle])  # a frame, not a filling


def test_zones_that_differ_carry_a_sign_and_it_goes_where_nothing_may_be_seen():
    result, differing = prediction("000000"), frozenset({Zone.B, Zone.F})
    plain, marked = (stacked(state_of(result, ("zones", "scores"), differing=which)) for which in ((), differing))
    changed = (plain != marked).any(axis=2)
    for zone in ZONES:
        box = zones.zone_polygon(result.frames, zone).boundingRect()
        inside = changed[int(box.top()) : int(box.bottom()), int(box.left()) : int(box.right())]
        assert inside.any() == (zone in differing), zone
    hidden = replace(state_of(result, ("zones", "scores"), differing=differing), labels=None)
    assert np.array_equal(stacked(hidden), stacked(replace(hidden, differing=frozenset())))


def test_the_reader_s_own_score_stands_beside_the_prediction_in_another_shape():
    result = prediction("222222")
    plain = stacked(state_of(result, ("zones", "scores")))
    with_own = stacked(state_of(result, ("zones", "scores"), own={Zone.E: 2}))
    rows, columns = np.nonzero((plain != with_own).any(axis=2))
    assert columns.min() > WIDTH / 2
    assert abs(rows.mean() - HEIGHT / 2) < HEIGHT / 8


def test_sides_are_put_in_question_where_the_file_contradicts_the_grid():
    frames = prediction().frames
    assert zones.side_names(frames, ("L", "F")) == ("R (patient)", "L (patient)")
    assert zones.side_names(frames, ("R", "F")) == ("R? The file says L", "L? The file says R")
    mirrored = Frames(
        frames.image_shape,
        frames.side_px,
        np.array([[-SIDE / WIDTH, 0, SIDE], [0, SIDE / HEIGHT, 0]]),
        frames.alignment,
    )
    # An image mirrored while loading, by its orientation: zone A is on the right of the stored image.
    assert zones.zone_polygon(mirrored, Zone.A).boundingRect().center().x() > WIDTH / 2
    assert zones.side_names(mirrored, ("R", "F")) == ("R (patient)", "L (patient)")


@pytest.mark.parametrize("orientation", [None, ("", ""), ("", "F"), ("X", "F"), ("P", "F")])
def test_sides_that_the_file_does_not_state_are_said_to_be_assumed(orientation):
    assert zones.side_names(prediction().frames, orientation) == ("R assumed", "L assumed")


@pytest.mark.parametrize("width", range(85, 700, 15))
@pytest.mark.parametrize("language", ["en", "it"])
def test_in_a_view_of_any_size_no_text_lies_on_another(width, language, monkeypatch):
    written, real = [], zones.write

    def note(painter, place, alignment, lines, font, *rest):
        for text in filter(None, lines):
            box = QFontMetricsF(font).tightBoundingRect(text)
            box.moveCenter(place.center())
            written.append((text, box))
        real(painter, place, alignment, lines, font, *rest)

    monkeypatch.setattr(zones, "write", note)
    use_language(language)
    result = prediction("222222")
    own, changes = dict.fromkeys(ZONES, 2), dict.fromkeys(ZONES, -1)
    state = state_of(result, ("zones", "scores"), own=own, changes=changes)
    scale = QTransform.fromScale(width / WIDTH, width / WIDTH)
    painted(lambda painter, to_view: stack.paint(painter, scale, state, ("L", "F")))
    use_language(SOURCE_LANGUAGE)
    assert len(written) >= 4 * len(ZONES) + 2
    pairs = combinations(written, 2)
    assert [(one, other) for (one, place), (other, beside) in pairs if place.intersects(beside)] == []
