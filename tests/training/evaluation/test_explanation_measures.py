import dataclasses
import math

import numpy as np
import pytest

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Mode
from bsnet_core.frames import apply
from bsnet_core.loading import load_radiograph
from tests.app.predictions import SIDE, prediction
from training.evaluation.explanation_maps import MadeMap, methods
from training.evaluation.explanation_measures import (
    MEASURES,
    NOISE,
    STEPS,
    area_under,
    curve,
    lesion_auroc,
    measure,
    points_into_lungs,
    share_in_zone,
    share_of_weight,
    stability,
    zone_to_explain,
)
from training.evaluation.outlines import Outlines


class Counting:
    """The share of white places in the left half is the probability of class 1 in zone A: known curves."""

    def zone_probabilities(self, images):
        left = images[:, :, : images.shape[2] // 2].mean(axis=(1, 2))
        result = np.zeros((len(images), 3, 2, 4), dtype=np.float32)
        result[:, 0, 0, 1] = left
        result[:, 0, 0, 0] = 1 - left
        return result


@pytest.fixture
def white():
    return dataclasses.replace(prediction("100000"), network_image=np.ones((SIDE, SIDE), dtype=np.float32))


def left_half(value=1.0):
    shown = np.zeros((SIDE, SIDE), dtype=np.float32)
    shown[:, : SIDE // 2] = value
    return shown


def test_a_true_map_deletes_early_and_inserts_early(white):
    true, wrong = left_half(), left_half(-1.0)
    deleted = [curve(Counting(), white, ZONES[0], shown, inserting=False) for shown in (true, wrong)]
    inserted = [curve(Counting(), white, ZONES[0], shown, inserting=True) for shown in (true, wrong)]
    # The probability falls in a straight line over the first half of the places, or stays for that half and then falls.
    fall, rise = [1 - 0.2 * step for step in range(6)], [0.2 * step for step in range(6)]
    assert deleted[0] == pytest.approx([*fall, *[0.0] * 5], abs=0.01)
    assert deleted[1] == pytest.approx([*[1.0] * 5, *fall], abs=0.01)
    assert inserted[0] == pytest.approx([*rise, *[1.0] * 5], abs=0.01)
    assert inserted[1] == pytest.approx([*[0.0] * 5, *rise], abs=0.01)
    areas = [area_under(heights) for heights in (*deleted, *inserted)]
    assert areas == pytest.approx([0.25, 0.75, 0.75, 0.25], abs=0.01)


def test_pointing_takes_the_middle_of_the_strongest_super_pixel():
    result = prediction()
    shown = np.zeros((SIDE, SIDE), dtype=np.float32)
    shown[20:40, 10:30] = 1.0  # its middle lies in the first lung, its corner does not
    assert points_into_lungs(result, shown)
    shown[2:6, 2:6] = 2.0
    assert not points_into_lungs(result, shown)


@pytest.mark.parametrize("zone", ZONES)
def test_weight_within_the_zone_s_crop_counts_and_no_other(zone):
    result = prediction(angle_deg=10)
    middle = [[(0.25 + 0.5 * zone.column) * SIDE, (0.15, 0.5, 0.85)[zone.row] * SIDE]]
    ((x, y),) = apply(result.frames.aligned_to_network, middle)
    shown = np.zeros((SIDE, SIDE), dtype=np.float32)
    shown[int(y), int(x)] = 3.0
    shown[0, 0] = 1.0
    shown[-1, -1] = -5.0
    assert share_in_zone(result, zone, shown) == pytest.approx(0.75)
    assert np.isnan(share_in_zone(result, zone, np.zeros_like(shown)))


def test_weight_within_an_area_is_a_share_of_the_positive_weight():
    shown, inside = left_half(2.0), np.zeros((SIDE, SIDE), dtype=np.bool_)
    inside[: SIDE // 2] = True
    shown[0, -1] = -50.0
    assert share_of_weight(shown, inside) == pytest.approx(0.5)
    assert math.isnan(share_of_weight(-left_half(), inside))


def test_lesion_auroc_ranks_disease_against_the_rest_of_the_lungs_only():
    lungs, disease = np.zeros((2, SIDE, SIDE), dtype=np.bool_)
    lungs[:, : SIDE // 2], disease[:, : SIDE // 4] = True, True
    shown = left_half()
    shown[:, : SIDE // 4] = 2.0
    shown[:, -1] = 9.0  # outside the lungs
    assert lesion_auroc(shown, Outlines(lungs, disease)) == 1.0
    assert lesion_auroc(-shown, Outlines(lungs, disease)) == 0.0
    assert lesion_auroc(np.ones_like(shown), Outlines(lungs, disease)) == 0.5
    assert math.isnan(lesion_auroc(shown, Outlines(lungs, lungs)))


def test_the_zone_of_the_highest_score_is_explained_and_none_where_all_are_zero():
    assert zone_to_explain(prediction("012301")) is ZONES[3]
    assert zone_to_explain(prediction("000000")) is None


def test_every_method_is_measured_on_an_image(small, image_file):
    result = small.predict(load_radiograph(image_file))
    results = measure(small, result, Zone.C, "a.png", methods(Mode.EXACT, small))
    assert [each.method for each in results] == ["black (exact)", "SLIC (exact)", "Grad-CAM", "brightness"]
    whole = result.probabilities_of(Zone.C)[result.score[Zone.C]]
    black = small.zone_probabilities(np.zeros((1, 64, 64), np.float32))[0, 2, 0, result.score[Zone.C]]
    for each in results:
        assert (each.image, each.zone, each.score) == ("a.png", "C", result.score[Zone.C])
        assert list(each.values) == list(MEASURES)
        deletion, insertion = each.curves["deletion"], each.curves["insertion"]
        assert len(deletion) == len(insertion) == STEPS + 1
        assert (deletion[0], deletion[-1]) == pytest.approx((whole, black), abs=1e-4)
        assert (insertion[0], insertion[-1]) == pytest.approx((black, whole), abs=1e-4)
        assert each.values["deletion_auc"] == pytest.approx(area_under(deletion))
        assert each.values["pointing"] in (0.0, 1.0)
        assert not each.values["stability"] >= 1  # nan where a map is even
    assert len({each.curves["deletion"] for each in results}) == 4


def test_stability_sees_what_faint_noise_changes(white):
    seen = []

    def of_the_image(predictor, result, zone):
        seen.append(result.network_image)
        return MadeMap(result.network_image, result.network_image)

    grey = np.linspace(0.5, 0.5 + NOISE, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    result = dataclasses.replace(white, network_image=grey)
    found = stability(Counting(), result, ZONES[0], grey, of_the_image)
    assert 0.1 < found < 0.6  # the noise is stronger than what the image shows
    noise = seen[0] - grey
    assert noise.std() == pytest.approx(NOISE, rel=0.05)
    assert abs(noise.mean()) < NOISE / 10
    even = stability(Counting(), result, ZONES[0], np.zeros_like(grey), of_the_image)
    assert math.isnan(even)
    deaf = stability(Counting(), result, ZONES[0], grey, lambda *_: MadeMap(grey, grey))
    assert deaf == pytest.approx(1)
