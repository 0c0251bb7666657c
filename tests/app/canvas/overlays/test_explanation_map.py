from dataclasses import replace

import numpy as np
import pytest

from app.canvas.overlays import explanation_map
from app.canvas.overlays.map_scale import WHOLE_MAP, MapColours, MapView
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Masking
from tests.app.canvas.overlays.painted import GREY, HEIGHT, WIDTH, painted
from tests.app.predictions import SIDE, prediction
from tests.app.predictions import explanation as explanation_of

pytestmark = pytest.mark.usefixtures("qapp")  # text is drawn
CLASSES = MapView(colours=MapColours.CLASSES)


def superpixel_centre(number):
    row, column = divmod(number, 4)
    return round((row + 0.5) * HEIGHT / 4), round((column + 0.5) * WIDTH / 4)


def map_of(result, supporting, view=WHOLE_MAP):
    return painted_map(explanation_map.image_of(explanation_of(supporting), result, view))


def painted_map(image, opacity=1.0):
    return painted(lambda painter, to_view: explanation_map.paint(painter, to_view, image, opacity))


def is_coloured(pixels, number):
    return tuple(pixels[superpixel_centre(number)]) != (GREY, GREY, GREY)


@pytest.mark.parametrize("score", [1, 2])
def test_in_the_colours_of_the_paper_a_region_has_the_colour_of_the_score_it_supports(score):
    pixels = map_of(prediction(f"{score}00000"), {5: (0, 0, score)}, CLASSES)
    colour = explanation_map.CLASS_COLOURS[score]
    assert tuple(pixels[superpixel_centre(5)]) == (colour.red(), colour.green(), colour.blue())
    assert not any(is_coloured(pixels, other) for other in set(range(16)) - {5})


def test_black_is_an_outline_with_lines_through_which_the_image_is_seen():
    pixels = map_of(prediction("300000"), {5: (0, 0, 3)}, CLASSES)
    # The part of super-pixel 5 that lies in zone A.
    area = pixels[round(HEIGHT * 0.25) : round(HEIGHT * 0.395), round(WIDTH * 0.25) : round(WIDTH * 0.5)]
    assert 0.15 < (area == GREY).all(axis=2).mean() < 0.8
    assert (area < 5).all(axis=2).mean() > 0.08
    assert (area > 200).all(axis=2).mean() > 0.05  # pale beside black: seen on dark lung, too


def test_on_the_scale_the_strongest_region_is_yellow_and_the_image_is_seen_through_it():
    pixels = map_of(prediction("300000"), {5: (0, 0, 3)})
    *strongest, alpha = explanation_map.severity_colours()[255] / (1, 1, 1, 255)
    assert alpha < 0.85
    expected = alpha * np.array(strongest) + (1 - alpha) * GREY
    assert pixels[superpixel_centre(5)] == pytest.approx(expected, abs=2)


def test_the_scale_grows_lighter_and_more_opaque_with_every_step():
    colours = explanation_map.severity_colours()[::15].astype(float)
    assert (np.diff(colours[:, :3] @ [0.299, 0.587, 0.114]) > 0).all()
    assert (np.diff(colours[:, 3]) > 0).all()


def test_zones_scored_zero_have_no_colour():
    for view in (WHOLE_MAP, CLASSES, MapView(chosen=Zone.A)):
        assert (map_of(prediction("000000"), {5: (0, 0, 0), 6: (0, 0, 1)}, view) == GREY).all()


def test_a_chosen_zone_scored_0_shows_what_would_make_it_1_only_when_it_is_asked():
    for colours in MapColours:
        asked = MapView(chosen=Zone.A, colours=colours, asks_for_one=True)
        assert is_coloured(map_of(prediction("011111"), {5: (0, 0, 1)}, asked), 5)
        assert not is_coloured(map_of(prediction("011111"), {5: (0, 0, 1)}, replace(asked, asks_for_one=False)), 5)


def test_a_region_that_speaks_against_the_score_has_no_colour():
    against = explanation_of({5: (0, 0, 1)})
    against.contributions[5] *= -1
    for view in (WHOLE_MAP, CLASSES):
        assert (painted_map(explanation_map.image_of(against, prediction("100000"), view)) == GREY).all()


