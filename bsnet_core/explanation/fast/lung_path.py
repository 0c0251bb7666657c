"""The main path of the lung segmentation: the effect of changed features on the lung logits, at a part of the cost.

At every size the decoder joins an enlarged coarser map, features of the encoder and, in UNet++, nodes computed before.
Nearly all of the effect of changed features on the lungs arrives along the enlarged maps and the features themselves;
the nodes beside this path keep their values of the unchanged image. How little is lost is measured
(docs/explanations.md). A decoder without such nodes (U-Net) is all main path.

A convolution behind a nearest-neighbour enlargement is computed at the coarser size, by the sums of its kernel's taps
that fall on one coarse place: equal numbers with less than half the multiplications.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from bsnet_core.explanation.fast.local_layers import Convolution, Enlargement, Joining, NotLocalError, channels_last
from bsnet_core.explanation.fast.local_network import LocalNetwork

AT_A_TIME = 2
"""Number of gradients led back together."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of a convolution's input channels, all from one map of the path.

    Attributes:
        source: The layer that gives the map.
        factor: Enlargement of the map before it is convolved.
        channels: The convolution's input channels that it gives.
        kernel: (C, O, k, k), the convolution's taps at the source's size, transposed for the way back.
    """

    source: int
    factor: int
    channels: slice
    kernel: Tensor


@dataclass(frozen=True, slots=True)
class _Step:
    """One convolution of the path, its activation included.

    Attributes:
        index: Index of the layer.
        convolution: The layer, for its activation and its padding.
        parts: The parts of its input that belong to the path.
        beside: The input channels that do not.
    """

    index: int
    convolution: Convolution
    parts: tuple[_Part, ...]
    beside: tuple[slice, ...]


class LungPath:
    """The main path from the encoder's features to the lung logits; made once per network."""

    def __init__(self, network: LocalNetwork, levels: Collection[int], logits: int) -> None:
        """Follows the path back from the logits.

        Args:
            network: The layers of encoder and segmentation.
            levels: The layers that count as the encoder's features.
            logits: The layer that gives the lung logits.

        Raises:
            NotLocalError: there is more than convolutions, enlargements and joinings on the path.
        """
        self._levels, self._logits = frozenset(levels), logits
        steps: dict[int, _Step] = {}
        waiting = [logits]
        while waiting:
            index = waiting.pop()
            if index not in steps and index not in self._levels:
                steps[index] = _step(network, index, self._levels)
                waiting += [part.source for part in steps[index].parts]
        self._steps = [steps[index] for index in sorted(steps)]
        self._in_half: LungPath | None = None

    def in_half_precision(self) -> LungPath:
        """This path in bfloat16, as `LocalNetwork.in_half_precision`; made once."""
        if self._in_half is not None:
            return self._in_half
        half = copy.copy(self)
        half._steps = [
            replace(
                step,
                convolution=step.convolution.in_half_precision(),
                parts=tuple(replace(part, kernel=part.kernel.bfloat16()) for part in step.parts),
            )
            for step in self._steps
        ]
        self._in_half = half
        return half

    @torch.no_grad()
    def gradients(self, values: Sequence[Tensor], seeds: Tensor) -> dict[int, Tensor]:
        """Leads gradients back from the logits to the features, a few of them at a time so that they fit the cache.

        Args:
            values: The network's values of the image.
            seeds: (R, 1, S, S), gradients of R numbers with respect to the logits, in the path's precision.

        Returns:
            By level (R, C, h, w).
        """
        found = [self._led_back(values, few) for few in seeds.split(AT_A_TIME)]
        return {index: torch.cat([few[index] for few in found]) for index in found[0]}

    def _led_back(self, values: Sequence[Tensor], seeds: Tensor) -> dict[int, Tensor]:
        found = {self._logits: seeds}
        for step in reversed(self._steps):
            convolution = step.convolution
            arrived = convolution.behind_activation(
                found.pop(step.index), values[convolution.sources[0]], values[step.index]
            )
            for part in step.parts:
                gradient = F.conv2d(arrived, part.kernel, None, part.factor, convolution.padding_back)
                before = found.get(part.source)
                found[part.source] = gradient if before is None else before + gradient
        return found

    @torch.no_grad()
    def beside(self, values: Sequence[Tensor]) -> list[Tensor | None]:
        """Per step the (1, C, H, W) sum of its inputs beside the path, which never changes; None if there are none."""
        found: list[Tensor | None] = []
        for step in self._steps:
            convolution, total = step.convolution, None
            source = values[convolution.sources[0]].to(convolution.weight.dtype)
            for channels in step.beside:
                share = F.conv2d(source[:, channels], convolution.weight[:, channels], None, 1, convolution.padding)
                total = share if total is None else total + share
            found.append(total)
        return found

    @torch.no_grad()
    def logits(self, levels: Mapping[int, Tensor], beside: Sequence[Tensor | None]) -> Tensor:
        """(N, 1, S, S) float32 lung logits of (N, C, h, w) features by level; `beside` from `self.beside`."""
        found = dict(levels)
        for step, aside in zip(self._steps, beside, strict=True):
            convolution, bias = step.convolution, step.convolution.bias
            shares = [] if aside is None else [aside]
            for part in step.parts:
                source = found[part.source].to(part.kernel.dtype)
                shares.append(F.conv_transpose2d(source, part.kernel, bias, part.factor, convolution.padding_back))
                bias = None
            total = shares[-1]
            for share in shares[:-1]:
                total = total + share
            found[step.index] = total if convolution.activation is None else convolution.activated(total)
        return found[self._logits].float()


def _step(network: LocalNetwork, index: int, levels: Collection[int]) -> _Step:
    layer = network.layers[index]
    if not (
        isinstance(layer, Convolution)
        and layer.groups == 1
        and layer.stride == layer.dilation == (1, 1)
        and all(2 * padding == extent for padding, extent in zip(layer.padding, layer.extent, strict=True))
    ):
        raise NotLocalError("a decoder of other layers than convolutions that keep the size")
    parts, beside, first = [], [], 0
    for source, width in _pieces(network, layer.sources[0], levels):
        channels = slice(first, first := first + width)
        piece = network.layers[source]
        if isinstance(piece, Enlargement):
            parts.append(_Part(piece.sources[0], piece.grid, channels, _kernel(layer, channels, piece.grid)))
        elif source in levels or source == layer.sources[0]:
            parts.append(_Part(source, 1, channels, _kernel(layer, channels, 1)))
        else:
            beside.append(channels)
    return _Step(index, layer, tuple(parts), tuple(beside))


def _pieces(network: LocalNetwork, index: int, levels: Collection[int]) -> list[tuple[int, int]]:
    """The maps that a joining layer joins, each with its number of channels; the layer itself if it joins nothing."""
    layer = network.layers[index]
    if index in levels or not isinstance(layer, Joining):
        return [(index, network.widths[index])]
    return [piece for source in layer.sources for piece in _pieces(network, source, levels)]


def _kernel(convolution: Convolution, channels: slice, factor: int) -> Tensor:
    """(C, O, k + factor - 1, k + factor - 1): the taps that fall on one place of a map before its enlargement."""
    turned = convolution.weight[:, channels].flip(-1, -2).transpose(0, 1)
    size = [extent + factor for extent in convolution.extent]
    total = turned.new_zeros(*turned.shape[:2], *size)
    for down in range(factor):
        for across in range(factor):
            total[:, :, down : down + turned.shape[2], across : across + turned.shape[3]] += turned
    return channels_last(total)
