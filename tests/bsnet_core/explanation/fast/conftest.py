"""A network to take apart, and an image for it."""

import pytest
import torch

from tests.bsnet_core.explanation.fast.traced_trunk import SIDE, Trunk


@pytest.fixture(params=["resnet18", "timm-tf_efficientnet_lite0"])
def trunk(request):
    return Trunk(encoder=request.param)


@pytest.fixture
def image():
    return torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
