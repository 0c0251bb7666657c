"""Local layers of a convolutional network: each place of the result depends on a few places of the source.

Each layer computes which places of its result a change of its sources can affect and which places of its sources a
window of its result needs (used by `windowed_network`), and propagates gradients back to its sources (used by
`gradients`).
"""

# ruff: noqa: D102 - the methods of layers are documented once, in `Layer`

from __future__ import annotations

import copy
import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_weights

from bsnet_core.explanation.fast.window_places import Boxes, WindowPlaces

CLIPPED_AT: Mapping[type, tuple[float, int]] = {nn.ReLU: (math.inf, 0x7F80), nn.ReLU6: (6.0, 0x40C0)}
"""Activations that clip below 0, each with its upper limit and the bits of that limit in bfloat16."""


def channels_last(maps: Tensor) -> Tensor:
    """Maps with each place's channels side by side in memory; also with one channel, where torch does not convert."""
    return maps.permute(0, 2, 3, 1).clone(memory_format=torch.contiguous_format).permute(0, 3, 1, 2)


def in_precision(values: Tensor, precision: torch.dtype) -> Tensor:
    """Values in a precision. Skips the call if nothing changes: in it two threads would wait for each other."""
    return values if values.dtype is precision else values.to(precision)


class NotLocalError(ValueError):
    """The network holds an operation whose result at one place depends on all of its input, or an unknown one."""


class Layer(ABC):
    """One step of the network: values of earlier steps in, values of a window out."""

    grid = 1
    """Windows begin and end at multiples of this number."""

    def __init__(self, sources: Sequence[int]) -> None:
        self.sources = tuple(sources)

    @abstractmethod
    def whole(self, values: Sequence[Tensor]) -> Tensor:
        """(N, C, H, W) from the sources' whole maps."""

    @abstractmethod
    def reached(self, changed: Sequence[Boxes | None], shape: torch.Size) -> Boxes:
        """Boxes of the result, never empty, that changes of the sources can reach; `shape` is the result's."""

    def read(self, places: WindowPlaces) -> WindowPlaces:
        """The windows of the sources that windows of the result are made of."""
        return places

    @abstractmethod
    def windows(self, patches: Sequence[Tensor]) -> Tensor:
        """(N, C, h, w) windows of the result from the windows that `read` gives, filled beyond the border."""

    def pull_back(self, gradients: Tensor, values: Sequence[Tensor], result: Tensor) -> Sequence[Tensor]:
        """Gradients with respect to the sources, in the precision of those that arrive.

        Args:
            gradients: (R, C, H, W) of R numbers with respect to the result.
            values: The sources' whole maps (1, C, H, W).
            result: The layer's result for them.
        """
        copies = [
            value.to(gradients.dtype).expand(len(gradients), -1, -1, -1).detach().requires_grad_() for value in values
        ]
        with torch.enable_grad():
            results = self.whole(copies)
        return torch.autograd.grad(results, copies, gradients)


