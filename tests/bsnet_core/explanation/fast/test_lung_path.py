"""The lung segmentation along its main path, against the decoder's own values and torch's gradients."""

import pytest
import torch
from torch import nn

from bsnet_core.explanation.fast.local_layers import NotLocalError
from bsnet_core.explanation.fast.local_network import LocalNetwork
from bsnet_core.explanation.fast.lung_path import LungPath
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import BSNetConfig

SIDE = 128


class Trunk(nn.Module):
    def __init__(self, decoder, encoder):
        super().__init__()
        torch.manual_seed(5)
        model = BSNet(BSNetConfig.from_dict({"side_px": SIDE, "encoder": encoder, "decoder": decoder}))
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
        self.encoder, self.segmentation = model.encoder, model.segmentation
        self.eval().requires_grad_(False)

    def forward(self, image):
        features = self.encoder(image)
        return (*features[-4:], self.segmentation(features))


class Case:
    """A trunk, one picture's features and values, and the path through its decoder."""

    def __init__(self, decoder, encoder="timm-tf_efficientnet_lite0"):
        self.trunk = Trunk(decoder, encoder)
        image = torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            self.features = self.trunk.encoder(image)
        self.network = LocalNetwork(self.trunk, image)
        *self.levels, self.logits = self.network.outputs
        self.values = self.network.values(image)
        self.path = LungPath(self.network, self.levels, self.logits)

    def decoded(self, levels):
        """What the whole decoder makes of other levels; finer features stay as they are."""
        return self.trunk.segmentation([*self.features[:-4], *levels])


def changed(levels, by):
    torch.manual_seed(7)
    return [level + by * level.std() * torch.randn_like(level) for level in levels]


def agreement(one, other):
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])


@pytest.mark.parametrize("decoder", ["unet", "unet++"])
@pytest.mark.parametrize("encoder", ["timm-tf_efficientnet_lite0", "resnet18"])
def test_unchanged_features_give_the_logits_of_the_network(decoder, encoder):
    case = Case(decoder, encoder)
    levels = {index: case.values[index] for index in case.levels}
    found = case.path.logits(levels, case.path.beside(case.values))
    assert torch.allclose(found, case.values[case.logits], atol=1e-4)


def test_without_nodes_beside_it_the_path_is_the_whole_decoder():
    case = Case("unet")
    levels = changed(case.features[-4:], by=0.5)
    found = case.path.logits(dict(zip(case.levels, levels, strict=True)), case.path.beside(case.values))
    expected = case.decoded(levels)
    assert (expected - case.values[case.logits]).abs().max() > 0.01
    assert torch.allclose(found, expected, atol=1e-4)


def test_its_gradients_are_those_of_torch():
    case = Case("unet")
    seeds = torch.rand(3, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    found = case.path.gradients(case.values, seeds)
    levels = [level.clone().requires_grad_() for level in case.features[-4:]]
    logits = case.decoded(levels)
    assert sorted(found) == sorted(case.levels)
    for row, seed in enumerate(seeds):
        expected = torch.autograd.grad(logits, levels, seed[None], retain_graph=True)
        for index, gradient in zip(case.levels, expected, strict=True):
            assert agreement(found[index][row], gradient) > 0.9999


def test_nodes_beside_the_path_stay_as_they_are():
    """Against a decoder whose dense nodes give what they gave for the unchanged picture."""
    case = Case("unet++")
    decoder = case.trunk.segmentation.decoder
    dense = {name: block for name, block in decoder.blocks.items() if not name.startswith("x_0_")}
    kept = {}
    taps = [
        block.register_forward_hook(lambda _block, _inputs, output, name=name: kept.update({name: output}))
        for name, block in dense.items()
    ]
    case.decoded(case.features[-4:])
    for tap in taps:
        tap.remove()
    assert kept
    levels = changed(case.features[-4:], by=0.5)
    found = case.path.logits(dict(zip(case.levels, levels, strict=True)), case.path.beside(case.values))
    for name, block in dense.items():
        block.register_forward_hook(lambda _block, _inputs, _output, name=name: kept[name])
    expected = case.decoded(levels)
    assert torch.allclose(found, expected, atol=1e-4)


def test_half_precision_gives_nearly_the_same():
    case = Case("unet++")
    levels = {index: case.values[index] for index in case.levels}
    half = case.path.in_half_precision()
    values = [value.bfloat16() if index > max(case.levels) else value for index, value in enumerate(case.values)]
    assert agreement(half.logits(levels, half.beside(values)), case.values[case.logits]) > 0.999
    seeds = torch.ones(1, 1, SIDE, SIDE)
    whole, rounded = case.path.gradients(case.values, seeds), half.gradients(values, seeds.bfloat16())
    for index in case.levels:
        assert agreement(whole[index], rounded[index].float()) > 0.99


def test_a_decoder_that_shrinks_on_the_way_is_refused():
    class Shrinking(Trunk):
        def __init__(self):
            super().__init__("unet", "resnet18")
            self.last = nn.Conv2d(1, 1, 3, stride=2, padding=1)
            self.eval()

        def forward(self, image):
            *levels, logits = super().forward(image)
            return (*levels, self.last(logits))

    network = LocalNetwork(Shrinking(), torch.zeros(1, 1, SIDE, SIDE))
    *levels, logits = network.outputs
    with pytest.raises(NotLocalError, match="decoder"):
        LungPath(network, levels, logits)
