"""Encoder and segmentation with a random network that the tests of layers, gradients and windows share."""

import torch
from torch import nn

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
