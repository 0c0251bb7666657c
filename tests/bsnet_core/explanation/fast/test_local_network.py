"""Networks taken apart into local layers: windows and gradients against torch's own."""

import numpy as np
import pytest
import torch
from torch import nn

from bsnet_core.explanation.fast.gradients import pull_back
from bsnet_core.explanation.fast.local_layers import NotLocalError
from bsnet_core.explanation.fast.local_network import LocalNetwork
from bsnet_core.explanation.fast.windowed_network import PlacedGradients, WindowedNetwork
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import BSNetConfig

SIDE = 128


class Trunk(nn.Module):
    def __init__(self, **changes):
        super().__init__()
        torch.manual_seed(3)
        model = BSNet(BSNetConfig.from_dict({"side_px": SIDE, **changes})).eval()
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                # Unlike those of a new network, so that folding them in is seen to be right.
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
        self.encoder, self.segmentation = model.encoder, model.segmentation
        self.eval()

    def forward(self, image):
        features = self.encoder(image)
        return (*features[-4:], self.segmentation(features))


def agreement(one, other):
    """Correlation, or 0 if one of them is 0 throughout."""
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()])).nan_to_num()[0, 1])


@pytest.fixture(params=["resnet18", "timm-tf_efficientnet_lite0"])
def trunk(request):
    return Trunk(encoder=request.param)


@pytest.fixture
def image():
    return torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("encoder", ["resnet18", "timm-tf_efficientnet_lite0", "densenet121", "vgg11_bn"])
def test_every_output_is_the_network_s_own(encoder, image):
    trunk = Trunk(encoder=encoder)
    network = LocalNetwork(trunk, image)
    values = network.values(image)
    with torch.no_grad():
        for index, expected in zip(network.outputs, trunk(image), strict=True):
            assert torch.allclose(values[index], expected, rtol=1e-4, atol=1e-4)


def test_several_patches_at_once_give_what_the_network_makes_of_each_changed_picture(trunk, image):
    network = LocalNetwork(trunk, image)
    values = network.values(image)
    # In the middle, in two corners, and over the whole picture; of different sizes.
    boxes = np.array([[60, 72, 50, 75], [0, 9, 0, 5], [120, 128, 101, 128], [0, 128, 0, 128]])
    patches = [np.zeros((1, bottom - top, right - left), dtype=np.float32) for top, bottom, left, right in boxes]
    for chosen in (slice(0, 3), slice(0, 4)):
        changes, tail = WindowedNetwork(network, values).change(patches[chosen], boxes[chosen], network.outputs)
        assert tail is None
        for number, (top, bottom, left, right) in enumerate(boxes[chosen]):
            changed = image.clone()
            changed[:, :, top:bottom, left:right] = 0
            with torch.no_grad():
                expected = trunk(changed)
            for index, output in zip(network.outputs, expected, strict=True):
                found = values[index].clone()
                rows, columns = changes[index].places.slices(number)
                found[0, :, rows, columns] += changes[index].difference[number]
                assert torch.allclose(found, output, rtol=1e-4, atol=1e-4)


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


def test_what_is_cut_off_counts_to_first_order(trunk, image):
    """A change that is cut off as a whole has the effect its gradient says."""
    network = LocalNetwork(trunk, image)
    *levels, logits = network.outputs
    values = network.values(image)
    seeds = {logits: torch.rand(3, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(5))}
    cut = levels[2]
    gradients = pull_back(network, values, seeds, [0, *levels])
    windows = WindowedNetwork(network, values, {cut: PlacedGradients(gradients[cut])}, tolerance=1000.0)
    patch = image[0, :, 40:50, 60:70] + 0.1
    changes, tail = windows.change([patch.numpy()], np.array([[40, 50, 60, 70]]), levels)
    through_cut = values[cut].clone()
    changed = image.clone()
    changed[0, :, 40:50, 60:70] = patch
    difference = network.values(changed)[cut] - through_cut
    expected = (gradients[cut] * difference).sum(dim=(1, 2, 3))
    kept = changes[cut].effect(PlacedGradients(gradients[cut]))[0]
    assert changes[cut].difference.shape[2:] == (1, 1)
    assert torch.allclose(tail[0] + kept, expected, rtol=1e-3, atol=1e-5)


def test_a_network_that_looks_at_the_whole_picture_is_refused(image):
    with pytest.raises(NotLocalError):
        LocalNetwork(Trunk(encoder="timm-efficientnet-b0"), image)
