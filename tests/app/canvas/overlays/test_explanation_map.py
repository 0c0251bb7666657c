from dataclasses import replace

import numpy as np
import pytest

from app.canvas.overlays import explanation_map
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Masking
from tests.app.canvas.overlays.painted import GREY, HEIGHT, WIDTH, painted
from tests.app.predictions import SIDE, prediction
from tests.app.predictions import explanation as explanation_of

pytestmark = pytest.mark.usefixtures("qapp")  # text is drawn


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
    assert 0 < lines.mean() < 0.5  # hatched, with the image still visible
    nothing = explanation_map.image_of(partial_of(explanation_of({5: (0, 0, 1)}), [5, 6]), result, ZONES)
    known = painted(lambda painter, to_view: explanation_map.paint(painter, to_view, nothing, 1.0))
    assert (known[row - 20 : row + 20, column - 20 : column + 20] == GREY).all()
    assert explanation_map.describe_superpixel(part, result, column, row, ZONES) == "This region has not been masked."


def evidence_of(parts):
    """An evidence map whose super-pixels account for `parts` of zone A's score, 0 else."""
    evidence = np.zeros((16, 3, 2), dtype=np.float32)
    for superpixel, part in parts.items():
        evidence[superpixel, 0, 0] = part
    return replace(explanation_of({}), masking=Masking.EVIDENCE, evidence=evidence)


def test_an_evidence_map_is_as_strong_as_the_part_of_the_score_that_a_super_pixel_accounts_for():
    made = evidence_of({5: 0.3, 6: 0.075, 9: -0.5})
    image = explanation_map.image_of(made, prediction("200000"), ZONES).image
    side = SIDE // 4
    found = {
        number: image.pixelColor(number % 4 * side + side // 2, number // 4 * side + side // 2).alphaF()
        for number in range(16)
    }
    assert found == pytest.approx(dict.fromkeys(range(16), 0.0) | {5: 1.0, 6: 0.5}, abs=0.01)
    assert explanation_map.strongest_superpixel(made, prediction("200000"), Zone.A) == 5
    assert explanation_map.strongest_superpixel(made, prediction("200000"), Zone.B) is None


def test_under_the_pointer_an_evidence_map_says_the_part_and_the_whole():
    made, result = evidence_of({5: 0.3, 6: 2.0, 9: -0.1}), prediction("200000")

    def said_of(number, zones=ZONES):
        row, column = superpixel_centre(number)
        return explanation_map.describe_superpixel(made, result, column, row, zones)

    assert said_of(5).splitlines()[1:] == ["zone A:  0.30 of 2.2"]
    assert said_of(9).splitlines()[1:] == ["zone A:  \N{MINUS SIGN}0.10 of 2.2"]
    assert "no part" in said_of(1)
    assert said_of(1, [Zone.A]).splitlines()[1:] == ["zone A:  0.00 of 2.2"]
