"""Windows of maps, read and written as runs of memory, against the same done cell by cell."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bsnet_core.explanation.fast.window_places import (
    KeptMap,
    WindowPlaces,
    as_rows,
    fill_beyond,
    mirrored,
    places_around,
    shared_parts,
    taken,
    taken_from_windows,
)

HEIGHT, WIDTH, CHANNELS = 9, 7, 3


@pytest.fixture
def level():
    return torch.randn(1, CHANNELS, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(1))


def places(height, width, *corners):
    tops, lefts = (np.array(side, dtype=np.intp) for side in zip(*corners, strict=True))
    return WindowPlaces(tops, lefts, height, width)


def cell_by_cell(level, where, fill):
    found = torch.full((len(where.tops), where.height, where.width, CHANNELS), fill)
    for number, (top, left) in enumerate(zip(where.tops, where.lefts, strict=True)):
        for row in range(where.height):
            for column in range(where.width):
                y, x = top + row, left + column
                if 0 <= y < HEIGHT and 0 <= x < WIDTH:
                    found[number, row, column] = level[0, :, y, x]
    return found


def test_windows_of_a_map_hold_its_cells(level):
    where = places(4, 3, (0, 0), (5, 4), (2, 1))
    cells = as_rows(level).view(-1, CHANNELS)
    assert torch.equal(taken(cells, WIDTH, where), cell_by_cell(level, where, 0.0))


def test_cells_that_do_not_lie_one_after_the_other_are_refused(level):
    cells = level[0].flatten(1).T
    with pytest.raises(RuntimeError):
        taken(cells, WIDTH, places(2, 2, (0, 0)))


@pytest.mark.parametrize("fill", [0.0, -np.inf])
def test_a_kept_map_is_filled_up_beyond_its_border(level, fill):
    kept = KeptMap(level)
    for where in (
        places(3, 3, (0, 0), (6, 4)),
        places(4, 5, (-1, -1), (6, 3), (2, 1)),
        places(6, 5, (-3, -2), (6, 4)),
        places(3, 3, (-1, 5), (0, 0)),
    ):
        assert torch.equal(kept.windows(where, fill), cell_by_cell(level, where, fill))


def test_a_kept_map_may_be_asked_for_another_filling(level):
    kept, where = KeptMap(level), places(3, 3, (-1, -1), (7, 5))
    for fill in (0.0, -np.inf, 0.0):
        assert torch.equal(kept.windows(where, fill), cell_by_cell(level, where, fill))


def test_what_lies_beyond_the_map_is_overwritten_and_nothing_else(level):
    where = places(5, 4, (-2, -1), (6, 5), (1, 1), (-1, 5))
    windows = KeptMap(level).windows(where, 7.0)
    fill_beyond(windows, where, KeptMap(level), -1.0)
    assert torch.equal(windows, cell_by_cell(level, where, -1.0))


def test_smaller_windows_are_taken_from_larger_ones(level):
    outer = places(6, 5, (0, 0), (3, 2), (2, 1))
    inner = places(3, 2, (2, 3), (3, 2), (5, 4))
    assert inner.lie_within(outer)
    found = taken_from_windows(cell_by_cell(level, outer, 0.0), outer, inner)
    assert torch.equal(found, cell_by_cell(level, inner, 0.0))


@pytest.mark.parametrize("corner", [(1, 2), (4, 2), (2, 1), (2, 5)])
def test_windows_that_stick_out_do_not_lie_within(corner):
    assert not places(3, 2, (2, 2), corner).lie_within(places(4, 4, (2, 2), (2, 2)))


corners = st.lists(st.tuples(st.integers(-3, 8), st.integers(-3, 8)), min_size=1, max_size=5)


def numbered(where):
    """(B, h, w): a number for every place of the map that a window lies on, the same in all windows."""
    rows = where.tops[:, None, None] + np.arange(where.height)[:, None]
    return 100 * rows + where.lefts[:, None, None] + np.arange(where.width)


@given(corners, st.data(), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_shared_parts_are_the_places_that_both_windows_hold(firsts, data, height, width, other_height, other_width):
    seconds = data.draw(st.lists(st.sampled_from(firsts), min_size=len(firsts), max_size=len(firsts)))
    ones, others = places(height, width, *firsts), places(other_height, other_width, *seconds)
    found = np.zeros((len(firsts), height, width), dtype=bool)
    for here, there in shared_parts(ones, others):
        assert np.array_equal(numbered(ones)[here], numbered(others)[there])
        assert not found[here].any()
        found[here] = True
    expected = [np.isin(one, other) for one, other in zip(numbered(ones), numbered(others), strict=True)]
    assert np.array_equal(found, expected)


def test_windows_around_boxes_hold_them_and_are_of_one_size_within_the_map():
    boxes = np.array([[0, 2, 0, 1], [7, 9, 4, 7], [3, 6, 2, 4]])
    found = places_around(boxes, HEIGHT, WIDTH)
    assert (found.height, found.width) == (3, 3)
    assert found.overhang(HEIGHT, WIDTH) == 0
    for (top, bottom, left, right), row, column in zip(boxes, found.tops, found.lefts, strict=True):
        assert row <= top <= bottom <= row + 3
        assert column <= left <= right <= column + 3


def test_boxes_of_the_mirror_image_are_mirrored():
    level = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    boxes = np.array([[1, 4, 0, 3], [5, 9, 2, 7]])
    for (top, bottom, left, right), (up, down, first, end) in zip(boxes, mirrored(boxes, WIDTH), strict=True):
        assert np.array_equal(level[:, ::-1][up:down, first:end], level[top:bottom, left:right][:, ::-1])
