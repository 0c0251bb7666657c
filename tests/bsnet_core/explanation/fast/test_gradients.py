"""Gradients led back through a local network against torch's own."""

import torch

from bsnet_core.explanation.fast.gradients import pull_back
from bsnet_core.explanation.fast.local_network import LocalNetwork
from tests.bsnet_core.explanation.fast.traced_trunk import SIDE, agreement


def test_gradients_are_those_of_torch(trunk, image):
    network = LocalNetwork(trunk, image)
    *levels, logits = network.outputs
    seeds = torch.rand(2, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    found = pull_back(network, network.values(image), {logits: seeds}, [0, *levels])
    batch = image.clone().requires_grad_()
    outputs = trunk(batch)
    for row, seed in enumerate(seeds):
        expected = torch.autograd.grad(outputs[-1], [batch, *outputs[:-1]], seed[None], retain_graph=True)
        for index, gradient in zip([0, *levels], expected, strict=True):
            # Rounding decides at the kink of an activation: a few places differ by more than rounding.
            assert agreement(found[index][row], gradient) > 0.9999


def test_gradients_end_at_the_layers_taken_as_inputs(trunk, image):
    network = LocalNetwork(trunk, image)
    *levels, logits = network.outputs
    values = network.values(image)
    seeds = {logits: torch.ones(1, 1, SIDE, SIDE)}
    found = pull_back(network, values, seeds, levels, end=max(levels))
    features = trunk.encoder(image)
    place = [feature.detach().requires_grad_() for feature in features]
    expected = torch.autograd.grad(trunk.segmentation(place), place[-4:], seeds[logits])
    for index, gradient in zip(levels, expected, strict=True):
        assert agreement(found[index], gradient) > 0.9999


def test_half_precision_gives_nearly_the_same_gradients(trunk, image):
    network = LocalNetwork(trunk, image)
    *levels, logits = network.outputs
    values = network.values(image)
    seeds = torch.ones(1, 1, SIDE, SIDE)
    whole = pull_back(network, values, {logits: seeds}, levels, end=max(levels))
    halves = [value.bfloat16() if index > max(levels) else value for index, value in enumerate(values)]
    half = pull_back(network.in_half_precision(), halves, {logits: seeds.bfloat16()}, levels, end=max(levels))
    for index in levels:
        assert half[index].dtype == torch.bfloat16
        assert agreement(whole[index], half[index].float()) > 0.99
