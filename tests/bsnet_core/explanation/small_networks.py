"""Small networks with random weights that the tests of explanation maps share."""

from dataclasses import replace

import numpy as np
import torch

from bsnet_core.explanation.fast.approximations import Approximations
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import BSNetConfig
from bsnet_core.model.statistics_head import StatisticsHead
from bsnet_core.model.weights import build_model, save_model

FULL_PRECISION = Approximations(tolerance=0.0, trusted_lungs=None, half_precision=False)


EVERY_DIRECTION = replace(FULL_PRECISION, directions=6)


TOLERANCE = 1e-4
"""Float32 in another order of summation, and batch norm folded into convolutions; on probabilities."""


SMALL = dict(
    encoder="resnet18",
    decoder_channels=(16, 8, 8, 4, 4),
    side_px=64,
    alignment_side_px=32,
    # Random heads hardly tell classes apart: a low temperature makes their probabilities react.
    temperature=0.01,
)


def small_predictor(folder, **changes):
    """A whole model on a small square with random weights: it reacts to masking, and a pass takes milliseconds."""
    torch.manual_seed(0)
    config = BSNetConfig(**(SMALL | changes))
    model = build_model(config)
    if isinstance(model, BSNet):
        with torch.no_grad():
            # "Lungs" everywhere, so that the picture is not refused, and an alignment that follows them.
            torch.nn.init.constant_(model.segmentation.head[0].bias, 3.0)
            torch.nn.init.normal_(model.alignment.matrix.weight, std=0.02)
            for head in model.heads.values():
                if isinstance(head, StatisticsHead):
                    torch.nn.init.normal_(head.weight)
    # Random statistics, so that folding batch norm wrongly would show.
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.8, 1.2)
    save_model(folder, model, ModelCard("small", "0", config, "", "", ""))
    return Predictor.load(folder, "cpu")


def plain_contribution(predictor, prediction, labels, index):
    """p_i - p_0 by a plain loop over the predictor."""
    masked = np.where(labels == index, np.float32(0), prediction.network_image)
    return predictor.zone_probabilities(masked[None])[0] - prediction.zone_probabilities
