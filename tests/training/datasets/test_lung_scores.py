import pytest

from training.datasets.lung_scores import LungScore, LungScores


def test_both_lungs_add_up():
    scores = LungScores(patients_right=LungScore(extent=3, opacity=1), patients_left=LungScore(extent=4, opacity=2))
    assert (scores.extent, scores.opacity) == (7, 3)


@pytest.mark.parametrize("wrong", [(5, 0), (0, 5), (-1, 0)])
def test_a_score_beyond_the_scale_is_none(wrong):
    with pytest.raises(ValueError, match="are 0 to 4"):
        LungScore(*wrong)
