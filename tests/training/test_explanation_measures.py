import dataclasses
import json
import math

import cv2
import numpy as np
import pytest
import torch
from skimage.transform import resize

from bsnet_core.agreement import grouped_bootstrap_interval
from bsnet_core.backends import admission
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Mode
from bsnet_core.frames import apply
from bsnet_core.loading import load_radiograph
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Attention, BSNetConfig
from bsnet_core.model.weights import build_model, save_model
from bsnet_core.prediction import Predictor
from tests.app.predictions import SIDE, prediction
from training import explanation_measures
from training.cli import build_parser, main
from training.explanation_measures import (
    NOISE,
    STEPS,
    MadeMap,
    Measured,
    area_under,
    curve,
    differences,
    mean_curves,
    points_into_lungs,
    share_in_zone,
    summary,
    table,
    zone_to_explain,
)


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


def test_the_zone_of_the_highest_score_is_explained_and_none_where_all_are_zero():
    assert zone_to_explain(prediction("012301")) is ZONES[3]
    assert zone_to_explain(prediction("000000")) is None


def measured(image, method="Grad-CAM", height=0.5, **values):
    curves = dict.fromkeys(("deletion", "insertion"), (height,) * (STEPS + 1))
    return Measured(image, "A", 1, method, dict.fromkeys(explanation_measures.MEASURES, 0.5) | values, curves)


def test_means_leave_out_images_without_a_number():
    results = [measured(image, share_in_zone=share) for image, share in (("a", 0.2), ("b", math.nan), ("c", 0.4))]
    assert summary(results)["Grad-CAM"]["share_in_zone"] == pytest.approx(0.3)
    assert "3 images" in table(results)


def test_mean_curves_are_kept_by_method():
    results = [measured("a", height=0.2), measured("b", height=0.4), measured("a", "SLIC", height=0.9)]
    kept = mean_curves(results)
    assert kept["Grad-CAM"]["deletion"] == pytest.approx([0.3] * (STEPS + 1))
    assert kept["SLIC"]["insertion"] == pytest.approx([0.9] * (STEPS + 1))


def test_the_first_map_is_compared_with_every_other_one_image_by_image_with_intervals():
    of_first, of_other = (0.1, 0.5, 0.4, 0.9), (0.3, 0.4, 0.7, math.nan)
    results = [measured(str(image), "quickshift (fast)", deletion_auc=value) for image, value in enumerate(of_first)]
    # In another order and with an image that only it has: pairs are found by image.
    results += [measured(str(image), "SLIC (fast)", deletion_auc=of_other[image]) for image in (3, 2, 1, 0)]
    results += [measured("alone", "SLIC (fast)", deletion_auc=9.0)]
    results += [measured("0", "Grad-CAM", pointing=0.0)]
    compared = differences(results)
    assert list(compared) == ["SLIC (fast)", "Grad-CAM"]
    found = compared["SLIC (fast)"]["deletion_auc"]
    values = [-0.2, 0.1, -0.3]
    assert found.mean == pytest.approx(np.mean(values))
    assert found.interval_95 == pytest.approx(grouped_bootstrap_interval(values, [0, 1, 2]))
    assert found.interval_95[0] < found.mean < found.interval_95[1]
    assert found.images == 3
    # One image says nothing about others.
    assert (compared["Grad-CAM"]["pointing"].mean, compared["Grad-CAM"]["pointing"].interval_95) == (0.5, None)
    low, high = found.interval_95
    assert f"deletion_auc      -0.133 ({low:.3f} to {high:.3f})" in table(results)
    assert "0.500 (too few images)" in table(results)


def test_the_slic_variant_has_about_as_many_super_pixels(sample_prediction):
    quickshift = explanation_measures.quickshift_partition(sample_prediction)
    slic = explanation_measures.slic_partition(sample_prediction)
    assert slic.shape == quickshift.shape
    assert set(np.unique(slic)) == set(range(int(slic.max()) + 1))
    assert 0.6 < (slic.max() + 1) / (quickshift.max() + 1) < 1.4


def test_grad_cam_is_a_map_of_the_network_image_that_depends_on_the_zone(predictor, sample_prediction):
    maps = [explanation_measures.grad_cam(predictor, sample_prediction, zone).values for zone in (ZONES[1], ZONES[5])]
    for shown in maps:
        assert shown.shape == sample_prediction.network_image.shape
        assert shown.min() >= 0
    assert not np.allclose(*maps)


