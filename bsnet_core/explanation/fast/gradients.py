"""Gradients of several numbers with respect to the layers of a local network, in one pass from back to front."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor

from bsnet_core.explanation.fast.local_network import LocalNetwork


@torch.no_grad()
def pull_back(
    network: LocalNetwork, values: Sequence[Tensor], seeds: Mapping[int, Tensor], layers: Collection[int], end: int = -1
) -> dict[int, Tensor]:
    """Leads gradients back through a network.

    Args:
        network: The layers.
        values: Values of all layers for the image, `network.values(image)`.
        seeds: By layer (R, C, H, W): gradients of R numbers with respect to outputs of the network.
        layers: Layers whose gradients are requested.
        end: Layers up to this one count as inputs: gradients do not go back through them.

    Returns:
        By layer (R, C, H, W), its seed included; layers that none of the numbers depends on are left out.
    """
    gradients = dict(seeds)
    for index in range(max(seeds), max(min(layers), end), -1):
        layer, arrived = network.layers[index], gradients.get(index)
        if layer is None or arrived is None:
            continue
        if index not in layers:
            del gradients[index]
        sources = [values[source] for source in layer.sources]
        for source, gradient in zip(layer.sources, layer.pull_back(arrived, sources, values[index]), strict=True):
            before = gradients.get(source)
            gradients[source] = gradient if before is None else before + gradient
    return {index: gradients[index] for index in layers if index in gradients}
