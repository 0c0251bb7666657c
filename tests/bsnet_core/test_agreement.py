import csv

import numpy as np
import pytest

from bsnet_core.agreement import (
    agreement_table,
    bland_altman,
    cohen_kappa,
    compare_scores,
    confusion_matrix,
    dice,
    fleiss_kappa,
    grouped_bootstrap_interval,
    iou,
    mean_with_interval,
    quadratic_weighted_kappa,
    student_quantile,
    summarise_errors,
)
from bsnet_core.brixia import ZONES, BrixiaScore, Zone


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 7, 10, 19, 30, 100, 1000, 9999])
def test_student_s_quantile_is_that_of_the_tables(degrees):
    from scipy.special import stdtrit

    assert student_quantile(degrees) == pytest.approx(stdtrit(degrees, 0.975), rel=2e-4)
    assert student_quantile(degrees, 0.99) == pytest.approx(stdtrit(degrees, 0.995), rel=2e-3)


def test_the_interval_of_a_mean_is_the_one_computed_by_hand():
    # 1 2 3 4 5: SD 1.5811, standard error 0.7071, quantile of 4 degrees 2.7764
    found = mean_with_interval([1, 2, 3, 4, 5])
    assert found.value == 3
    assert (found.low, found.high) == pytest.approx((3 - 1.9632, 3 + 1.9632), abs=1e-3)
    alone = mean_with_interval([2.0])
    assert alone.value == 2
    assert np.isnan([alone.low, alone.high]).all()
    with pytest.raises(ValueError, match="at least one value"):
        mean_with_interval([])


def test_the_confusion_matrix_has_the_reference_in_its_rows():
    matrix = confusion_matrix(reference=[0, 0, 3, 2], predicted=[0, 1, 2, 2])
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize(("power", "expected"), [(0, 0.5), (1, 0.5816993464052287), (2, 0.6164383561643836)])
def test_kappas_are_those_that_scikit_learn_gives(power, expected):
    mine = [0, 0, 1, 2, 3, 3, 2, 1, 0, 1, 2, 3, 1, 1, 2, 0]
    other = [0, 1, 1, 2, 3, 2, 2, 0, 0, 1, 3, 3, 1, 2, 2, 3]
    assert cohen_kappa(mine, other, power=power) == pytest.approx(expected)
    assert np.isnan(cohen_kappa([1, 1], [1, 1], power=power))


def test_fleiss_kappa_of_his_worked_example():
    # Ten subjects, fourteen raters, five categories: the table of counts in Wikipedia's "Fleiss' kappa".
    counts = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    scores = [[category for category, votes in enumerate(row) for _ in range(votes)] for row in counts]
    assert fleiss_kappa(scores, n_classes=5) == pytest.approx(0.210, abs=0.0005)
    assert fleiss_kappa([[0, 0, 0], [3, 3, 3]]) == 1
    assert np.isnan(fleiss_kappa([[2, 2], [2, 2]]))
    with pytest.raises(ValueError, match="two readers"):
        fleiss_kappa([[1], [2]])


def test_the_limits_of_agreement_are_those_computed_by_hand():
    first, second = [10, 12, 8, 14, 6], [9, 12, 10, 11, 5]  # differences 1 0 −2 3 1
    found = bland_altman(first, second)
    assert found.mean_difference.value == pytest.approx(0.6)
    assert found.sd == pytest.approx(1.81659, abs=1e-5)
    assert found.lower_limit.value == pytest.approx(0.6 - 1.95996 * 1.81659, abs=1e-4)
    assert found.upper_limit.value == pytest.approx(0.6 + 1.95996 * 1.81659, abs=1e-4)
    # sqrt(1/5 + 1.96²/8) = 0.82472; × SD = 1.49818; × 2.77645 = 4.15961
    assert found.upper_limit.high - found.upper_limit.value == pytest.approx(4.1596, abs=1e-3)
    assert found.lower_limit.value - found.lower_limit.low == pytest.approx(4.1596, abs=1e-3)
    assert np.isnan(bland_altman([1], [2]).upper_limit.value)


def test_a_difference_counts_inside_and_outside_the_accepted_error():
    near = compare_scores(BrixiaScore.from_text("112233"), BrixiaScore.from_text("111222"))
    assert near.differing == (Zone.C, Zone.E, Zone.F)
    assert (near.total, near.mean_absolute) == (3, 0.5)
    assert near.zones_are_accepted
    assert not near.total_is_accepted
    cancelling = compare_scores(BrixiaScore.from_text("330000"), BrixiaScore.from_text("003300"))
    assert cancelling.total == 0
    assert cancelling.total_is_accepted
    assert not cancelling.zones_are_accepted


