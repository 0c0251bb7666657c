from training.elsewhere.figure_table import as_markdown, short
from training.elsewhere.targets import target_of
from training.evaluation.estimated_figures import Figure

NAN = float("nan")
FIGURES = [
    Figure("nih", "share over 3", "3.0.0-aaaa", 0.6891, 0.5, 0.8, 106, 61),
    Figure("nih", "share over 3", "4.0.0-bbbb", 0.1, 0.05, 0.2, 106, 61),
    Figure("nih", "share over 3", "4.0.0-bbbb − 3.0.0-aaaa", -0.589, -0.7, -0.4, 106, 61),
    Figure("nih", "median", "3.0.0-aaaa", 5.0, NAN, NAN, 106, 61),
    Figure("nih", "median", "authors' network", 2.0, NAN, NAN, 353, 300),
    Figure("ralo", "r", "3.0.0-aaaa", 0.7, 0.6, 0.8, 425, 88),
]


def test_each_figure_has_a_line_with_all_models_their_difference_and_the_others():
    head, _, share, median = as_markdown("nih", FIGURES, ["3.0.0-aaaa", "4.0.0-bbbb"]).splitlines()
    assert head == "| figure | target | 3.0.0 | 4.0.0 | 4.0.0 − 3.0.0 | others on these images | images / patients |"
    assert share == (
        "| share over 3 | ≤ 0.1 | 0.689 (0.500 to 0.800) | **0.100 (0.050 to 0.200)** "
        "| −0.589 (−0.700 to −0.400) | – | 106 / 61 |"
    )
    assert median == "| median |  | 5.000 | – | – | authors' network 2.000, 353 images | 106 / 61 |"


def test_a_model_is_shown_without_the_digits_of_its_hash():
    assert short("4.0.0-bbbb − 3.0.0-aaaa") == "4.0.0 − 3.0.0"


def test_a_target_is_reached_within_its_ends():
    bias = target_of("nih", "bias of the expected global score against 0")
    assert bias is not None
    assert [bias.is_met(value) for value in (-0.31, -0.3, 0.3, 0.31, NAN)] == [False, True, True, False, False]
    assert target_of("nih", "no such figure") is None
