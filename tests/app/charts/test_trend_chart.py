import itertools
from dataclasses import replace
from datetime import datetime

import pytest

from app.charts.trend_chart import TrendContent, TrendPoint, columns_of
from tests.app.charts.conftest import colour, colour_at, drawn_at_the_edges, is_near, pixels

READERS = ("Dr. Rossi", "Dr. Bianchi")


def point(day, predicted=None, read=(), hour=12, is_current=False):
    """A point read by as many readers as there are scores, or by those named."""
    named = read.items() if isinstance(read, dict) else zip(READERS, read, strict=False)
    return TrendPoint(datetime(2020, 3, day, hour), predicted, tuple(named), is_current)


def trend(*points):
    return TrendContent(points, "predictions", "image shown")


def test_marks_lie_by_time_and_score(look):
    drawing = trend(point(1, 3, (5, 0)), point(3, 12), point(11, None, (18,)))
    image = drawing.draw(look)
    assert [len(marks) for marks in image.marks] == [3, 1, 1]
    columns = [marks[0][0] for marks in image.marks]
    assert (columns[1] - columns[0]) / (columns[2] - columns[0]) == pytest.approx(0.2)
    assert {x for x, _y in image.marks[0]} == {columns[0]}
    zero, top = image.marks[0][2][1], image.marks[2][0][1]
    for total, (_x, y) in ((3, image.marks[0][0]), (5, image.marks[0][1]), (12, image.marks[1][0])):
        assert y == pytest.approx(zero + (top - zero) * total / 18)
    left, upper, right, lower = image.area
    assert all(left < x < right and upper < y < lower for marks in image.marks for x, y in marks)


def test_a_disc_is_seen_where_a_prediction_lies_and_an_open_diamond_where_a_reading_does(look, light):
    for one in (look, light):
        image = trend(point(1, 3), point(5, None, (10,))).draw(one)
        (disc,), (diamond,) = image.marks
        text, accent, ground = (colour(name) for name in (one.colours.text, one.colours.accent, one.colours.background))
        assert is_near(colour_at(image, disc), text)
        assert is_near(colour_at(image, diamond), ground)
        right = [colour_at(image, (diamond[0] + dx, diamond[1])) for dx in range(4, 13)]
        assert any(is_near(seen, accent) for seen in right)


def colours_between(image, first, last):
    """The colours halfway between two marks, a few pixels around the straight line between them."""
    (x0, y0), (x1, y1) = first, last
    steps = [share / 40 for share in range(12, 29)]
    return [
        colour_at(image, (x0 + (x1 - x0) * step, y0 + (y1 - y0) * step + dy)) for step in steps for dy in (-1, 0, 1)
    ]


def are_joined(look, first, second):
    """Whether anything is drawn between two marks whose way crosses no line of the grid."""
    image = trend(first, second).draw(look)
    ground = colour(look.colours.background)
    return any(not is_near(seen, ground) for seen in colours_between(image, image.marks[0][0], image.marks[1][0]))


def test_only_scores_by_the_same_reader_or_the_network_are_joined(look):
    by_rossi, by_bianchi = ({reader: 11} for reader in READERS)
    assert are_joined(look, point(1, 7), point(20, 11))
    assert are_joined(look, point(1, None, {"Dr. Rossi": 7}), point(20, None, by_rossi))
    assert not are_joined(look, point(1, None, {"Dr. Rossi": 7}), point(20, None, by_bianchi))
    assert not are_joined(look, point(1, 7), point(20, None, by_rossi))


def test_every_reader_has_a_line_of_the_legend(look):
    narrow = replace(look, width_px=220)
    heights = [
        trend(point(1, 9, {f"Dr. Longname {number}": 3 for number in range(count)})).draw(narrow).area[3]
        for count in (1, 2, 3)
    ]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] - heights[2] > look.font_px
    assert trend(point(1, 9, {"A": 1, "B": 2}), point(2, 9, {"C": 3, "A": 1})).readers == ("A", "B", "C")


def test_more_films_give_more_marks(look):
    def drawn_in_text_colour(count):
        image = trend(*(point(day, 9) for day in range(1, count + 1))).draw(look)
        places = [colour_at(image, marks[0]) for marks in image.marks]
        return sum(is_near(seen, colour(look.colours.text)) for seen in places)

    assert [drawn_in_text_colour(count) for count in (1, 2, 7)] == [1, 2, 7]


def test_the_film_shown_is_shaded_and_no_other(look):
    image = trend(point(1, 9), point(5, 9, is_current=True), point(9, 9)).draw(look)
    zero = image.area[3] - 14
    grounds = [colour_at(image, (marks[0][0] + 4, zero)) for marks in image.marks]
    assert [is_near(seen, colour(look.colours.background)) for seen in grounds] == [True, False, True]


def test_films_of_one_day_are_set_apart(look):
    image = trend(*(point(1, total, hour=total) for total in range(3)), point(30, 4)).draw(look)
    columns = [marks[0][0] for marks in image.marks]
    assert min(later - earlier for earlier, later in itertools.pairwise(columns)) > 15


def test_films_of_one_moment_share_the_width_and_one_film_stands_in_the_middle():
    moment = datetime(2020, 3, 1)
    assert columns_of([moment], (10, 110), 20) == [60]
    assert columns_of([moment] * 3, (0, 100), 20) == [25, 50, 75]
    assert columns_of([], (0, 100), 20) == []


def test_more_films_than_there_is_room_for_stay_within_the_chart():
    columns = columns_of([datetime(2020, 3, 1, 0, minute) for minute in range(60)], (0, 100), 20)
    assert columns[0] == 0
    assert columns[-1] == pytest.approx(100)
    assert columns == sorted(columns)


@pytest.mark.parametrize("font_px", [10.0, 13.0, 26.0])
@pytest.mark.parametrize("width", [180, 260, 500])
def test_nothing_is_cut_off_at_the_edges(look, font_px, width):
    width = max(width, round(9 * font_px))
    narrow = replace(look, width_px=width, height_px=round(15 * font_px), font_px=font_px)
    image = trend(point(1, 18, (18,)), point(5, 0, (0,)), point(30, 18, is_current=True)).draw(narrow)
    assert not drawn_at_the_edges(image)


def test_a_longer_key_takes_more_lines(look):
    short = trend(point(1, 9)).draw(look)
    words = replace(trend(point(1, 9, (3, 4))), prediction_label="what the network said of it")
    assert words.draw(replace(look, width_px=260)).area[3] < short.area[3] - look.font_px


def test_a_picture_with_the_same_scores_tells_no_more_whichever_film_is_current():
    before = trend(point(1, 3), point(5, 12, is_current=True))
    assert trend(point(1, 3, is_current=True), point(5, 12), point(9, 1)).shows_all_of(before)
    assert not trend(point(1, 3)).shows_all_of(before)
    assert not trend(point(1, 3), point(5, None, (12,))).shows_all_of(before)


def test_dark_and_light_differ_in_ground_and_marks(look, light):
    drawing = trend(point(1, 3), point(5, 12))
    dark, bright = drawing.draw(look), drawing.draw(light)
    assert dark.marks == bright.marks
    assert pixels(dark).mean() < 80
    assert pixels(bright).mean() > 200
