import numpy as np
import pytest

from bsnet_core.agreement import (
    dice,
    grouped_bootstrap_interval,
    iou,
    quadratic_weighted_kappa,
    summarise_errors,
)
from bsnet_core.frames import Frames
from bsnet_core.model.network_config import Aspect
from bsnet_core.quality import lungs_are_missing, quality_notes

FRAMES = Frames.fit((800, 800), 128, Aspect.STRETCH)
SURE = np.tile(np.array([0.9, 0.1, 0.0, 0.0], np.float32), (3, 2, 1))


def lungs(*boxes):
    probability = np.zeros((128, 128), np.float32)
    for top, bottom, left, right in boxes:
        probability[top:bottom, left:right] = 1
    return probability


TWO = lungs((20, 110, 15, 55), (20, 110, 75, 115))


def notes(probability=TWO, frames=FRAMES, zones=SURE, blank_share=0.0):
    return " ".join(quality_notes(probability, frames, zones, blank_share=blank_share))


def test_two_good_lungs_need_no_note():
    assert notes() == ""


def test_each_fault_has_its_own_note():
    angle = np.radians(30)
    turned = FRAMES.with_alignment([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    unsure = SURE.copy()
    unsure[1, 1] = [0.3, 0.3, 0.35, 0.05]
    assert "only 4%" in notes(lungs((20, 50, 20, 32), (20, 50, 80, 90)))
    assert "91%" in notes(lungs((0, 128, 0, 58), (0, 128, 70, 128)))
    assert "3 large pieces" in notes(lungs((20, 60, 15, 55), (70, 110, 15, 55), (20, 110, 75, 115)))
    assert "Only one lung" in notes(lungs((20, 110, 15, 75)))
    assert "30°" in notes(frames=turned)
    assert "small" in notes(frames=Frames.fit((300, 300), 128, Aspect.STRETCH))
    assert "empty" in notes(blank_share=0.7)
    assert "zone E" in notes(zones=unsure)


def test_missing_lungs_are_noticed():
    assert lungs_are_missing(lungs((0, 5, 0, 5)), FRAMES)
    assert not lungs_are_missing(TWO, FRAMES)


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
