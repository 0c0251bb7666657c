import json

import numpy as np
import pytest

from bsnet_core.brixia import ZONES
from bsnet_core.explanation import Mode
from bsnet_core.frames import apply
from tests.app.predictions import SIDE, prediction
from training import explanations
from training.cli import build_parser
from training.explanations import Measured, curve_auc, points_into_lungs, share_in_zone, summary, table, zone_to_explain


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
    from dataclasses import replace

    return replace(prediction("100000"), network_image=np.ones((SIDE, SIDE), dtype=np.float32))


def left_half(value=1.0):
    shown = np.zeros((SIDE, SIDE), dtype=np.float32)
    shown[:, : SIDE // 2] = value
    return shown


def test_a_true_map_deletes_early_and_inserts_early(white):
    true, wrong = left_half(), left_half(-1.0)
    deleted = [curve_auc(Counting(), white, ZONES[0], shown, inserting=False) for shown in (true, wrong)]
    inserted = [curve_auc(Counting(), white, ZONES[0], shown, inserting=True) for shown in (true, wrong)]
    # The probability falls in a straight line over the first half of the places, or stays for that half and then falls.
    assert deleted == pytest.approx([0.25, 0.75], abs=0.01)
    assert inserted == pytest.approx([0.75, 0.25], abs=0.01)


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


def test_the_zone_of_the_highest_score_is_explained_and_none_where_all_are_zero():
    assert zone_to_explain(prediction("012301")) is ZONES[3]
    assert zone_to_explain(prediction("000000")) is None


def test_means_leave_out_films_without_a_number():
    def measured(film, share):
        values = dict.fromkeys(explanations.MEASURES, 0.5) | {"share_in_zone": share}
        return Measured(film, "A", 1, "Grad-CAM", values)

    results = [measured("a", 0.2), measured("b", float("nan")), measured("c", 0.4)]
    assert summary(results)["Grad-CAM"]["share_in_zone"] == pytest.approx(0.3)
    assert "3 films" in table(results)


def test_the_slic_variant_has_about_as_many_super_pixels(sample_prediction):
    quickshift = explanations.quickshift_partition(sample_prediction)
    slic = explanations.slic_partition(sample_prediction)
    assert slic.shape == quickshift.shape
    assert set(np.unique(slic)) == set(range(int(slic.max()) + 1))
    assert 0.6 < (slic.max() + 1) / (quickshift.max() + 1) < 1.4


def test_grad_cam_is_a_map_of_the_network_image_that_depends_on_the_zone(predictor, sample_prediction):
    maps = [explanations.grad_cam(predictor, sample_prediction, zone) for zone in (ZONES[1], ZONES[5])]
    for shown in maps:
        assert shown.shape == sample_prediction.network_image.shape
        assert shown.min() >= 0
    assert not np.allclose(*maps)


def test_the_command_writes_its_figures(tmp_path, monkeypatch):
    """With maps that cost nothing: the whole measurement takes minutes a film."""
    from bsnet_core.resources import sample_files

    def by_brightness(predictor, prediction, zone):
        return prediction.network_image

    monkeypatch.setattr(explanations, "methods", lambda mode: {"brightness": by_brightness})
    monkeypatch.setattr(explanations, "STEPS", 2)
    out = tmp_path / "maps.json"
    text = explanations.evaluate_explanations(None, sample_files()[0].parent, 1, Mode.FAST, out)
    assert "brightness" in text
    written = json.loads(out.read_text())
    assert written["means"]["brightness"]["stability"] > 0.9
    assert len(written["films"]) == 1
    assert not out.with_name("maps.json.tmp").exists()


def test_the_command_is_there_with_its_arguments():
    arguments = build_parser().parse_args(["evaluate-explanations", "--data", "films", "--images", "7"])
    assert arguments.images == 7
    assert arguments.model is None
    assert not arguments.exact
