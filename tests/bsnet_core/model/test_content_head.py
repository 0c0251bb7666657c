"""The head of the content check: what goes in and what comes out."""

import torch

from bsnet_core.model.content_head import (
    ROTATIONS,
    ContentHead,
    ContentOutput,
    content_features,
    distance_feature_count,
)
from tests.bsnet_core.inference.told_content import feature_count, told_head

CHANNELS = (3, 4, 5, 6)


def levels(number=2):
    torch.manual_seed(0)
    return [torch.rand(number, width, side, side) for width, side in zip(CHANNELS, (40, 20, 10, 5), strict=True)]


def features(number=2):
    from bsnet_core.inference.content_image import STATISTICS

    return content_features(levels(number), torch.rand(number, STATISTICS))


def test_features_begin_with_what_measures_the_distance():
    found, maps = features(), levels()
    assert found.shape == (2, feature_count(CHANNELS))
    means = torch.cat([maps[3].mean((2, 3)), maps[2].mean((2, 3))], dim=1)
    assert torch.allclose(found[:, : distance_feature_count(CHANNELS)], means)


def test_rotations_add_up_to_one_and_all_others_stand_alone():
    torch.manual_seed(1)
    head = ContentHead(feature_count(CHANNELS), 4, distance_feature_count(CHANNELS), 3, 2).eval()
    probabilities = head(features())
    assert probabilities.shape == (2, len(ContentOutput))
    assert torch.allclose(probabilities[:, ROTATIONS].sum(1), torch.ones(2))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_the_distance_is_to_the_nearest_source():
    head = told_head(CHANNELS)
    table = features(40)
    count = distance_feature_count(CHANNELS)
    head.axes.copy_(torch.eye(count, 3))
    head.centres.copy_(torch.stack([head.standardised(table)[0, :3], torch.full((3,), 100.0)]))
    distances = head.distance(table)
    assert distances[0] < 1e-3
    assert (distances[1:] > 0).all()


def test_one_odd_feature_cannot_rule_the_result():
    head = told_head(CHANNELS, ContentOutput.BLURRED)
    odd = features()
    odd[:, 3] = 1e6
    assert torch.isfinite(head(odd)).all()
    assert head(odd)[0, ContentOutput.BLURRED] > 0.9
