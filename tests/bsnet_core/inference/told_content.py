"""A content check that says of every image what a test tells it to."""

import torch

from bsnet_core.inference.content_check import save_content_check
from bsnet_core.inference.content_image import STATISTICS
from bsnet_core.inference.content_limits import ContentLimits
from bsnet_core.model.backbone import level_channels
from bsnet_core.model.card import load_card
from bsnet_core.model.content_head import (
    COARSE_GRID,
    ROTATIONS,
    ContentHead,
    ContentOutput,
    distance_feature_count,
)
from bsnet_core.model.weights import load_model

LIMITS = ContentLimits(
    least_chest=0.5,
    least_chest_scored=0.2,
    most={output.name.lower(): 0.5 for output in ContentOutput},
    largest_distance=1e6,
)


def feature_count(channels):
    *_, finest, fine, coarse, coarsest = channels
    return (coarse + coarsest) * (1 + COARSE_GRID**2) + 2 * (fine + finest) + STATISTICS


def told_head(channels, *outputs):
    """Says that every image is a chest radiograph in order, except for `outputs`."""
    head = ContentHead(feature_count(channels), 4, distance_feature_count(channels), 3, 2)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.zero_()
        head.last.bias -= 5
        head.last.bias[ContentOutput.CHEST] = 5
        head.last.bias[ROTATIONS] = torch.tensor([8.0, 0, 0, 0])
        for output in outputs:
            head.last.bias[output] = 20.0
    return head.eval()


def write_told_check(folder, *outputs, limits=LIMITS):
    """Writes such a check into a model folder."""
    model, card = load_model(folder)
    save_content_check(folder, told_head(level_channels(model.encoder), *outputs), limits, card.sha256, {})
    return load_card(folder)
