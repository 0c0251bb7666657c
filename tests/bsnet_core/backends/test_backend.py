"""Torch as the reference."""

import numpy as np
import pytest
import torch

from bsnet_core.backends import TORCH
from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.bsnet import zone_probabilities
from bsnet_core.model.network_config import Attention
from bsnet_core.model.weights import load_model


@pytest.mark.parametrize("attention", list(Attention))
def test_torch_is_the_plain_network_to_the_last_bit(model_dir, cache, images, attention):
    predictor = Predictor.load(model_dir, "cpu", attention, backend=TORCH)
    model, card = load_model(model_dir)
    model = model.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        batch = torch.tensor(images)[:, None].contiguous(memory_format=torch.channels_last)
        plain, mirrored = (
            zone_probabilities(model(batch).zone_logits, attention, card.config.temperature)
            for batch in (batch, batch.flip(-1))
        )
        # The mirrored picture's right lung counts for the left one.
        expected = ((plain + mirrored.flip(2)) / 2).numpy()
    assert np.array_equal(predictor.zone_probabilities(images), expected)
    assert predictor.backend == TORCH
