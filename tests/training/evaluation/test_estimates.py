import numpy as np
import pytest

from bsnet_core.agreement import grouped_bootstrap_interval
from training.evaluation.estimates import Measure, drawn_rows, estimate, estimate_difference
from training.evaluation.statistics_of_rows import mean

PATIENTS = ("a", "a", "b", "c", "c", "c", "d", "e")
VALUES = [1.0, 3, 2, 5, 6, 4, 0, 9]


def measure(values=VALUES, patients=PATIENTS):
    return Measure("mean", mean(values), tuple(patients), len(patients))


def test_a_draw_takes_whole_patients_and_as_many_as_there_are():
    for rows in drawn_rows(PATIENTS, 50):
        drawn = [PATIENTS[row] for row in rows]
        times = {patient: drawn.count(patient) / PATIENTS.count(patient) for patient in set(drawn)}
        assert all(count == int(count) for count in times.values())
        assert sum(times.values()) == 5


def test_the_interval_of_a_mean_is_that_of_the_bootstrap_by_groups():
    found = estimate(measure(), draws=4000)
    assert found.value == pytest.approx(np.mean(VALUES))
    expected = grouped_bootstrap_interval(VALUES, PATIENTS, draws=4000, seed=1)
    assert (found.low, found.high) == pytest.approx(expected, abs=0.3)


def test_a_paired_difference_of_models_that_err_alike_is_certain():
    better = [value - 1 for value in VALUES]
    found = estimate_difference(measure(better), measure())
    assert (found.value, found.low, found.high) == pytest.approx((-1, -1, -1))
    # Not paired, the interval of the difference would be as wide as that of the means.
    alone = estimate(measure())
    assert alone.high - alone.low > 1


def test_only_the_same_rows_are_compared():
    with pytest.raises(ValueError, match="same rows"):
        estimate_difference(measure(), measure(VALUES[:-1], PATIENTS[:-1]))


def test_no_rows_and_draws_without_a_figure_give_no_number():
    assert np.isnan(estimate(measure([], [])).value)
    one = estimate(Measure("r", lambda rows: float("nan"), PATIENTS, 8))
    assert np.isnan([one.value, one.low, one.high]).all()
