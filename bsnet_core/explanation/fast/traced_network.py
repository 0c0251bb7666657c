"""A model's encoder and segmentation as local layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from bsnet_core.explanation.fast.local_layers import NotLocalError
from bsnet_core.explanation.fast.local_network import LocalNetwork
from bsnet_core.explanation.fast.lung_path import LungPath
from bsnet_core.model.backbone import STRIDES
from bsnet_core.model.bsnet import BSNet

TRACE_SIDE_PX = 64
"""Side of the image that a network is traced with: twice the coarsest stride, as only the layers matter."""


class _EncoderAndSegmentation(nn.Module):
    """The features that the scoring heads see, and the lung logits."""

    def __init__(self, model: BSNet) -> None:
        super().__init__()
        self.encoder, self.segmentation = model.encoder, model.segmentation

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        features = self.encoder(image)
        return (*features[-len(STRIDES) :], self.segmentation(features))


@dataclass(frozen=True, slots=True)
class TracedNetwork:
    """A model's encoder and segmentation, taken apart into layers.

    Attributes:
        network: The layers.
        levels: The layers that give the four feature levels, finest first.
        logits: The layer that gives the lung logits.
        lung_path: The main path from the levels to the lung logits.
    """

    network: LocalNetwork
    levels: Sequence[int]
    logits: int
    lung_path: LungPath


_traced: WeakKeyDictionary[nn.Module, TracedNetwork | None] = WeakKeyDictionary()


def traced_network_of(model: BSNet) -> TracedNetwork | None:
    """A model on the CPU as layers, traced once per model; None if it can only run whole."""
    if model not in _traced:
        example = torch.zeros(1, 1, TRACE_SIDE_PX, TRACE_SIDE_PX)
        try:
            network = LocalNetwork(_EncoderAndSegmentation(model).eval(), example)
            *levels, logits = network.outputs
            _traced[model] = TracedNetwork(network, levels, logits, LungPath(network, levels, logits))
        except NotLocalError:
            _traced[model] = None
    return _traced[model]
