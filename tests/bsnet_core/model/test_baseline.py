"""The all-in-one baseline."""

import dataclasses

from bsnet_core.model.baseline import Baseline
from bsnet_core.model.network_config import Architecture
from bsnet_core.model.weights import build_model
from tests.bsnet_core.model.networks import SMALL, forward


def test_the_baseline_scores_without_lungs():
    config = dataclasses.replace(SMALL, architecture=Architecture.BASELINE, encoder="resnet18")
    assert isinstance(build_model(config), Baseline)
    assert forward(config).shape == (2, 3, 2, 4)
