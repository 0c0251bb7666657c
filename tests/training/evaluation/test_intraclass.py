import numpy as np
import pytest

from training.evaluation.intraclass import intraclass_correlation

# Shrout and Fleiss 1979, Table 2: six subjects, four judges.
PRINTED = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_the_worked_example_gives_the_figures_that_shrout_and_fleiss_print():
    found = intraclass_correlation(PRINTED)
    assert found.agreement == pytest.approx(0.29, abs=0.005)
    assert found.consistency == pytest.approx(0.71, abs=0.005)


def test_a_reader_who_always_scores_one_more_is_consistent_and_does_not_agree():
    scores = np.array([0, 1, 2, 3, 3, 0])
    found = intraclass_correlation(np.stack([scores, scores + 1], axis=1))
    assert found.consistency == pytest.approx(1)
    # By hand: between images 2 × 9.5 / 5 = 3.8, between readers 3, error 0, so 3.8 / (3.8 + 2 / 6 × 3).
    assert found.agreement == pytest.approx(3.8 / 4.8)


def test_nothing_that_varies_gives_no_figure():
    found = intraclass_correlation(np.full((5, 2), 2))
    assert np.isnan([found.agreement, found.consistency]).all()
    with pytest.raises(ValueError, match="two images and two readers"):
        intraclass_correlation([[1, 2]])