class ByHand(BSNet):
    """Two channels of four places: the image's quarters and their negatives. A counts the first, B the second."""

    def __init__(self, config):
        torch.nn.Module.__init__(self)
        self.config = config

    def encode(self, images):
        quarters = torch.nn.functional.adaptive_avg_pool2d(images, 2)
        return [images, torch.cat([quarters, 1 - quarters], dim=1)]

    def segment(self, features):
        return torch.ones_like(features[0])

    def align(self, probability):
        return torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]).expand(len(probability), 2, 3)

    def score(self, features, probability, alignment, attentions=None):
        first, second = features[-1].mean(dim=(-2, -1)).unbind(dim=1)
        logits = torch.zeros(len(first), 3, 2, 4)
        logits[:, 0, 0, 1] = 4 * first - 4 * second
        logits[:, 1, 0, 2] = 4 * second - 4 * first
        return {Attention.HARD: logits}


def test_grad_cam_of_a_network_whose_map_is_known_by_hand():
    config = BSNetConfig(side_px=SIDE, alignment_side_px=SIDE, attentions=(Attention.HARD,))
    by_hand = Predictor(ByHand(config), ModelCard("by hand", "0", config, "", "", ""), torch.device("cpu"))
    quarters = np.array([[1.0, 0.75], [0.25, 0.0]], dtype=np.float32)
    image = np.kron(quarters, np.ones((SIDE // 2, SIDE // 2), dtype=np.float32))
    result = dataclasses.replace(prediction("120000"), network_image=image)
    # Both logits are 0 here, so p = 1/4; a channel's weight is the mean of its gradient, p (1 - p) (+4 or -4) / 4.
    steepness = 0.25 * 0.75
    of_a = steepness * np.maximum(2 * quarters - 1, 0)
    of_b = steepness * np.maximum(1 - 2 * quarters, 0)
    for zone, expected in ((Zone.A, of_a), (Zone.B, of_b)):
        shown = explanation_measures.grad_cam(by_hand, result, zone)
        assert shown.mode is None
        assert shown.values[:: SIDE - 1, :: SIDE - 1] == pytest.approx(expected, abs=1e-6)  # the corners
        enlarged = resize(expected, (SIDE, SIDE), order=1, mode="edge", anti_aliasing=False)
        assert shown.values == pytest.approx(enlarged, abs=1e-4)


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    """The folder of a whole network on a small square, with random weights that react to masking."""
    torch.manual_seed(0)
    config = BSNetConfig(
        encoder="resnet18",
        decoder="unet",
        decoder_channels=(16, 8, 8, 4, 4),
        attentions=(Attention.HARD,),
        side_px=64,
        alignment_side_px=32,
        temperature=0.01,
    )
    model = build_model(config)
    with torch.no_grad():
        torch.nn.init.constant_(model.segmentation.head[0].bias, 3.0)  # lungs everywhere: nothing is rejected
    folder = tmp_path_factory.mktemp("small")
    save_model(folder, model, ModelCard("small", "0", config, "", "", ""))
    return folder


@pytest.fixture
def small(small_model):
    return Predictor.load(small_model, "cpu", backend="torch")


@pytest.fixture
def image_folder(tmp_path):
    """Two drawn images; they are smooth, so that they have few super-pixels."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name, opacity in (("a", 60), ("b", 90)):
        image = np.full((160, 160), 190, np.uint8)
        for x in (48, 112):
            cv2.ellipse(image, (x, 82), (24, 60), 0, 0, 360, 40, -1)
        cv2.circle(image, (48, 110), 16, 40 + opacity, -1)
        cv2.circle(image, (112, 60), 12, 40 + opacity, -1)
        cv2.imwrite(str(folder / f"{name}.png"), cv2.GaussianBlur(image, (0, 0), 4))
    return folder


@pytest.fixture
def image_file(image_folder):
    return image_folder / "a.png"


def squares(of_image):
    """Sixteen square super-pixels."""
    rows = np.arange(of_image.network_image.shape[0]) // 16
    return (4 * rows[:, None] + rows[None, :]).astype(np.int32)


@pytest.mark.parametrize("mode", list(Mode))
def test_the_map_is_how_far_masking_a_super_pixel_lowers_the_predicted_class_in_its_place(small, image_file, mode):
    result = small.predict(load_radiograph(image_file))
    zone = Zone.B
    made = explanation_measures.superpixel_map(mode, squares)(small, result, zone)
    assert made.mode is mode
    assert made.method("squares") == f"squares ({mode})"
    score, labels = result.score[zone], squares(result)
    falls = np.zeros(labels.shape, dtype=np.float32)
    for index in range(16):
        image = np.where(labels == index, np.float32(0), result.network_image)
        masked = small.zone_probabilities(image[None])[0, zone.row, zone.column, score]
        falls[labels == index] = result.probabilities_of(zone)[score] - masked
    assert falls.max() > 0.001 > -0.001 > falls.min()
    if mode is Mode.EXACT:
        assert made.values == pytest.approx(falls, abs=1e-5)
    else:
        assert np.corrcoef(made.values.ravel(), falls.ravel())[0, 1] > 0.5


def test_every_method_is_measured_on_an_image(small, image_file):
    result = small.predict(load_radiograph(image_file))
    results = explanation_measures.measure(small, result, Zone.C, "a.png", Mode.EXACT)
    assert [each.method for each in results] == ["quickshift (exact)", "SLIC (exact)", "Grad-CAM"]
    whole = result.probabilities_of(Zone.C)[result.score[Zone.C]]
    black = small.zone_probabilities(np.zeros((1, 64, 64), np.float32))[0, 2, 0, result.score[Zone.C]]
    for each in results:
        assert (each.image, each.zone, each.score) == ("a.png", "C", result.score[Zone.C])
        assert list(each.values) == list(explanation_measures.MEASURES)
        deletion, insertion = each.curves["deletion"], each.curves["insertion"]
        assert len(deletion) == len(insertion) == STEPS + 1
        assert (deletion[0], deletion[-1]) == pytest.approx((whole, black), abs=1e-4)
        assert (insertion[0], insertion[-1]) == pytest.approx((black, whole), abs=1e-4)
        assert each.values["deletion_auc"] == pytest.approx(area_under(deletion))
        assert each.values["pointing"] in (0.0, 1.0)
        assert not each.values["stability"] >= 1  # nan where a map is even
    assert len({each.curves["deletion"] for each in results}) == 3


def test_stability_sees_what_faint_noise_changes(white):
    seen = []

    def of_the_image(predictor, result, zone):
        seen.append(result.network_image)
        return MadeMap(result.network_image)

    grey = np.linspace(0.5, 0.5 + NOISE, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    result = dataclasses.replace(white, network_image=grey)
    found = explanation_measures.stability(Counting(), result, ZONES[0], grey, of_the_image)
    assert 0.1 < found < 0.6  # the noise is stronger than what the image shows
    noise = seen[0] - grey
    assert noise.std() == pytest.approx(NOISE, rel=0.05)
    assert abs(noise.mean()) < NOISE / 10
    even = explanation_measures.stability(Counting(), result, ZONES[0], np.zeros_like(grey), of_the_image)
    assert math.isnan(even)
    deaf = explanation_measures.stability(Counting(), result, ZONES[0], grey, lambda *_: MadeMap(grey))
    assert deaf == pytest.approx(1)


@pytest.mark.parametrize(("flags", "mode", "images"), [(["--exact"], "exact", 1), ([], "fast", 2)])
def test_the_command_measures_with_torch_and_writes_its_figures(
    small_model, image_folder, tmp_path, monkeypatch, capsys, flags, mode, images
):
    asked_for, choose = [], admission.choose_backend

    def choose_and_note(name, *rest):
        asked_for.append(name)
        return choose(name, *rest)

    monkeypatch.setattr(admission, "choose_backend", choose_and_note)
    out = tmp_path / "maps.json"
    command = [
        "evaluate-explanations",
        "--data",
        image_folder,
        "--model",
        small_model,
        "--images",
        images,
        "--out",
        out,
    ]
    assert main([*map(str, command), *flags]) == 0
    said = capsys.readouterr().out
    device = "cuda" if torch.cuda.is_available() else "cpu"
    assert f"computed by torch on {device}" in said
    assert asked_for == ["torch"]
    written = json.loads(out.read_text())
    methods = [f"quickshift ({mode})", f"SLIC ({mode})", "Grad-CAM"]
    assert (written["backend"], written["device"], written["mode"]) == ("torch", device, mode)
    assert list(written["means"]) == methods
    assert len({entry["film"] for entry in written["films"]}) == images
    for method in methods:
        assert method in said
        assert len(written["curves"][method]["deletion"]) == STEPS + 1
    assert written["differences"]["of"] == methods[0]
    compared = written["differences"]["minus"]
    assert list(compared) == methods[1:]
    for by_measure in compared.values():
        assert list(by_measure) == list(explanation_measures.MEASURES)
        interval = by_measure["deletion_auc"]["interval_95"]
        assert interval is None if images == 1 else interval[0] <= by_measure["deletion_auc"]["mean"] <= interval[1]
    assert not out.with_name("maps.json.tmp").exists()


def test_the_command_is_there_with_its_arguments():
    arguments = build_parser().parse_args(["evaluate-explanations", "--data", "images", "--images", "7"])
    assert arguments.images == 7
    assert arguments.model is None
    assert not arguments.exact
