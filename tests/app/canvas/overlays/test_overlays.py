from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from app.canvas.overlays import dicom_overlays, explanation_map, lungs, stack, zones
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.frames import Frames, apply
from bsnet_core.quality import LOW_CONFIDENCE
from bsnet_core.radiograph import OverlayPlane, Shutter
from tests.app.predictions import IMAGE_SHAPE, SIDE, prediction
from tests.app.predictions import explanation as explanation_of

pytestmark = pytest.mark.usefixtures("qapp")  # text is drawn
HEIGHT, WIDTH = IMAGE_SHAPE
GREY = 90


def painted(paint):
    """(H, W, 3) colours after painting over even grey, one screen pixel per image pixel."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(GREY, GREY, GREY))
    painter = QPainter(image)
    paint(painter, QTransform())
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(HEIGHT, WIDTH, 4)
    return pixels[..., 2::-1].astype(int)


def grid_of(result, labels=None, opacity=1.0):
    shown = zones.labels_of(result) if labels is None else labels
    return painted(lambda painter, to_view: zones.paint(painter, to_view, result.frames, shown, opacity))


@pytest.mark.parametrize("zone", ZONES)
def test_each_zone_s_score_stands_in_its_own_sixth_of_the_picture(zone):
    result = prediction("000000")
    other = zones.labels_of(result) | {zone: zones.ZoneLabel(3, 0.7)}
    rows, columns = np.nonzero((grid_of(result) != grid_of(result, other)).any(axis=2))
    assert len(rows) > 20
    # A B C, the patient's right lung, on the left of the picture; upper, middle and lower from the top.
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


def test_the_lung_overlay_covers_the_lung_mask_and_nothing_else():
    result = prediction()
    outline = lungs.outline_of(result)
    pixels = painted(lambda painter, to_view: lungs.paint(painter, to_view, outline, 1.0))
    touched = (pixels != GREY).any(axis=2)
    assert (touched == result.lung_mask).mean() > 0.97
    assert touched[result.lung_mask].mean() > 0.99
    red, green, blue = pixels[HEIGHT // 2, round(WIDTH * 21 / SIDE)]
    assert blue > red
    assert green > red


def test_the_lung_outline_has_one_piece_per_lung():
    path = lungs.outline_of(prediction()).path
    assert len(path.toSubpathPolygons()) == 2
    assert path.contains(QPointF(WIDTH * 21 / SIDE, HEIGHT / 2))
    assert not path.contains(QPointF(WIDTH / 2, HEIGHT / 2))


def superpixel_centre(number):
    row, column = divmod(number, 4)
    return round((row + 0.5) * HEIGHT / 4), round((column + 0.5) * WIDTH / 4)


def map_of(result, supporting, shown=ZONES):
    image = explanation_map.image_of(explanation_of(supporting), result, shown)
    return painted(lambda painter, to_view: explanation_map.paint(painter, to_view, image, 1.0))


@pytest.mark.parametrize("score", [1, 2, 3])
def test_a_super_pixel_that_speaks_for_the_score_has_its_class_colour(score):
    result = prediction(f"{score}00000")
    pixels = map_of(result, {5: (0, 0, score)})
    colour = explanation_map.CLASS_COLOURS[score]
    assert tuple(pixels[superpixel_centre(5)]) == (colour.red(), colour.green(), colour.blue())
    for other in set(range(16)) - {5}:
        assert tuple(pixels[superpixel_centre(other)]) == (GREY, GREY, GREY)


def test_black_super_pixels_have_a_light_rim():
    pixels = map_of(prediction("300000"), {5: (0, 0, 3)})
    row, column = round(HEIGHT * 3 / 8), round(WIDTH / 4)
    assert pixels[row, column : column + 5].max() > 180


def test_zones_scored_zero_show_nothing():
    assert (map_of(prediction("000000"), {5: (0, 0, 0), 6: (0, 0, 1)}) == GREY).all()


def test_a_super_pixel_that_speaks_against_the_score_shows_nothing():
    against = explanation_of({5: (0, 0, 1)})
    against.contributions[5] *= -1
    image = explanation_map.image_of(against, prediction("100000"), ZONES)
    assert (painted(lambda painter, to_view: explanation_map.paint(painter, to_view, image, 1.0)) == GREY).all()


def test_one_zone_s_map_leaves_the_others_out():
    result = prediction("100002")
    supporting = {5: (0, 0, 1), 10: (2, 1, 2)}
    only_f = map_of(result, supporting, [Zone.F])
    assert tuple(only_f[superpixel_centre(5)]) == (GREY, GREY, GREY)
    assert tuple(only_f[superpixel_centre(10)]) != (GREY, GREY, GREY)
    assert tuple(map_of(result, supporting)[superpixel_centre(5)]) != (GREY, GREY, GREY)


def test_opacity_fades_the_map():
    image = explanation_map.image_of(explanation_of({5: (0, 0, 2)}), prediction("200000"), ZONES)
    colour = explanation_map.CLASS_COLOURS[2]
    for opacity in (0.2, 0.6):
        pixels = painted(
            lambda painter, to_view, opacity=opacity: explanation_map.paint(painter, to_view, image, opacity)
        )
        expected = [opacity * full + (1 - opacity) * GREY for full in (colour.red(), colour.green(), colour.blue())]
        assert pixels[superpixel_centre(5)] == pytest.approx(expected, abs=2)
        assert tuple(pixels[superpixel_centre(6)]) == (GREY, GREY, GREY)


def strengths_of(changes):
    """Of super-pixel 5 and 6, in [0, 1], where masking them lowers zone A's probability of 1 by `changes`."""
    whole = explanation_of({})
    for superpixel, change in zip((5, 6), changes, strict=True):
        whole.contributions[superpixel, 0, 0, 1] = -change
    image = explanation_map.image_of(whole, prediction("100000"), ZONES).image
    side = SIDE // 4
    return [image.pixelColor(column * side + side // 2, side + side // 2).alphaF() for column in (1, 2)]


def test_a_colour_s_strength_tells_the_change_whatever_other_super_pixels_do():
    assert strengths_of((0.02, 0.0)) == pytest.approx([0.4, 0], abs=0.01)
    assert strengths_of((0.02, 0.5)) == pytest.approx([0.4, 1], abs=0.01)
    assert strengths_of((0.004, 0.025)) == pytest.approx([0, 0.5], abs=0.01)


def test_the_strongest_super_pixel_is_the_one_that_lowers_the_predicted_score_most():
    whole = explanation_of({4: (0, 0, 2), 5: (0, 0, 1), 6: (2, 1, 1)})
    whole.contributions[5, 0, 0, 1] = -0.1
    whole.contributions[7, 0, 0, 1] = 0.4
    assert explanation_map.strongest_superpixel(whole, prediction("100000"), Zone.A) == 5
    assert explanation_map.strongest_superpixel(whole, prediction("000000"), Zone.A) is None
    whole.contributions[5] *= -1
    assert explanation_map.strongest_superpixel(whole, prediction("100000"), Zone.A) is None


def test_the_place_of_a_bent_super_pixel_lies_within_it():
    bent = explanation_of({})
    bent.superpixels[16:48, 16:48] = np.where(np.arange(32)[:, None] + np.arange(32) < 8, 5, 6)
    bent.superpixels[18:40, 16:20] = bent.superpixels[16:20, 18:40] = 5
    place = explanation_map.place_of_superpixel(bent, prediction(), 5)
    assert explanation_map.superpixel_at(bent, prediction(), place.x(), place.y()) == 5


def stacked(state, orientation=("L", "F")):
    return painted(lambda painter, to_view: stack.paint(painter, to_view, state, orientation))


def state_of(result, shown=("lungs", "zones"), **more):
    return stack.OverlayState(
        {name: name in shown for name in ("lungs", "lung_fill", "zones", "scores", "explanation")},
        {},
        lungs.outline_of(result),
        result.frames,
        zones.labels_of(result),
        **more,
    )


@pytest.mark.parametrize("shown", [(), ("lungs",), ("lung_fill",), ("zones",), ("zones", "scores"), ("explanation",)])
@pytest.mark.parametrize("angle_deg", [0.0, 25.0])
def test_nothing_is_drawn_beyond_the_reach_that_is_stated(shown, angle_deg):
    result = prediction("333333", angle_deg=angle_deg)
    grown = explanation_of({5: (0, 0, 3), 15: (2, 1, 3)})
    state = state_of(result, shown, explanation=explanation_map.image_of(grown, result, ZONES))
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


def test_with_every_zone_off_no_grid_is_left_and_nothing_counts_as_shown():
    result = prediction("333333")
    state = state_of(result, ("zones", "scores"), zones_shown=frozenset())
    assert not state.shows_result
    middle = slice(HEIGHT // 5, -HEIGHT // 5)
    assert (stacked(state)[middle] == GREY).all()


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
    blind = state_of(result, ("zones", "scores"), differing=differing, blind=True, blind_grid=True)
    assert np.array_equal(stacked(blind), stacked(replace(blind, differing=frozenset())))


def test_blind_reading_shows_nothing_that_the_model_said():
    state = state_of(prediction(), ("lungs", "lung_fill", "zones", "scores"), blind=True)
    assert (stacked(state) == GREY).all()
    assert not state.shows_result


def test_blind_reading_with_a_grid_shows_lines_and_own_scores_and_no_prediction():
    own = {Zone.A: 2}
    shown = [
        stacked(state_of(prediction(score), ("lungs", "zones", "scores"), blind=True, blind_grid=True, own=own))
        for score in ("000000", "333333")
    ]
    assert np.array_equal(shown[0], shown[1])
    assert (shown[0] != GREY).any()
    without = stacked(state_of(prediction(), ("zones", "scores"), blind=True, blind_grid=True))
    rows, columns = np.nonzero((shown[0] != without).any(axis=2))
    assert len(rows) > 20
    assert columns.max() < WIDTH / 2
    assert rows.max() < HEIGHT / 2


def test_the_reader_s_own_score_stands_beside_the_prediction_in_another_shape():
    result = prediction("222222")
    plain = stacked(state_of(result, ("zones", "scores")))
    with_own = stacked(state_of(result, ("zones", "scores"), own={Zone.E: 2}))
    rows, columns = np.nonzero((plain != with_own).any(axis=2))
    assert columns.min() > WIDTH / 2
    assert abs(rows.mean() - HEIGHT / 2) < HEIGHT / 8


def test_sides_are_put_in_question_where_the_file_contradicts_the_grid():
    frames = prediction().frames
    assert zones.side_names(frames, ("L", "F")) == zones.side_names(frames, None) == ("R (patient)", "L (patient)")
    assert zones.side_names(frames, ("R", "F")) == ("R? The file says L", "L? The file says R")
    mirrored = Frames(
        frames.image_shape,
        frames.side_px,
        np.array([[-SIDE / WIDTH, 0, SIDE], [0, SIDE / HEIGHT, 0]]),
        frames.alignment,
    )
    # A film that the reading turned around by its orientation: zone A lies on the right of the stored picture.
    assert zones.zone_polygon(mirrored, Zone.A).boundingRect().center().x() > WIDTH / 2
    assert zones.side_names(mirrored, ("R", "F")) == ("R (patient)", "L (patient)")


def test_the_shutter_blackens_all_but_the_circle():
    outside = dicom_overlays.shutter_path(Shutter(circle=(100, 120, 50)), IMAGE_SHAPE, 1.0)
    pixels = painted(lambda painter, to_view: dicom_overlays.paint_shutter(painter, to_view, outside))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    distance = np.hypot(x - 100, y - 120)
    assert (pixels[distance < 48] == GREY).all()
    assert (pixels[distance > 52] == 0).all()


def test_an_overlay_plane_is_drawn_in_its_place_and_turns_with_the_picture():
    drawn = np.zeros((20, 30), bool)
    drawn[5:15, 10:20] = True
    image = dicom_overlays.PlaneImage(OverlayPlane(drawn, left=40, top=60))
    size = QSize(WIDTH, HEIGHT)
    pixels = painted(lambda painter, to_view: image.paint(painter, to_view, size, 1.0, 1.0))
    rows, columns = np.nonzero((pixels != GREY).any(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (65, 74, 50, 59)
    assert tuple(pixels[70, 55]) == dicom_overlays.PLANE_COLOUR
    turned = QTransform(0, 1, -1, 0, 200, 0)
    pixels = painted(lambda painter, to_view: image.paint(painter, turned, size, 1.0, 0.5))
    rows, columns = np.nonzero((pixels != GREY).any(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (50, 59, 125, 134)


def partial_of(whole, computed):
    return replace(whole, computed=np.isin(np.arange(len(whole.contributions)), computed))


def test_pointing_at_a_super_pixel_tells_what_masking_it_does_in_percent_points():
    result = prediction("100002")
    whole = explanation_of({5: (0, 0, 1)})
    row, column = superpixel_centre(5)
    text = explanation_map.describe_superpixel(whole, result, column, row, ZONES)
    first, *lines = text.splitlines()
    assert "percentage points" in first
    assert lines == ["zone A:  score 0: 0.0,  score 1: \N{MINUS SIGN}30.0,  score 2: 0.0,  score 3: 0.0"]


def test_pointing_with_a_zone_chosen_tells_of_that_zone_alone():
    whole = explanation_of({5: (0, 0, 1)})
    row, column = superpixel_centre(5)
    text = explanation_map.describe_superpixel(whole, prediction("100002"), column, row, [Zone.F])
    assert text.splitlines()[1].startswith("zone F:")
    assert "30" not in text


def test_pointing_tells_nothing_of_zones_that_are_not_shown():
    whole = explanation_of({5: (0, 0, 1)})
    row, column = superpixel_centre(5)
    told = [
        explanation_map.describe_superpixel(whole, prediction("100002"), column, row, zones)
        for zones in (ZONES[1:], ())
    ]
    assert told == ["Masking this region changes no visible zone by more than half a percentage point.", None]


def test_pointing_where_nothing_changes_or_beside_the_picture():
    whole = explanation_of({5: (0, 0, 1)})
    row, column = superpixel_centre(9)
    assert "no zone" in explanation_map.describe_superpixel(whole, prediction(), column, row, ZONES)
    for x, y in ((-0.1, 5), (WIDTH, 5), (5, -1), (5, HEIGHT)):
        assert explanation_map.describe_superpixel(whole, prediction(), x, y, ZONES) is None


def test_an_explanation_under_way_shows_what_it_has_and_says_what_it_has_not():
    result = prediction("100002")
    part = partial_of(explanation_of({5: (0, 0, 1)}), [5])
    image = explanation_map.image_of(part, result, ZONES)
    pixels = painted(lambda painter, to_view: explanation_map.paint(painter, to_view, image, 1.0))
    assert tuple(pixels[superpixel_centre(5)]) != (GREY, GREY, GREY)
    row, column = superpixel_centre(6)
    quarter = HEIGHT // 4, WIDTH // 4
    unknown = pixels[row - quarter[0] // 3 : row + quarter[0] // 3, column - quarter[1] // 3 : column + quarter[1] // 3]
    lines = (unknown != GREY).any(axis=2)
    assert 0 < lines.mean() < 0.5  # hatched, and the film stays to be seen
    nothing = explanation_map.image_of(partial_of(explanation_of({5: (0, 0, 1)}), [5, 6]), result, ZONES)
    known = painted(lambda painter, to_view: explanation_map.paint(painter, to_view, nothing, 1.0))
    assert (known[row - 20 : row + 20, column - 20 : column + 20] == GREY).all()
    assert explanation_map.describe_superpixel(part, result, column, row, ZONES) == "This region has not been masked."
