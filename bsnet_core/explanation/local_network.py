"""A convolutional network as a list of local layers: what a change of the input can reach, and gradients back to it.

A network of convolutions, pooling, additions and other local operations changes, where a patch of its input changes,
only within the patch grown by each layer's kernel. `LocalNetwork` lists the layers of such a network in order, batch
norm folded into the convolutions, and each layer tells what it reaches and what it reads (`windows` recomputes the
network by that), and leads gradients from its result back to its sources (`gradients`).

Whether a network can be taken apart like this is found out by tracing it: a layer that looks at the whole picture, such
as squeeze-and-excitation, raises `NotLocalError`.
"""

# ruff: noqa: D102 - what a method of a layer gives stands in `Layer`, once

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
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_weights

from bsnet_core.explanation.places import Boxes, Places

POINTWISE = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Hardswish,
    nn.Hardsigmoid,
    nn.Hardtanh,
    nn.Sigmoid,
    nn.Tanh,
)
"""Activations that look at one value at a time."""
CLIPPED_AT: Mapping[type, tuple[float, int]] = {nn.ReLU: (math.inf, 0x7F80), nn.ReLU6: (6.0, 0x40C0)}
"""Activations that clip from below at 0: where they clip from above, and the bits of that in bfloat16."""


def channels_last(maps: Tensor) -> Tensor:
    """The same, each place's channels side by side in memory; also with one channel, where torch sees no difference."""
    return maps.permute(0, 2, 3, 1).clone(memory_format=torch.contiguous_format).permute(0, 3, 1, 2)


def in_precision(values: Tensor, precision: torch.dtype) -> Tensor:
    """The same in a precision. Asking torch for nothing costs little, but two threads wait for each other to ask."""
    return values if values.dtype is precision else values.to(precision)


class NotLocalError(ValueError):
    """The network holds an operation whose result at one place depends on all of its input, or an unknown one."""


class Layer(ABC):
    """One step of the network: values of earlier steps in, values of a window out."""

    grid = 1
    """Windows begin and end at multiples of this."""

    def __init__(self, sources: Sequence[int]) -> None:
        self.sources = tuple(sources)

    @abstractmethod
    def whole(self, values: Sequence[Tensor]) -> Tensor:
        """(N, C, H, W) from the sources' whole maps."""

    @abstractmethod
    def reached(self, changed: Sequence[Boxes | None], shape: torch.Size) -> Boxes:
        """Where the result may change, given where the sources did, a place at least; `shape` is the result's."""

    def read(self, places: Places) -> Places:
        """Which windows of the sources the windows of the result are made of."""
        return places

    @abstractmethod
    def windows(self, patches: Sequence[Tensor]) -> Tensor:
        """(N, C, h, w) windows of the result from what `read` asks for, filled up beyond the border."""

    def pull_back(self, gradients: Tensor, values: Sequence[Tensor], result: Tensor) -> Sequence[Tensor]:
        """Gradients with respect to the sources, in the precision of those that arrive.

        Args:
            gradients: (R, C, H, W) of R numbers with respect to the result.
            values: The sources' whole maps (1, C, H, W).
            result: What the layer made of them.
        """
        copies = [
            value.to(gradients.dtype).expand(len(gradients), -1, -1, -1).detach().requires_grad_() for value in values
        ]
        with torch.enable_grad():
            results = self.whole(copies)
        return torch.autograd.grad(results, copies, gradients)


