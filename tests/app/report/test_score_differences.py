import pytest

from app.report.score_differences import describe_total_difference, describe_zone_difference, signed
from bsnet_core.agreement import compare_scores
from bsnet_core.brixia import BrixiaScore


def difference(score, reference):
    return compare_scores(BrixiaScore.from_text(score), BrixiaScore.from_text(reference))


@pytest.mark.parametrize(("number", "text"), [(-1, "−1"), (0, "0"), (2, "+2")])
def test_a_difference_has_its_sign_and_zero_has_none(number, text):
    assert signed(number) == text


def test_the_limits_themselves_are_accepted():
    at_limit = difference("111000", "000100")
    assert describe_total_difference(at_limit, "one minus other") == (
        "Global difference +2 (one minus other): within the accepted ±2."
    )
    half = difference("111000", "000000")
    assert describe_zone_difference(half) == "Mean zone difference 0.50: within the accepted 0.5."
    assert describe_total_difference(half, "a minus b").endswith("outside the accepted ±2.")
    assert describe_zone_difference(at_limit) == "Mean zone difference 0.67: outside the accepted 0.5."