def test_the_table_counts_films_zone_by_zone_and_as_a_whole():
    predicted = np.array([[0, 1, 2, 3, 0, 1], [1, 1, 1, 1, 1, 1], [3, 3, 3, 3, 3, 3]])
    reference = np.array([[0, 1, 2, 3, 0, 1], [1, 1, 1, 1, 1, 0], [2, 2, 2, 3, 3, 3]])
    table = agreement_table(predicted, reference)
    assert table.total.count == table.all_zones.count == 3
    assert table.zones[Zone.A].mean_error.value == pytest.approx(1 / 3)
    assert table.zones[Zone.D].mean_absolute_error.value == 0
    assert table.zones[Zone.F].accepted_share == pytest.approx(2 / 3)
    assert table.total.mean_error.value == pytest.approx(4 / 3)
    assert table.total.accepted_share == pytest.approx(2 / 3)
    assert table.all_zones.accepted_share == 1
    assert table.all_zones.weighted_kappa == pytest.approx(quadratic_weighted_kappa(predicted, reference))
    totals = mean_with_interval([0, 1, 3])
    assert table.total.mean_absolute_error == totals
    with pytest.raises(ValueError, match="6"):
        agreement_table(predicted[:, :5], reference[:, :5])


def test_intervals_do_not_take_zones_of_one_film_as_independent():
    rng = np.random.default_rng(1)
    off = rng.integers(0, 2, (40, 1))
    reference = np.ones((40, len(ZONES)), dtype=int)
    table = agreement_table(reference + off, reference)  # all six zones of a film are wrong together
    assert table.all_zones.mean_absolute_error == table.zones[Zone.A].mean_absolute_error


def test_two_radiologists_published_readings_agree_as_published(shared_data):
    with (shared_data / "cohen" / "brixia-scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    senior = np.array([[int(row[f"S-{zone}"]) for zone in "ABCDEF"] for row in rows])
    junior = np.array([[int(row[f"J-{zone}"]) for zone in "ABCDEF"] for row in rows])
    table = agreement_table(junior, senior)
    assert table.all_zones.mean_absolute_error.value == pytest.approx(0.41, abs=0.03)
    # Between two readers, Fleiss' kappa differs from Cohen's only in taking both to use the scores alike.
    kappa = cohen_kappa(junior, senior)
    assert 0.3 < kappa < 0.6
    assert fleiss_kappa(np.stack([junior.ravel(), senior.ravel()], axis=1)) == pytest.approx(kappa, abs=0.03)


def test_errors_are_signed_absolute_and_correlated():
    summary = summarise_errors([1, 2, 3, 4], [1, 1, 3, 6])
    assert summary.mean_error == -0.25
    assert summary.mean_absolute_error == 0.75
    assert summary.correlation == pytest.approx(np.corrcoef([1, 2, 3, 4], [1, 1, 3, 6])[0, 1])
    assert np.isnan(summarise_errors([1, 1], [1, 2]).correlation)
    with pytest.raises(ValueError, match="same"):
        summarise_errors([], [])


def test_dice_and_iou_of_known_masks():
    first, second = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    assert dice(first, second) == iou(first, second) == 1
    first[:2], second[1:3] = True, True
    assert dice(first, second) == 0.5
    assert iou(first, second) == pytest.approx(1 / 3)


def test_weighted_kappa_is_1_for_agreement_0_for_chance_and_punishes_distance():
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 4, 5000)
    assert quadratic_weighted_kappa(reference, reference) == 1
    assert abs(quadratic_weighted_kappa(rng.integers(0, 4, 5000), reference)) < 0.05
    near, far = (reference + 1).clip(max=3), 3 - reference
    assert quadratic_weighted_kappa(near, reference) > quadratic_weighted_kappa(far, reference)


def test_the_bootstrap_draws_whole_patients():
    values = np.r_[np.zeros(50), np.ones(50)]
    by_image = grouped_bootstrap_interval(values, np.arange(100))
    by_patient = grouped_bootstrap_interval(values, np.repeat([0, 1], 50))
    assert by_image[0] > 0.3
    assert by_patient == (0.0, 1.0)


def test_the_junior_radiologists_published_labels_give_the_known_mae(shared_data):
    import csv

    with (shared_data / "cohen" / "brixia-scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    senior = np.array([[int(row[f"S-{zone}"]) for zone in "ABCDEF"] for row in rows])
    junior = np.array([[int(row[f"J-{zone}"]) for zone in "ABCDEF"] for row in rows])
    assert len(rows) == 138
    assert summarise_errors(junior, senior).mean_absolute_error == pytest.approx(0.41, abs=0.03)
    floor = summarise_errors(np.tile(np.median(senior, axis=0), (138, 1)), senior)
    assert floor.mean_absolute_error == pytest.approx(0.82, abs=0.01)