class Sliding(Layer):
    """A kernel that slides over one map: how its boxes grow and how it is padded."""

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
            # A stride may skip the few places that changed: one place instead of none.
            first = np.minimum(first, size - 1)
            end = np.maximum(end, first + 1)
        return _interleaved(first, end)

    def read(self, places: Places) -> Places:
        (down, across), (above, before) = self.stride, self.padding
        return Places(
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
        """Whether every place of the result hangs on the same place of the source alone."""
        return self.matrix is not None

    def apply(self, patch: Tensor, padding: tuple[int, int]) -> Tensor:
        result = self._convolved(in_precision(patch, self.weight.dtype), padding)
        # Sums of layers, what a residual network carries on, stay in full precision.
        return in_precision(result, torch.float32) if self.activation is None else self.activated(result)

    def activated(self, fresh: Tensor) -> Tensor:
        """The activation of a map that nobody else holds, perhaps in its place."""
        if type(self.activation) not in CLIPPED_AT or fresh.requires_grad:
            return cast("Callable[[Tensor], Tensor]", self.activation)(fresh)
        highest, bits = CLIPPED_AT[type(self.activation)]
        if fresh.dtype is torch.bfloat16:
            # Numbers of bfloat16 are ordered like the whole numbers with the same bits, negative ones below 0. Whole
            # numbers are clipped five times faster.
            fresh.view(torch.int16).clamp_(0, bits)
            return fresh
        return fresh.clamp_(0.0, highest)

    def rows(self, rows: Tensor) -> Tensor:
        """The same, if it is by place, of (..., C) values side by side."""
        if self.matrix is None:
            raise ValueError("This convolution looks around.")
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
            # As an ordinary convolution with the kernel turned about, which has the faster routines.
            spread = self._spread(gradients, values[0].shape[2:])
            return [F.conv2d(spread, self._turned, None, 1, self.padding_back, 1, self.groups)]
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

    def _spread(self, gradients: Tensor, shape: Sequence[int]) -> Tensor:
        """The gradients at the places of a source of this (H, W) that the kernel stopped at, 0 between them."""
        if self.stride == (1, 1):
            return gradients
        count, channels = gradients.shape[:2]
        height, width = (
            size + 2 * padding - extent for size, padding, extent in zip(shape, self.padding, self.extent, strict=True)
        )
        spread = gradients.new_zeros(count, height, width, channels).permute(0, 3, 1, 2)
        spread[:, :, :: self.stride[0], :: self.stride[1]] = gradients
        return spread

    def in_half_precision(self) -> Convolution:
        """The same with weights in bfloat16."""
        half = copy.copy(self)
        half.__dict__.pop("_turned", None)
        half.weight = self.weight.bfloat16()
        half.bias = None if self.bias is None else self.bias.bfloat16()
        half.matrix = None if self.matrix is None else self.matrix.bfloat16()
        return half

    @property
    def padding_back(self) -> tuple[int, int]:
        """How a convolution with the kernel turned about is padded to lead gradients back."""
        (down, across), (above, before) = self.extent, self.padding
        return down - above, across - before

    @property
    def _overhangs(self) -> bool:
        """Whether the padding is wider than the kernel reaches."""
        return any(given > extent for given, extent in zip(self.padding, self.extent, strict=True))

    @cached_property
    def _turned(self) -> Tensor:
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

    def read(self, places: Places) -> Places:
        return Places(
            places.tops // self.grid, places.lefts // self.grid, places.height // self.grid, places.width // self.grid
        )

    def windows(self, patches: Sequence[Tensor]) -> Tensor:
        return self.whole(patches)

    def pull_back(self, gradients: Tensor, values: Sequence[Tensor], result: Tensor) -> Sequence[Tensor]:
        return [F.avg_pool2d(gradients, self.grid) * self.grid**2]


def _joined(*maps: Tensor) -> Tensor:
    """Side by side, in the lowest precision among them: who gave that computes in it."""
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


class _Tracer(fx.Tracer):
    """Takes modules without children and normalisations as one operation each."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, _BatchNorm) or not any(True for _ in m.children())


class LocalNetwork:
    """The layers of a network, batch norm folded into convolutions; made once per model, kept for every picture."""

    def __init__(self, module: nn.Module, example: Tensor) -> None:
        """Traces a module whose `forward(image)` gives tensors or (nested) sequences of them.

        Args:
            module: In evaluation mode.
            example: (1, C, H, W) of any size that the module takes.

        Raises:
            NotLocalError: the module cannot be recomputed window by window.
        """
        if module.training:
            raise ValueError("The network must be in evaluation mode.")
        try:
            graph = _Tracer().trace(module)
        except (fx.proxy.TraceError, TypeError, RuntimeError, ValueError) as error:
            raise NotLocalError(f"the network cannot be traced: {error}") from error
        self.layers: list[Layer | None] = []
        with torch.no_grad():
            builder = _Builder(module, self.layers)
            self.outputs = builder.build(graph, example)
            """Which layers give the outputs, in their order."""
        self.widths = builder.widths
        """How many channels every layer gives."""
        self._in_half: dict[int, Convolution] = {}

    @torch.no_grad()
    def values(self, image: Tensor) -> list[Tensor]:
        """What every layer makes of a picture (1, C, H, W), channels last."""
        results: list[Tensor] = []
        for layer in self.layers:
            value = image if layer is None else layer.whole([results[source] for source in layer.sources])
            results.append(value.contiguous(memory_format=torch.channels_last))
        return results

    @torch.no_grad()
    def values_again(self, values: Sequence[Tensor], first: int, end: int) -> list[Tensor]:
        """The values with those of the layers from `first` to before `end` worked out anew, by this network."""
        found = list(values)
        for index in range(first, end):
            layer = self.layers[index]
            if layer is not None:
                value = layer.whole([found[source] for source in layer.sources])
                found[index] = value.contiguous(memory_format=torch.channels_last)
        return found

    def in_half_precision(self, first: int = 0, end: int | None = None) -> LocalNetwork:
        """The same with the convolutions from layer `first` to before `end` in bfloat16."""
        for index, layer in enumerate(self.layers):
            if index not in self._in_half and isinstance(layer, Convolution):
                self._in_half[index] = layer.in_half_precision()
        mixed = copy.copy(self)
        mixed.layers = [
            self._in_half.get(index, layer) if first <= index < (len(self.layers) if end is None else end) else layer
            for index, layer in enumerate(self.layers)
        ]
        return mixed


class _Builder:
    """From fx nodes to layers. Shapes are computed on the way, as some networks ask for them."""

    def __init__(self, module: nn.Module, layers: list[Layer | None]) -> None:
        self._modules: Mapping[str, nn.Module] = dict(module.named_modules())
        self._layers = layers
        self._index: dict[fx.Node, int] = {}
        self._constants: dict[fx.Node, Any] = {}
        self._values: list[Tensor] = []

    def build(self, graph: fx.Graph, example: Tensor) -> list[int]:
        for node in graph.nodes:
            if node.op == "placeholder":
                self._add(node, None, example)
            elif node.op == "output":
                flat = _flatten(node.args[0])
                return [self._index[item] for item in flat]
            elif node.op == "call_module":
                self._module(node, self._modules[str(node.target)])
            elif node.op == "call_function":
                self._function(node)
            else:
                raise NotLocalError(f"{node.op} {node.target}")
        raise NotLocalError("no output")

    @property
    def widths(self) -> list[int]:
        return [value.shape[1] for value in self._values]

    def _add(self, node: fx.Node, layer: Layer | None, value: Tensor | None = None) -> None:
        if layer is not None:
            value = layer.whole([self._values[source] for source in layer.sources])
        self._index[node] = len(self._layers)
        self._layers.append(layer)
        self._values.append(cast("Tensor", value))

    def _source(self, node: fx.Node, position: int = 0) -> int:
        argument = node.args[position]
        if not isinstance(argument, fx.Node) or argument not in self._index:
            raise NotLocalError(f"{node.target} on a constant")
        return self._index[argument]

    def _foldable(self, node: fx.Node) -> Convolution | None:
        """The convolution before this node, if nothing else reads it and it has no activation yet."""
        before = node.args[0]
        if not isinstance(before, fx.Node) or len(before.users) != 1:
            return None
        layer = self._layers[self._source(node)]
        return layer if isinstance(layer, Convolution) and layer.activation is None else None

    def _alias(self, node: fx.Node) -> None:
        self._index[node] = self._source(node)

    def _module(self, node: fx.Node, module: nn.Module) -> None:
        if isinstance(module, nn.Conv2d):
            norm = self._norm_behind(node)
            self._add(node, Convolution(self._source(node), module, norm))
        elif isinstance(module, _BatchNorm):
            self._normalisation(node, module)
        elif isinstance(module, POINTWISE):
            self._activation(node, module)
        elif isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
            self._add(node, Pooling(self._source(node), module))
        elif isinstance(module, nn.Identity | nn.Dropout | nn.Dropout2d) or type(module).__name__ == "DropPath":
            self._alias(node)  # nothing happens in evaluation mode
        else:
            raise NotLocalError(type(module).__name__)

    def _norm_behind(self, node: fx.Node) -> _BatchNorm | None:
        if len(node.users) != 1:
            return None
        (user,) = node.users
        module = self._modules.get(str(user.target)) if user.op == "call_module" else None
        return module if isinstance(module, _BatchNorm) else None

    def _normalisation(self, node: fx.Node, module: _BatchNorm) -> None:
        # timm's batch norm carries its activation (and a dropout that does nothing in evaluation mode).
        inner = getattr(module, "act", None)
        if inner is not None and not isinstance(inner, (*POINTWISE, nn.Identity)):
            raise NotLocalError(type(inner).__name__)
        if self._foldable(node) is not None:
            self._alias(node)
        else:
            function = _batch_norm(module)
            self._add(node, Pointwise([self._source(node)], function))
        if inner is not None and not isinstance(inner, nn.Identity):
            self._behind(self._index[node], node, inner)

    def _activation(self, node: fx.Node, module: nn.Module) -> None:
        if self._foldable(node) is not None:
            self._alias(node)
            self._behind(self._index[node], node, module)
        else:
            self._add(node, Pointwise([self._source(node)], _not_in_place(module)))

    def _behind(self, index: int, node: fx.Node, module: nn.Module) -> None:
        """Lets the convolution at `index` apply the activation itself, or adds a step."""
        function, layer = _not_in_place(module), self._layers[index]
        if isinstance(layer, Convolution) and layer.activation is None:
            layer.activation = function
            self._values[index] = function(self._values[index])
        else:
            self._add(node, Pointwise([index], function))

    def _function(self, node: fx.Node) -> None:
        target = node.target
        if target in (operator.add, operator.iadd, torch.add) and all(item in self._index for item in node.args):
            self._add(node, Addition([self._source(node, 0), self._source(node, 1)]))
        elif target is torch.cat:
            items = cast("Sequence[fx.Node]", node.args[0])
            dimension = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
            if dimension not in (1, -3):
                raise NotLocalError("concatenation over places")
            self._add(node, Joining([self._index[item] for item in items]))
        elif target is F.interpolate:
            self._add(node, self._enlargement(node))
        elif target is getattr and node.args[1] == "shape":
            self._constants[node] = self._values[self._source(node)].shape
        elif target is operator.getitem and node.args[0] in self._constants:
            self._constants[node] = self._constants[cast("fx.Node", node.args[0])][node.args[1]]
        elif target in (F.relu, torch.relu):
            self._activation(node, nn.ReLU())
        else:
            raise NotLocalError(getattr(target, "__name__", str(target)))

    def _enlargement(self, node: fx.Node) -> Enlargement:
        source = self._source(node)
        if node.kwargs.get("mode", "nearest") != "nearest":
            raise NotLocalError("interpolation other than nearest")
        height, width = self._values[source].shape[2:]
        if (size := node.kwargs.get("size")) is not None:
            rows, columns = (self._constants[item] if isinstance(item, fx.Node) else item for item in _flatten(size))
        else:
            factor = cast("float", node.kwargs.get("scale_factor"))
            rows, columns = height * factor, width * factor
        if rows % height or columns % width or rows // height != columns // width:
            raise NotLocalError("interpolation by a broken factor")
        return Enlargement(source, int(rows // height))


def _batch_norm(module: _BatchNorm) -> Callable[[Tensor], Tensor]:
    if module.running_mean is None or module.running_var is None:
        raise NotLocalError("batch norm without running statistics")
    mean, variance, eps = module.running_mean, module.running_var, module.eps

    def normalise(values: Tensor) -> Tensor:
        return F.batch_norm(values, mean, variance, module.weight, module.bias, training=False, eps=eps)

    return normalise


def _not_in_place(module: nn.Module) -> nn.Module:
    plain = copy.copy(module)
    if getattr(plain, "inplace", False):
        plain.inplace = False  # type: ignore[assignment]
    return plain


def _flatten(items: Any) -> list[Any]:
    if isinstance(items, tuple | list):
        return [inner for item in items for inner in _flatten(item)]
    return [items]
