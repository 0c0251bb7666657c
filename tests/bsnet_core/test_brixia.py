import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsnet_core.brixia import ZONES, BrixiaScore, Zone

scores = st.tuples(*[st.integers(0, 3)] * 6).map(BrixiaScore)


def test_zones_a_b_c_are_the_left_column_of_the_grid_from_top_to_bottom():
    assert BrixiaScore((0, 1, 2, 3, 2, 1)).grid.tolist() == [[0, 3], [1, 2], [2, 1]]


@given(scores)
def test_grid_and_text_give_the_same_score_back(score):
    assert BrixiaScore.from_grid(score.grid) == score
    assert BrixiaScore.from_text(str(score)) == score


@given(scores)
def test_mirroring_exchanges_the_lungs_and_twice_is_nothing(score):
    mirrored = score.mirrored()
    assert mirrored[Zone.A] == score[Zone.D]
    assert mirrored[Zone.F] == score[Zone.C]
    assert mirrored.mirrored() == score
    assert mirrored.total == score.total


def test_lost_leading_zeros_are_put_back():
    assert BrixiaScore.from_text("12") == BrixiaScore((0, 0, 0, 0, 1, 2))


@pytest.mark.parametrize("text", ["", "4", "1234567", "12x", "-1", "00 12"])
def test_text_that_is_no_score_is_refused(text):
    with pytest.raises(ValueError, match="Brixia score"):
        BrixiaScore.from_text(text)


@pytest.mark.parametrize("zones", [(0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 4), (0, 0, 0, 0, 0, -1)])
def test_zones_out_of_range_are_refused(zones):
    with pytest.raises(ValueError, match="six zones of 0 to 3"):
        BrixiaScore(zones)


@pytest.mark.parametrize("shape", [(2, 3), (6,), (3, 2, 1)])
def test_a_grid_of_another_shape_is_refused(shape):
    # (2, 3) holds as many numbers as (3, 2), in another order.
    with pytest.raises(ValueError, match="3 rows and 2 columns"):
        BrixiaScore.from_grid(np.zeros(shape, dtype=int))


@given(scores)
def test_the_mirrored_grid_is_the_grid_with_its_columns_exchanged(score):
    assert score.mirrored().grid.tolist() == score.grid[:, ::-1].tolist()


@given(scores)
def test_the_total_is_the_sum_over_zones_and_over_the_grid(score):
    assert score.total == sum(score[zone] for zone in ZONES) == score.grid.sum()


def test_t_score_counts_affected_zones():
    assert BrixiaScore((0, 1, 3, 0, 2, 0)).t_score == 3


def test_zone_places_match_the_patient():
    assert [zone.name for zone in ZONES if zone.is_patient_right] == ["A", "B", "C"]
    assert (Zone.F.row, Zone.F.column) == (2, 1)
    assert Zone.B.mirrored is Zone.E
