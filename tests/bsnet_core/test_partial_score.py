import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsnet_core.agreement import agreement_table, compare_scores
from bsnet_core.brixia import ZONES, BrixiaScore, Zone
from bsnet_core.partial_score import (
    NOT_ASSESSABLE,
    PartialScore,
    assessed_zones,
    entries_of,
    highest_total,
    read_score_from_text,
    score_of_entries,
)

ENTRIES = st.tuples(*[st.sampled_from([NOT_ASSESSABLE, 0, 1, 2, 3])] * 6)


@given(ENTRIES)
def test_a_reading_is_the_same_after_writing_and_loading_it(values):
    entries = dict(zip(ZONES, values, strict=True))
    score = score_of_entries(entries)
    assert read_score_from_text(str(score)) == score
    assert entries_of(score) == entries
    assert score.total == sum(value for value in values if value != NOT_ASSESSABLE)
    assert highest_total(score) == 3 * len(assessed_zones(score))
    assert isinstance(score, BrixiaScore) == (NOT_ASSESSABLE not in values)


@pytest.mark.parametrize("zones", [(1, 2, 3), (None, 4, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0), (-1, 0, 0, 0, 0, None)])
def test_what_is_no_partial_score_is_rejected(zones):
    with pytest.raises(ValueError, match=r"score|reading"):
        PartialScore(zones)


@pytest.mark.parametrize("text", ["x", "01x23", "01x2345", "0xx4²1", "y00000", "x00004"])
def test_what_is_no_written_reading_is_rejected(text):
    with pytest.raises(ValueError, match=r"score|reading"):
        read_score_from_text(text)


def test_a_draft_without_all_zones_has_no_score():
    with pytest.raises(ValueError, match="six zones"):
        score_of_entries({Zone.A: 1})


def test_scores_are_compared_over_the_zones_that_both_have():
    difference = compare_scores(BrixiaScore.from_text("223000"), read_score_from_text("x12001"))
    assert difference.zones == {Zone.B: 1, Zone.C: 1, Zone.D: 0, Zone.E: 0, Zone.F: -1}
    assert (difference.total, difference.mean_absolute) == (1, 3 / 5)
    assert not difference.is_whole
    assert not difference.total_is_accepted
    assert difference.differing == (Zone.B, Zone.C, Zone.F)


def test_agreement_leaves_out_zones_that_were_not_assessable_and_their_global_score():
    predicted, read = [[1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2]], [[-1, 1, 1, 1, 1, 0], [2, 2, 2, 2, 2, 1]]
    table = agreement_table(predicted, read)
    assert table.zones[Zone.A].count == 1
    assert table.zones[Zone.B].count == 2
    assert table.total.count == 1
    assert table.total.mean_error.value == 1
    assert table.all_zones.count == 2
    assert table.all_zones.mean_absolute_error.value == pytest.approx((1 / 5 + 1 / 6) / 2)
    nothing = agreement_table([[0] * 6], [[-1] * 6])
    assert nothing.total is nothing.all_zones is nothing.zones[Zone.F] is None
