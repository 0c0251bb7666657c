"""A small whole network, and drawn images that it can explain."""

import cv2
import numpy as np
import pytest
import torch

from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Attention, BSNetConfig
from bsnet_core.model.weights import build_model, save_model


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
