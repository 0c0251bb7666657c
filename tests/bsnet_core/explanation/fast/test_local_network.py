"""Networks taken apart into local layers: windows and gradients against torch's own."""

import pytest
import torch

from bsnet_core.explanation.fast.local_layers import NotLocalError
from bsnet_core.explanation.fast.local_network import LocalNetwork
from tests.bsnet_core.explanation.fast.traced_trunk import Trunk


@pytest.mark.parametrize("encoder", ["resnet18", "timm-tf_efficientnet_lite0", "densenet121", "vgg11_bn"])
def test_every_output_is_the_network_s_own(encoder, image):
    trunk = Trunk(encoder=encoder)
    network = LocalNetwork(trunk, image)
    values = network.values(image)
    with torch.no_grad():
        for index, expected in zip(network.outputs, trunk(image), strict=True):
            assert torch.allclose(values[index], expected, rtol=1e-4, atol=1e-4)


def test_a_network_that_looks_at_the_whole_picture_is_refused(image):
    with pytest.raises(NotLocalError):
        LocalNetwork(Trunk(encoder="timm-efficientnet-b0"), image)
