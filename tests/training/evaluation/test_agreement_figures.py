import csv

import numpy as np
import pytest

from training.evaluation import estimates
from training.evaluation.agreement_figures import (
    AVERAGE,
    CORRELATION,
    GLOBAL,
    ICC,
    KAPPA,
    MAE,
    MEAN_ERROR,
    P_VALUE,
    POOLED,
    SD,
    WEIGHTED_KAPPA,
    agreement_figures,
    difference_figures,
)

TRUTH = np.array([[0, 1, 2, 3, 0, 0], [1, 1, 2, 3, 1, 0], [3, 3, 3, 2, 2, 1], [0, 0, 1, 0, 0, 2]])
SHOWN = np.array([[0, 2, 2, 3, 1, 0], [1, 0, 2, 2, 1, 0], [2, 3, 3, 3, 3, 1], [0, 0, 1, 0, 1, 2]])
PATIENTS = ("a", "a", "b", "c")


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    monkeypatch.setattr(estimates, "DRAWS", 200)


def by_place(figures):
    return {(figure.part, figure.name): figure for figure in figures}


def values(figures):
    return {place: figure.value for place, figure in by_place(figures).items()}


def test_errors_are_those_worked_by_hand():
    found = values(agreement_figures("model", SHOWN, TRUTH, PATIENTS))
    # Zone A: 0 0 -1 0. Zone B: 1 -1 0 0. Zone D: 0 -1 1 0. Zone E: 1 0 1 1. C and F are right.
    assert found["A", MEAN_ERROR] == -0.25
    assert found["A", MAE] == 0.25
    assert found["A", SD] == pytest.approx(np.sqrt(0.25 * 0.75))
    assert (found["B", MEAN_ERROR], found["B", MAE], found["B", SD]) == (0, 0.5, 0.5)
    assert (found["C", MAE], found["C", CORRELATION], found["C", KAPPA]) == (0, pytest.approx(1), 1)
    assert found[AVERAGE, MAE] == found[POOLED, MAE] == pytest.approx((1 + 2 + 0 + 2 + 3 + 0) / 24)
    # Global scores 6 8 14 3 against 8 6 15 4.
    assert found[GLOBAL, MEAN_ERROR] == pytest.approx((2 - 2 + 1 + 1) / 4)
    assert found[GLOBAL, MAE] == 1.5
    assert found[GLOBAL, SD] == 0.5


def test_the_average_of_the_zones_is_the_mean_of_their_figures_and_not_that_of_all_zones_together():
    found = values(agreement_figures("model", SHOWN, TRUTH, PATIENTS))
    for name in (SD, CORRELATION, WEIGHTED_KAPPA):
        assert found[AVERAGE, name] == pytest.approx(np.mean([found[zone, name] for zone in "ABCDEF"]))
    assert found[AVERAGE, CORRELATION] != pytest.approx(found[POOLED, CORRELATION])


def test_kappas_and_p_values_are_those_of_other_implementations():
    sklearn_metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn, of the extra dev")
    from scipy.stats import t

    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, (60, 6))
    shown = np.clip(truth + rng.integers(-1, 2, truth.shape), 0, 3)
    found = values(agreement_figures("model", shown, truth, [str(number) for number in range(60)]))
    kappa = sklearn_metrics.cohen_kappa_score
    assert found["B", KAPPA] == pytest.approx(kappa(shown[:, 1], truth[:, 1]))
    assert found["B", WEIGHTED_KAPPA] == pytest.approx(kappa(shown[:, 1], truth[:, 1], weights="quadratic"))
    totals = shown.sum(axis=1), truth.sum(axis=1)
    assert found[GLOBAL, WEIGHTED_KAPPA] == pytest.approx(kappa(*totals, labels=range(19), weights="quadratic"))
    r = np.corrcoef(*totals)[0, 1]
    assert found[GLOBAL, CORRELATION] == pytest.approx(r)
    assert found[GLOBAL, P_VALUE] == pytest.approx(2 * t.sf(abs(r) * np.sqrt(58 / (1 - r**2)), 58), rel=1e-6)
    assert (AVERAGE, P_VALUE) not in found


def test_intervals_take_patients_as_independent_and_hold_the_figure():
    rng = np.random.default_rng(1)
    truth = np.repeat(rng.integers(0, 4, (20, 6)), 4, axis=0)
    shown = np.repeat(np.clip(truth[::4] + rng.integers(-1, 2, (20, 6)), 0, 3), 4, axis=0)
    by_patient = by_place(agreement_figures("m", shown, truth, np.repeat(np.arange(20), 4).astype(str).tolist()))
    by_image = by_place(agreement_figures("m", shown, truth, [str(number) for number in range(80)]))
    for name in (MAE, CORRELATION, ICC):
        wide, narrow = by_patient[GLOBAL, name], by_image[GLOBAL, name]
        assert wide.low < wide.value < wide.high
        assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
        assert (wide.images, wide.patients) == (80, 20)


def test_a_zone_that_never_varies_has_errors_and_no_correlation():
    found = values(agreement_figures("model", np.zeros_like(TRUTH), TRUTH, PATIENTS))
    assert found["A", MEAN_ERROR] == -1
    assert np.isnan(found["A", CORRELATION])
    assert np.isnan(found["A", P_VALUE])


def test_a_difference_is_paired():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 4, (40, 6))
    other = np.clip(truth + rng.integers(-1, 2, truth.shape), 0, 3)
    better = np.where(rng.random(truth.shape) < 0.1, truth, other)
    patients = [str(number) for number in range(40)]
    difference = by_place(difference_figures("m − o", (better, other), truth, patients))[AVERAGE, MAE]
    alone = [by_place(agreement_figures("x", scores, truth, patients))[AVERAGE, MAE] for scores in (better, other)]
    assert difference.value == pytest.approx(alone[0].value - alone[1].value)
    assert alone[0].high > alone[1].low, "the two intervals overlap"
    assert difference.high < 0, "and yet the first is better on the same images"


def test_the_second_radiologist_against_the_first_on_the_138_images_is_as_counted_from_the_file(shared_data):
    with (shared_data / "cohen" / "brixia-scores.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    senior, junior = (np.array([[int(row[f"{reader}-{z}"]) for z in "ABCDEF"] for row in rows]) for reader in "SJ")
    found = values(agreement_figures("junior", junior, senior, [row["image"] for row in rows]))
    # Counted row by row, without numpy and without the project's code.
    zones = sum(abs(int(row[f"J-{zone}"]) - int(row[f"S-{zone}"])) for row in rows for zone in "ABCDEF")
    totals = sum(abs(int(row["J-Global"]) - int(row["S-Global"])) for row in rows)
    assert found[AVERAGE, MAE] == pytest.approx(zones / (6 * len(rows)))
    assert found[GLOBAL, MAE] == pytest.approx(totals / len(rows))
