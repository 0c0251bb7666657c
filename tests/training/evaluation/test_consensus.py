import numpy as np
import pytest

from training.evaluation.consensus import consensus_of


def scores(*digits):
    return np.array([[int(digit) for digit in text] for text in digits])


def test_the_majority_decides_and_where_there_is_none_the_most_senior():
    senior, second, third = scores("012301"), scores("110320"), scores("102330")
    # Zones: 0 1 1 → 1; 1 1 0 → 1; 2 0 2 → 2; 3 3 3 → 3; 0 2 3 → senior's 0; 1 0 0 → 0.
    assert consensus_of([senior, second, third]).tolist() == [[1, 1, 2, 3, 0, 0]]


def test_of_equal_pairs_that_of_the_most_senior_reader_counts():
    four = scores("000000"), scores("111111"), scores("111111"), scores("000000")
    assert consensus_of(four).tolist() == [[0] * 6]
    assert consensus_of(four[1:3] + four[:1] + four[3:]).tolist() == [[1] * 6]
    # The senior reader alone is outvoted by either pair; of the pairs, the one with the more senior member counts.
    five = scores("333333"), *four[1:3], *four[:1], *four[3:]
    assert consensus_of(five).tolist() == [[1] * 6]


def test_one_reader_has_no_consensus():
    with pytest.raises(ValueError, match="two readers"):
        consensus_of([scores("000000")])
