import math

import numpy as np

from training.evaluation.agreement_document import agreement_table, pair_matrix
from training.evaluation.estimated_figures import Figure


def test_every_figure_stands_where_its_part_and_name_meet():
    nan = math.nan
    table = agreement_table(
        [Figure("A", "MAE", "x", 0.5, 0.4, 0.6, 9, 9), Figure("A", "p of CC", "x", 0.0002, nan, nan, 9, 9)]
    )
    head, _, first, *_rest = table.splitlines()
    assert head == "| part | MAE | p of CC |"
    assert first == "| A | 0.500 (0.400 to 0.600) | < 0.001 |"


def test_the_matrix_has_both_errors_of_every_pair():
    scores = {"one": np.array([[0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]])}
    scores["two"] = scores["one"] + np.array([[0, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1]])
    assert pair_matrix(scores).splitlines()[2:] == [
        "| one | – | 0.333 / 2.00 |",
        "| two | 0.333 / 2.00 | – |",
    ]
