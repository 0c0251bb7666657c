import pytest

from training.datasets.peer_predictions import PeerPredictions


def test_expected_values_follow_from_the_probabilities():
    zones = ((1.0, 0, 0, 0), (0, 0, 0, 1.0), (0.5, 0.5, 0, 0), (0.25,) * 4, (0, 0, 1.0, 0), (0.1, 0.2, 0.3, 0.4))
    assert PeerPredictions(authors_probabilities=zones).authors_expected == pytest.approx((0, 3, 0.5, 1.5, 2, 2))
    assert PeerPredictions(pxs=4.0).authors_expected is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"authors_global": 19},
        {"authors_probabilities": ((0.25,) * 4,) * 5},
        {"authors_probabilities": ((0.5, 0.5),) * 6},
        {"authors_probabilities": ((0.5, 0.4, 0, 0),) * 6},
        {"authors_probabilities": ((1.2, -0.2, 0, 0),) * 6},
        {"authors_probabilities": ((float("nan"), 0, 0, 1),) * 6},
    ],
)
def test_what_no_network_can_have_said_is_rejected(wrong):
    with pytest.raises(ValueError, match=r"0 to 18|six zones|add up to 1"):
        PeerPredictions(**wrong)