def test_a_region_is_coloured_by_its_effect_on_the_zone_it_lies_in_alone():
    # Super-pixel 5 lies in A and B. Its effect on F is seen only if F is chosen, and is then striped.
    result = prediction("100003")
    supporting = {5: (2, 1, 3), 10: (2, 1, 3)}
    for colours in MapColours:
        whole = map_of(result, supporting, MapView(colours=colours))
        assert not is_coloured(whole, 5)
        assert (
            whole[round(HEIGHT * 0.61) : round(HEIGHT * 0.75), round(WIDTH * 0.57) : round(WIDTH * 0.75)] != GREY
        ).any()
        chosen = map_of(result, supporting, MapView(chosen=Zone.F, colours=colours))
        elsewhere = chosen[round(HEIGHT * 0.25) : round(HEIGHT * 0.5), round(WIDTH * 0.25) : round(WIDTH * 0.43)]
        rows_with_colour = (elsewhere != GREY).any(axis=(1, 2))
        assert 0.3 < rows_with_colour.mean() < 0.7


def test_on_the_scale_nothing_outside_the_lungs_has_a_colour():
    result = prediction("333333")
    everywhere = {number: (row, column, 3) for number in range(16) for row, column in [(number // 8, number % 4 // 2)]}
    image = explanation_map.image_of(explanation_of(everywhere), result, WHOLE_MAP).image
    has_colour = np.array([[image.pixelColor(x, y).alpha() > 0 for x in range(SIDE)] for y in range(SIDE)])
    assert has_colour.any()
    assert not has_colour[result.lung_probability < 0.5].any()


def test_one_zone_s_map_leaves_the_others_out():
    result = prediction("100002")
    supporting = {5: (0, 0, 1), 10: (2, 1, 2)}
    for only_f in (MapView((Zone.F,)), MapView(chosen=Zone.F)):
        pixels = map_of(result, supporting, only_f)
        assert (is_coloured(pixels, 5), is_coloured(pixels, 10)) == (False, True)
    assert is_coloured(map_of(result, supporting), 5)


def test_opacity_fades_the_map():
    image = explanation_map.image_of(explanation_of({5: (0, 0, 2)}), prediction("200000"), CLASSES)
    colour = explanation_map.CLASS_COLOURS[2]
    for opacity in (0.2, 0.6):
        pixels = painted_map(image, opacity)
        expected = [opacity * full + (1 - opacity) * GREY for full in (colour.red(), colour.green(), colour.blue())]
        assert pixels[superpixel_centre(5)] == pytest.approx(expected, abs=2)
        assert not is_coloured(pixels, 6)


def partial_of(whole, computed):
    return replace(whole, computed=np.isin(np.arange(len(whole.contributions)), computed))


@pytest.mark.parametrize("view", [WHOLE_MAP, CLASSES])
def test_an_explanation_under_way_shows_what_it_has_and_hatches_what_it_has_not(view):
    result = prediction("111112")
    part = partial_of(explanation_of({5: (0, 0, 1)}), [5])
    pixels = painted_map(explanation_map.image_of(part, result, view))
    assert is_coloured(pixels, 5)
    # Super-pixel 10, as far as it lies in the lungs.
    area = slice(round(HEIGHT * 0.5), round(HEIGHT * 0.74)), slice(round(WIDTH * 0.57), round(WIDTH * 0.75))
    assert 0 < (pixels[area] != GREY).any(axis=2).mean() < 0.5  # with the image still visible
    known = painted_map(explanation_map.image_of(partial_of(explanation_of({5: (0, 0, 1)}), [5, 10]), result, view))
    assert (known[area] == GREY).all()


def test_an_evidence_map_is_as_strong_as_the_part_of_the_score_that_a_region_accounts_for():
    evidence = np.zeros((16, 3, 2), dtype=np.float32)
    evidence[[5, 9], 0, 0] = 0.3, -0.5
    evidence[10, 2, 1] = 0.15
    made = replace(explanation_of({}), masking=Masking.EVIDENCE, evidence=evidence)
    image = explanation_map.image_of(made, prediction("200002"), CLASSES).image
    side = SIDE // 4
    found = {
        number: image.pixelColor(number % 4 * side + side // 2, number // 4 * side + side // 2).alphaF()
        for number in range(16)
    }
    assert found == pytest.approx(dict.fromkeys(range(16), 0.0) | {5: 1.0, 10: 0.5}, abs=0.01)


def test_every_zone_of_the_map_can_be_shown_alone():
    result = prediction("111111")
    every = {number: (zone.row, zone.column, 1) for zone in ZONES for number in [2 * zone.column + 4 * (zone.row + 1)]}
    for zone in ZONES:
        assert explanation_map.image_of(explanation_of(every), result, MapView((zone,))).image.width() == SIDE
