import dataclasses
from pathlib import Path

import numpy as np
import pytest

from bsnet_core.model.network_config import BSNetConfig
from bsnet_core.model.weights import build_model
from tests.training.data_set_layouts import both_lungs, lung_image
from training.datasets.opacity_boxes import LungClass
from training.datasets.sample import Sample
from training.images.prepared_images import PreparedImages
from training.predictions.found_lungs import FoundLungs, find_lungs, lungs_cut_out

CONFIG = BSNetConfig(
    encoder="timm-tf_efficientnet_lite0",
    decoder="unet",
    decoder_channels=(16, 16, 8, 8, 8),
    side_px=64,
    alignment_side_px=64,
)


def cut_out():
    image = lung_image()
    image[~both_lungs()] = 0
    return image


def prepared():
    samples = [Sample(Path("a"), "rsna-1", lung_class=LungClass.NORMAL), Sample(Path("b"), "ralo-1")]
    return PreparedImages(samples, np.stack([cut_out(), lung_image()]), np.zeros((2, 96, 96), np.uint8))


def test_cut_out_lungs_are_what_is_not_black():
    found = lungs_cut_out(cut_out())
    assert found.shape == (128, 128)
    assert found.mean() == pytest.approx(both_lungs().mean(), abs=0.01)


def test_lungs_are_found_once_and_kept(tmp_path):
    model = build_model(CONFIG)
    first = find_lungs(model, prepared(), tmp_path, "key")
    kept = find_lungs(None, prepared(), tmp_path, "key")
    np.testing.assert_array_equal(first.probability, kept.probability)
    np.testing.assert_array_equal(first.pose, kept.pose)


def test_the_pose_frames_the_lungs(tmp_path):
    found = find_lungs(build_model(CONFIG), prepared(), tmp_path, "key")
    assert found.are_there(0)
    # The drawn lungs reach from 0.11 to 0.89 of the width and from 0.17 to 0.83 of the height.
    assert found.pose[0, 0, 0] == pytest.approx(0.9, abs=0.15)
    assert found.pose[0, :, 2] == pytest.approx([0, 0], abs=0.05)


def test_an_image_without_lungs_is_known_as_such():
    nothing = FoundLungs(np.zeros((1, 128, 128), np.uint8), np.zeros((1, 2, 3), np.float32))
    assert not nothing.are_there(0)
    assert dataclasses.replace(nothing, probability=np.full((1, 128, 128), 255, np.uint8)).are_there(0)
