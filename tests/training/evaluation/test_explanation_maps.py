import dataclasses

import numpy as np
import pytest
import torch
from skimage.transform import resize

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Mode
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Attention, BSNetConfig
from tests.app.predictions import SIDE, prediction
from training.evaluation.explanation_maps import grad_cam, quickshift_partition, slic_partition, superpixel_map


def test_the_slic_variant_has_about_as_many_super_pixels(sample_prediction):
    quickshift = quickshift_partition(sample_prediction)
    slic = slic_partition(sample_prediction)
    assert slic.shape == quickshift.shape
    assert set(np.unique(slic)) == set(range(int(slic.max()) + 1))
    assert 0.6 < (slic.max() + 1) / (quickshift.max() + 1) < 1.4


def test_grad_cam_is_a_map_of_the_network_image_that_depends_on_the_zone(predictor, sample_prediction):
    maps = [grad_cam(predictor, sample_prediction, zone).values for zone in (ZONES[1], ZONES[5])]
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
        shown = grad_cam(by_hand, result, zone)
        assert shown.mode is None
        assert shown.values[:: SIDE - 1, :: SIDE - 1] == pytest.approx(expected, abs=1e-6)  # the corners
        enlarged = resize(expected, (SIDE, SIDE), order=1, mode="edge", anti_aliasing=False)
        assert shown.values == pytest.approx(enlarged, abs=1e-4)


def squares(of_image):
    """Sixteen square super-pixels."""
    rows = np.arange(of_image.network_image.shape[0]) // 16
    return (4 * rows[:, None] + rows[None, :]).astype(np.int32)


@pytest.mark.parametrize("mode", list(Mode))
def test_the_map_is_how_far_masking_a_super_pixel_lowers_the_predicted_class_in_its_place(small, image_file, mode):
    result = small.predict(load_radiograph(image_file))
    zone = Zone.B
    made = superpixel_map(mode, squares)(small, result, zone)
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