class Sliding(Layer):
    """A kernel that slides over one map, with its padding and the growth of boxes."""

    fill = 0.0

    def __init__(self, source: int, kernel: Any, stride: Any, padding: Any, dilation: Any) -> None:
        super().__init__([source])
        if isinstance(padding, str):
            raise NotLocalError(f"padding {padding!r}")
        self.kernel, self.stride, self.padding, self.dilation = (
            _pair(value) for value in (kernel, stride, padding, dilation)
        )
        self.extent = tuple((size - 1) * step for size, step in zip(self.kernel, self.dilation, strict=True))

    @abstractmethod
    def apply(self, patch: Tensor, padding: tuple[int, int]) -> Tensor:
        """The operation on a whole map or a patch."""

    def whole(self, values: Sequence[Tensor]) -> Tensor:
        return self.apply(values[0], self.padding)

    def reached(self, changed: Sequence[Boxes | None], shape: torch.Size) -> Boxes:
        (source,) = changed
        if source is None:
            raise ValueError("Nothing changed.")
        stride, padding, extent, size = (np.array(pair) for pair in (self.stride, self.padding, self.extent, shape[2:]))
        first = np.maximum(-((extent - padding - source[:, ::2]) // stride), 0)
        end = np.minimum((source[:, 1::2] - 1 + padding) // stride + 1, size)
        if self.stride != (1, 1):
            # A stride may skip the few places that changed: keep one place rather than none.
            first = np.minimum(first, size - 1)
            end = np.maximum(end, first + 1)
        return _interleaved(first, end)

    def read(self, places: WindowPlaces) -> WindowPlaces:
        (down, across), (above, before) = self.stride, self.padding
        return WindowPlaces(
            places.tops * down - above,
            places.lefts * across - before,
            (places.height - 1) * down + self.extent[0] + 1,
            (places.width - 1) * across + self.extent[1] + 1,
        )

    def windows(self, patches: Sequence[Tensor]) -> Tensor:
        return self.apply(patches[0], (0, 0))


class Convolution(Sliding):
    """Convolution with batch norm folded in, and the activation behind it."""

    def __init__(self, source: int, module: nn.Conv2d, norm: _BatchNorm | None) -> None:
        if module.padding_mode != "zeros":
            raise NotLocalError(f"padding mode {module.padding_mode!r}")
        super().__init__(source, module.kernel_size, module.stride, module.padding, module.dilation)
        weight, bias = module.weight.detach(), None if module.bias is None else module.bias.detach()
        if norm is not None:
            if norm.running_mean is None or norm.running_var is None:
                raise NotLocalError("batch norm without running statistics")
            weight, bias = fuse_conv_bn_weights(
                weight, bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
            )
        self.weight = channels_last(weight.detach())
        self.bias = None if bias is None else bias.detach()
        self.groups = module.groups
        self.activation: nn.Module | None = None
        is_plain = self.kernel == self.stride == (1, 1) and self.padding == (0, 0) and self.groups == 1
        self.matrix = self.weight.flatten(1).contiguous() if is_plain else None

    @property
    def is_by_place(self) -> bool:
        """Whether every place of the result depends only on its own place in the source."""
        return self.matrix is not None

    def apply(self, patch: Tensor, padding: tuple[int, int]) -> Tensor:
        result = self._convolved(in_precision(patch, self.weight.dtype), padding)
        # Sums of layers, what a residual network carries on, stay in full precision.
        return in_precision(result, torch.float32) if self.activation is None else self.activated(result)

    def activated(self, fresh: Tensor) -> Tensor:
        """The activation of a map that nobody else uses; may overwrite it."""
        if type(self.activation) not in CLIPPED_AT or fresh.requires_grad:
            return cast("Callable[[Tensor], Tensor]", self.activation)(fresh)
        highest, bits = CLIPPED_AT[type(self.activation)]
        if fresh.dtype is torch.bfloat16:
            # bfloat16 numbers are ordered like the integers with the same bits, negative ones below 0, and integers
            # are clipped five times faster.
            fresh.view(torch.int16).clamp_(0, bits)
            return fresh
        return fresh.clamp_(0.0, highest)

    def rows(self, rows: Tensor) -> Tensor:
        """The result for (..., C) values side by side; only if `is_by_place`."""
        if self.matrix is None:
            raise ValueError("This convolution reads neighbouring places.")
        result = self._multiplied(in_precision(rows, self.matrix.dtype), self.matrix)
        return in_precision(result, torch.float32) if self.activation is None else self.activated(result)

    def _convolved(self, patch: Tensor, padding: tuple[int, int]) -> Tensor:
        if self.matrix is not None:
            return self._multiplied(patch.permute(0, 2, 3, 1), self.matrix).permute(0, 3, 1, 2)
        return F.conv2d(patch, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _multiplied(self, rows: Tensor, matrix: Tensor) -> Tensor:
        """A 1 x 1 convolution is a matrix product over (..., C) channels-last rows.

        In float32 torch's products may come from a library that knows this processor less well than its convolutions.
        """
        if matrix.dtype is torch.bfloat16:
            return F.linear(rows, matrix, self.bias)
        return F.conv2d(rows.permute(0, 3, 1, 2), self.weight, self.bias).permute(0, 2, 3, 1)

    def pull_back(self, gradients: Tensor, values: Sequence[Tensor], result: Tensor) -> Sequence[Tensor]:
        gradients = self.behind_activation(gradients, values[0], result)
        if self.matrix is not None:
            return [F.linear(gradients.permute(0, 2, 3, 1), self.matrix.T).permute(0, 3, 1, 2)]
        if self.dilation == (1, 1) and self.groups in (1, self.weight.shape[0]) and not self._overhangs:
            # As an ordinary convolution with the flipped kernel, which has faster routines.
            dilated = self._dilated(gradients, values[0].shape[2:])
            return [F.conv2d(dilated, self._flipped, None, 1, self.padding_back, 1, self.groups)]
        leftover = [
            size + 2 * padding - extent - 1 - (count - 1) * stride
            for size, count, padding, extent, stride in zip(
                values[0].shape[2:], gradients.shape[2:], self.padding, self.extent, self.stride, strict=True
            )
        ]
        return [
            F.conv_transpose2d(
                gradients, self.weight, None, self.stride, self.padding, leftover, self.groups, self.dilation
            )
        ]

    def _dilated(self, gradients: Tensor, shape: Sequence[int]) -> Tensor:
        """The gradients at the places of a source of this (H, W) where the kernel was applied, 0 between them."""
        if self.stride == (1, 1):
            return gradients
        count, channels = gradients.shape[:2]
        height, width = (
            size + 2 * padding - extent for size, padding, extent in zip(shape, self.padding, self.extent, strict=True)
        )
        dilated = gradients.new_zeros(count, height, width, channels).permute(0, 3, 1, 2)
        dilated[:, :, :: self.stride[0], :: self.stride[1]] = gradients
        return dilated

    def in_half_precision(self) -> Convolution:
        """This convolution with weights in bfloat16."""
        half = copy.copy(self)
        half.__dict__.pop("_flipped", None)
        half.weight = self.weight.bfloat16()
        half.bias = None if self.bias is None else self.bias.bfloat16()
        half.matrix = None if self.matrix is None else self.matrix.bfloat16()
        return half

    @property
    def padding_back(self) -> tuple[int, int]:
        """Padding of the convolution with the flipped kernel that leads gradients back."""
        (down, across), (above, before) = self.extent, self.padding
        return down - above, across - before

    @property
    def _overhangs(self) -> bool:
        """Whether the padding is wider than the kernel reaches."""
        return any(given > extent for given, extent in zip(self.padding, self.extent, strict=True))

    @cached_property
    def _flipped(self) -> Tensor:
        weight = self.weight.flip(-1, -2)
        if self.groups == 1:
            weight = weight.transpose(0, 1)
        return channels_last(weight)

    def behind_activation(self, gradients: Tensor, source: Tensor, result: Tensor) -> Tensor:
        """Leads gradients (R, C, H, W) back through the activation, at whole maps (1, C, H, W) of source and result."""
        if self.activation is None:
            return gradients
        result = result.to(gradients.dtype).expand_as(gradients)
        if isinstance(self.activation, nn.ReLU):
            return torch.ops.aten.threshold_backward(gradients, result, 0.0)
        if isinstance(self.activation, nn.ReLU6):
            return torch.ops.aten.hardtanh_backward(gradients, result, 0.0, 6.0)
        before = self._convolved(source.to(self.weight.dtype), self.padding).detach().requires_grad_()
        with torch.enable_grad():
            after = self.activation(before)
        return gradients * torch.autograd.grad(after.sum(), before)[0]


class Pooling(Sliding):
    """Maximum or mean of a window."""

    def __init__(self, source: int, module: nn.MaxPool2d | nn.AvgPool2d) -> None:
        dilation = module.dilation if isinstance(module, nn.MaxPool2d) else 1
        super().__init__(source, module.kernel_size, module.stride, module.padding, dilation)
        self.is_maximum = isinstance(module, nn.MaxPool2d)
        if module.ceil_mode or (not self.is_maximum and self.padding != (0, 0)):
            raise NotLocalError("pooling that treats the border differently")
        self.fill = -np.inf if self.is_maximum else 0.0

    def apply(self, patch: Tensor, padding: tuple[int, int]) -> Tensor:
        if self.is_maximum:
            return F.max_pool2d(patch, self.kernel, self.stride, padding, self.dilation)
        return F.avg_pool2d(patch, self.kernel, self.stride, padding)


class Pointwise(Layer):
    """Maps of one size in, place by place."""

    def __init__(self, sources: Sequence[int], function: Callable[..., Tensor]) -> None:
        super().__init__(sources)
        self.function = function

    def whole(self, values: Sequence[Tensor]) -> Tensor:
        return self.function(*values)

    def reached(self, changed: Sequence[Boxes | None], shape: torch.Size) -> Boxes:
        return _around(changed)

    def windows(self, patches: Sequence[Tensor]) -> Tensor:
        return self.function(*patches)


class Addition(Pointwise):
    """The sum of two maps."""

    def __init__(self, sources: Sequence[int]) -> None:
        super().__init__(sources, operator.add)

    def pull_back(self, gradients: Tensor, values: Sequence[Tensor], result: Tensor) -> Sequence[Tensor]:
        return [gradients, gradients]


class Joining(Pointwise):
    """Maps put side by side, channels after channels."""

    def __init__(self, sources: Sequence[int]) -> None:
        super().__init__(sources, _joined)

    def pull_back(self, gradients: Tensor, values: Sequence[Tensor], result: Tensor) -> Sequence[Tensor]:
        return gradients.split([value.shape[1] for value in values], dim=1)


class Enlargement(Layer):
    """Nearest-neighbour enlargement by a whole factor."""

    def __init__(self, source: int, factor: int) -> None:
        super().__init__([source])
        self.grid = factor

    def whole(self, values: Sequence[Tensor]) -> Tensor:
        return F.interpolate(values[0], scale_factor=float(self.grid), mode="nearest")

    def reached(self, changed: Sequence[Boxes | None], shape: torch.Size) -> Boxes:
        return _around(changed) * self.grid

    def read(self, places: WindowPlaces) -> WindowPlaces:
        return WindowPlaces(
            places.tops // self.grid, places.lefts // self.grid, places.height // self.grid, places.width // self.grid
        )

    def windows(self, patches: Sequence[Tensor]) -> Tensor:
        return self.whole(patches)

    def pull_back(self, gradients: Tensor, values: Sequence[Tensor], result: Tensor) -> Sequence[Tensor]:
        return [F.avg_pool2d(gradients, self.grid) * self.grid**2]


def _joined(*maps: Tensor) -> Tensor:
    """Maps joined along the channels, in the lowest precision among them, which is the one computed in."""
    precision = min((one.dtype for one in maps), key=lambda kind: kind.itemsize)
    return torch.cat([one.to(precision) for one in maps], dim=1)


def _around(changed: Sequence[Boxes | None]) -> Boxes:
    boxes = [entry for entry in changed if entry is not None]
    result = boxes[0]
    for other in boxes[1:]:
        result = _interleaved(np.minimum(result[:, ::2], other[:, ::2]), np.maximum(result[:, 1::2], other[:, 1::2]))
    return result


def _interleaved(first: npt.NDArray[np.intp], end: npt.NDArray[np.intp]) -> Boxes:
    """Boxes from (B, 2) first and end along both sides."""
    boxes = np.empty((len(first), 4), dtype=np.intp)
    boxes[:, ::2], boxes[:, 1::2] = first, end
    return boxes


def _pair(value: Any) -> tuple[int, int]:
    return (int(value[0]), int(value[1])) if isinstance(value, tuple | list) else (int(value), int(value))
