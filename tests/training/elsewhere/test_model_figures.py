import numpy as np
import pytest

from tests.training.elsewhere.conftest import certain
from training.elsewhere.answers import Answer
from training.elsewhere.model_figures import figures_of_card, part_figures
from training.evaluation.estimates import Measure
from training.evaluation.statistics_of_rows import mean


def measured(answers):
    scored = [answer for answer in answers.values() if answer.score is not None]
    totals = [answer.score.total for answer in scored]
    return [Measure("mean", mean(totals), tuple(answer.patient for answer in scored), len(scored))]


OLD = {
    name: certain(name, digits, patient=name) for name, digits in (("a", "111111"), ("b", "222222"), ("c", "000000"))
}
NEW = {
    name: certain(name, digits, patient=name) for name, digits in (("a", "011111"), ("b", "122222"), ("d", "333333"))
}


def test_models_are_compared_on_the_images_that_both_have_scored():
    answers = {"1.0": OLD, "2.0": NEW | {"c": Answer("c", "c", rejection=("not-adult", "A child."))}}
    found = part_figures("p", answers, measured)
    assert [(figure.by, figure.value, figure.images) for model in found.of_models.values() for figure in model] == [
        ("1.0", 6, 3),
        ("2.0", pytest.approx((5 + 11 + 18) / 3), 3),
    ]
    (difference,) = found.differences
    assert (difference.by, difference.value, difference.images) == ("2.0 − 1.0", -1, 2)
    assert (difference.low, difference.high) == (-1, -1)


def test_rejections_are_compared_too_where_they_are_what_is_measured():
    def rejected(answers):
        patients = tuple(answer.patient for answer in answers.values())
        return [
            Measure("rejected", mean([answer.score is None for answer in answers.values()]), patients, len(patients))
        ]

    answers = {"1.0": OLD, "2.0": OLD | {"c": Answer("c", "c", rejection=("not-adult", "A child."))}}
    (difference,) = part_figures("p", answers, rejected, scored_only=False).differences
    assert (difference.value, difference.images) == (pytest.approx(1 / 3), 3)


def test_figures_whose_rows_each_model_chooses_itself_stand_side_by_side_without_a_difference():
    def severe(answers):
        chosen = [answer for answer in answers.values() if answer.score.total > 5]
        return [Measure("severe", mean([1.0] * len(chosen)), tuple(answer.patient for answer in chosen), len(chosen))]

    found = part_figures("p", {"1.0": OLD, "2.0": NEW}, severe)
    assert [len(figures) for figures in found.of_models.values()] == [1, 1]
    assert found.differences == []


def test_a_model_without_answers_has_no_figures():
    found = part_figures("p", {"1.0": {}, "2.0": NEW}, measured, [("reader", measured(OLD)[0])])
    assert found.of_models["1.0"] == found.differences == []
    assert [(figure.by, figure.value) for figure in found.of_others] == [("reader", 6)]


def test_the_card_states_cross_validated_figures():
    error = {"mean_absolute_error": 0.49, "interval_95": [0.45, 0.53], "mean_error": -0.1, "correlation": 0.7}
    calibration = {"temperature_helps": True, "tempered": {"ece": 0.02}, "as_trained": {"ece": 0.04}}
    readers = {"median_floor": {}, "ha": {"zones": error, "global": error | {"mean_error": -0.4}}}
    card = {"cross_validation": {"images": 138, "patients": 103, "readers": readers, "calibration": calibration}}
    found = figures_of_card("cohen-scored", "3.0.0", card)
    assert [figure.value for figure in found] == [0.49, 0.49, -0.4, 0.7, 0.02]
    assert (found[0].low, found[0].high, found[0].images, found[0].patients) == (0.45, 0.53, 138, 103)
    assert np.isnan(found[2].low)
    assert figures_of_card("cohen-scored", "3.0.0", {}) == []
