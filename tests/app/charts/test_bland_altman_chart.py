from dataclasses import replace

import numpy as np
import pytest

from app.charts.bland_altman_chart import AgreementLine, BlandAltmanContent, Dot, set_apart
from tests.app.charts.conftest import colour, colour_at, drawn_at_the_edges, is_near, pixels

NOTHING = float("nan")


def plot(*dots, lines=()):
    return BlandAltmanContent(tuple(Dot(*dot) for dot in dots), lines, "mean of both", "prediction minus reading")


def limits(low, mean, high, half=0.3):
    return tuple(
        AgreementLine(f"{name} {value:+.1f}", value, value - half, value + half, name != "mean")
        for name, value in (("+1.96 SD", high), ("mean", mean), ("−1.96 SD", low))
    )


def test_dots_lie_where_mean_and_difference_say(look):
    image = plot((0.0, 0, 1), (18.0, 0, 1), (9.0, 3, 1), (4.5, -3, 1)).draw(look)
    ((left, zero),), ((right, _zero),), ((middle, up),), ((quarter, down),) = image.marks
    assert middle == pytest.approx((left + right) / 2)
    assert quarter == pytest.approx(left + (right - left) / 4)
    assert zero - up == pytest.approx(down - zero)
    _left, top, _right, bottom = image.area
    assert zero == pytest.approx((top + bottom) / 2)
    assert up == pytest.approx(zero - 3 / plot((9.0, 3, 1)).difference_limit * (bottom - top) / 2)


def test_every_dot_is_seen_in_the_text_s_colour_in_both_themes(look, light):
    for one in (look, light):
        image = plot((3.0, 2, 1), (9.0, -1, 1), (15.0, 4, 1)).draw(one)
        ground, text = colour(one.colours.background), colour(one.colours.text)
        for (place,) in image.marks:
            share = (colour_at(image, place) - ground) / (text - ground)
            assert share.min() > 0.6


def test_more_equal_pairs_make_a_larger_dot(look):
    def width_of(image, place):
        ground = colour(look.colours.background)
        row = pixels(image)[round(place[1] - 0.5)].astype(int)
        return int((np.abs(row - ground).max(axis=1) > 60).sum())

    once, often = (plot((9.0, 1, count), (3.0, 3, 10)).draw(look) for count in (1, 9))
    assert width_of(often, often.marks[0][0]) > 2 * width_of(once, once.marks[0][0])


def test_a_line_and_the_band_of_its_interval_lie_at_their_values(look):
    image = plot((9.0, 0, 1), lines=limits(-3.0, 1.0, 3.0)).draw(look)
    reach = plot((9.0, 0, 1), lines=limits(-3.0, 1.0, 3.0)).difference_limit
    left, top, _right, bottom = image.area

    def at(value):
        return colour_at(image, (left + 3, (top + bottom) / 2 - value / reach * (bottom - top) / 2))

    ground = colour(look.colours.background)
    assert np.abs(at(1.0) - colour(look.colours.accent)).max() < 40
    for value in (-3.2, 0.8, 3.2):
        assert not is_near(at(value), ground)
    for value in (-2.5, 2.5):
        assert is_near(at(value), ground)


def test_one_reading_has_a_line_without_a_band(look):
    alone = (
        AgreementLine("mean +2.0", 2.0, NOTHING, NOTHING, False),
        AgreementLine("+1.96 SD", NOTHING, NOTHING, NOTHING, True),
    )
    image = plot((9.0, 2, 1), lines=alone).draw(look)
    assert len(image.marks) == 1
    assert plot((9.0, 2, 1), lines=alone).difference_limit == 6


@pytest.mark.parametrize(("difference", "reach"), [(0, 6), (5, 6), (6, 8), (18, 20)])
def test_the_difference_axis_is_even_and_never_shorter_than_six(difference, reach):
    assert plot((9.0, difference, 1), (9.0, 0, 1)).difference_limit == reach


@pytest.mark.parametrize("font_px", [10.0, 13.0, 26.0])
def test_nothing_is_cut_off_at_the_edges(look, font_px):
    small = replace(look, width_px=round(25 * font_px), height_px=round(18 * font_px), font_px=font_px)
    image = plot((0.0, 0, 3), (18.0, 0, 9), (9.0, 6, 1), lines=limits(-4.0, 0.1, 4.0)).draw(small)
    assert not drawn_at_the_edges(image)


def test_names_of_lines_at_one_place_stand_apart_in_their_order():
    assert set_apart([1.0, 1.0, 1.0], 0.5) == pytest.approx([1.5, 1.0, 0.5], abs=0.2)
    apart = set_apart([0.0, 0.1, 3.0], 0.5)
    assert apart[1] - apart[0] >= 0.499
    assert apart[2] == 3.0
