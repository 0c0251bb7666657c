"""A convolutional network recomputed only where its input changed.

A network of convolutions, pooling, additions and other local operations changes, where a patch of its input changes,
only within the patch grown by each layer's kernel. `WindowedNetwork` keeps every layer's values for one picture and
recomputes, layer by layer, the box that may have changed, reading what lies around the box from the values kept. This
is exact: borders of the picture are padded as the whole layer pads them, and no layer sees an artificial border.

In deep layers the box is wide and most of it hardly changes. With a tolerance over 0, the box is cut after each layer
to the places that changed by more than this share of the layer's standard deviation.

Whether a network can be recomputed like this is found out by tracing it: a layer that looks at the whole picture, such
as squeeze-and-excitation, raises `NotLocalError`.
"""

from __future__ import annotations

import copy
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_weights

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


class NotLocalError(ValueError):
    """The network holds an operation whose result at one place depends on all of its input, or an unknown one."""


@dataclass(frozen=True, slots=True)
class Box:
    """Rows [top, bottom) and columns [left, right) of a map."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice, slice, slice]:
        """For indexing (N, C, H, W)."""
        return slice(None), slice(None), slice(self.top, self.bottom), slice(self.left, self.right)

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )

    def mirrored(self, width: int) -> Box:
        """The same box on the picture flipped left to right."""
        return Box(self.top, self.bottom, width - self.right, width - self.left)


class _Layer(ABC):
    """One step of the network: values of earlier steps in, values of a box out."""

    def __init__(self, sources: Sequence[int]) -> None:
        self.sources = tuple(sources)

    @abstractmethod
    def whole(self, values: Sequence[Tensor]) -> Tensor:
        """(1, C, H, W) from the sources' whole maps."""

    @abstractmethod
    def box(self, changed: Sequence[Box | None], shape: torch.Size) -> Box:
        """Where the result may change, given where the sources did; `shape` is the result's."""

    @abstractmethod
    def window(self, values: Sequence[Tensor], box: Box) -> Tensor:
        """(1, C, h, w): the result within `box`, from the sources' whole maps as they are now."""


class _Sliding(_Layer):
    """A kernel that slides over one map: how its boxes grow and how it is padded."""

    fill = 0.0

    def __init__(self, source: int, kernel: Any, stride: Any, padding: Any, dilation: Any) -> None:
        super().__init__([source])
        if isinstance(padding, str):
            raise NotLocalError(f"padding {padding!r}")
        self.kernel, self.stride, self.padding, self.dilation = (
            _pair(value) for value in (kernel, stride, padding, dilation)
        )

    @abstractmethod
    def apply(self, patch: Tensor, padding: tuple[int, int]) -> Tensor:
        """The operation on a whole map or a patch."""

    def whole(self, values: Sequence[Tensor]) -> Tensor:
        return self.apply(values[0], self.padding)

    def box(self, changed: Sequence[Box | None], shape: torch.Size) -> Box:
        (source,) = changed
        if source is None:
            raise ValueError("Nothing changed.")
        top, bottom = self._reached(0, source.top, source.bottom, shape[2])
        left, right = self._reached(1, source.left, source.right, shape[3])
        return Box(top, bottom, left, right)

    def _reached(self, axis: int, first: int, end: int, size: int) -> tuple[int, int]:
        stride, padding = self.stride[axis], self.padding[axis]
        extent = (self.kernel[axis] - 1) * self.dilation[axis]
        lowest = -((extent - padding - first) // stride)  # ceil((first + padding - extent) / stride)
        highest = (end - 1 + padding) // stride
        return max(lowest, 0), min(highest + 1, size)

    def window(self, values: Sequence[Tensor], box: Box) -> Tensor:
        source = values[0]
        top, bottom, before_y, after_y = self._needed(0, box.top, box.bottom, source.shape[2])
        left, right, before_x, after_x = self._needed(1, box.left, box.right, source.shape[3])
        patch = source[:, :, top:bottom, left:right]
        if before_y or after_y or before_x or after_x:
            patch = F.pad(patch, (before_x, after_x, before_y, after_y), value=self.fill)
        return self.apply(patch, (0, 0))

    def _needed(self, axis: int, first: int, end: int, size: int) -> tuple[int, int, int, int]:
        """First and end of what is read, and how much of it lies before and after the map."""
        stride, padding = self.stride[axis], self.padding[axis]
        extent = (self.kernel[axis] - 1) * self.dilation[axis]
        start, stop = first * stride - padding, (end - 1) * stride - padding + extent + 1
        return max(start, 0), min(stop, size), max(-start, 0), max(stop - size, 0)


class _Convolution(_Sliding):
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
        self.weight = weight.detach().contiguous(memory_format=torch.channels_last)
        self.bias = None if bias is None else bias.detach()
        self.groups = module.groups
        self.activation: Callable[[Tensor], Tensor] | None = None
        is_plain = self.kernel == self.stride == (1, 1) and self.padding == (0, 0) and self.groups == 1
        self.matrix = self.weight.flatten(1).contiguous() if is_plain else None

    def apply(self, patch: Tensor, padding: tuple[int, int]) -> Tensor:
        if self.matrix is not None:
            # A 1 x 1 convolution is a matrix product over channels-last rows.
            result = F.linear(patch.permute(0, 2, 3, 1), self.matrix, self.bias).permute(0, 3, 1, 2)
        else:
            result = F.conv2d(patch, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)
        return result if self.activation is None else self.activation(result)


class _Pooling(_Sliding):
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


class _Pointwise(_Layer):
    """Maps of one size in, place by place: activations, sums, concatenations over channels."""

    def __init__(self, sources: Sequence[int], function: Callable[..., Tensor]) -> None:
        super().__init__(sources)
        self.function = function

    def whole(self, values: Sequence[Tensor]) -> Tensor:
        return self.function(*values)

    def box(self, changed: Sequence[Box | None], shape: torch.Size) -> Box:
        return _around(changed)

    def window(self, values: Sequence[Tensor], box: Box) -> Tensor:
        return self.function(*(value[box.slices] for value in values))


class _Enlargement(_Layer):
    """Nearest-neighbour enlargement by a whole factor."""

    def __init__(self, source: int, factor: int) -> None:
        super().__init__([source])
        self.factor = factor

    def whole(self, values: Sequence[Tensor]) -> Tensor:
        return F.interpolate(values[0], scale_factor=float(self.factor), mode="nearest")

    def box(self, changed: Sequence[Box | None], shape: torch.Size) -> Box:
        source = _around(changed)
        return Box(*(edge * self.factor for edge in (source.top, source.bottom, source.left, source.right)))

    def window(self, values: Sequence[Tensor], box: Box) -> Tensor:
        rows = slice(box.top // self.factor, -(-box.bottom // self.factor))
        columns = slice(box.left // self.factor, -(-box.right // self.factor))
        return F.interpolate(values[0][:, :, rows, columns], scale_factor=float(self.factor), mode="nearest")


def _around(changed: Sequence[Box | None]) -> Box:
    boxes = [box for box in changed if box is not None]
    result = boxes[0]
    for box in boxes[1:]:
        result = result.union(box)
    return result


def _pair(value: Any) -> tuple[int, int]:
    return (int(value[0]), int(value[1])) if isinstance(value, tuple | list) else (int(value), int(value))


class _Tracer(fx.Tracer):
    """Takes modules without children and normalisations as one operation each."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, _BatchNorm) or not any(True for _ in m.children())


class NetworkPlan:
    """The layers of a network, batch norm folded into convolutions; made once per model, kept for every picture."""

    def __init__(self, module: nn.Module, example: Tensor) -> None:
        """Traces a module whose `forward(image)` gives tensors or (nested) sequences of them.

        Args:
            module: In evaluation mode.
            example: (1, C, H, W) of the size all pictures have.

        Raises:
            NotLocalError: the module cannot be recomputed window by window.
        """
        if module.training:
            raise ValueError("The network must be in evaluation mode.")
        try:
            graph = _Tracer().trace(module)
        except (fx.proxy.TraceError, TypeError, RuntimeError, ValueError) as error:
            raise NotLocalError(f"the network cannot be traced: {error}") from error
        self.layers: list[_Layer | None] = []
        self.outputs: list[int] = []
        self._builder = _Builder(module, self.layers)
        try:
            with torch.inference_mode():
                self.outputs = self._builder.build(graph, example)
        finally:
            del self._builder

    def of(self, image: Tensor) -> WindowedNetwork:
        """All values of one picture, ready to be changed."""
        return WindowedNetwork(self, image)


class _Builder:
    """From fx nodes to layers. Shapes are computed on the way, as some networks ask for them."""

    def __init__(self, module: nn.Module, layers: list[_Layer | None]) -> None:
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

    def _add(self, node: fx.Node, layer: _Layer | None, value: Tensor | None = None) -> None:
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

    def _foldable(self, node: fx.Node) -> _Convolution | None:
        """The convolution before this node, if nothing else reads it and it has no activation yet."""
        before = node.args[0]
        if not isinstance(before, fx.Node) or len(before.users) != 1:
            return None
        layer = self._layers[self._source(node)]
        return layer if isinstance(layer, _Convolution) and layer.activation is None else None

    def _alias(self, node: fx.Node) -> None:
        self._index[node] = self._source(node)

    def _module(self, node: fx.Node, module: nn.Module) -> None:
        if isinstance(module, nn.Conv2d):
            norm = self._norm_behind(node)
            self._add(node, _Convolution(self._source(node), module, norm))
        elif isinstance(module, _BatchNorm):
            self._normalisation(node, module)
        elif isinstance(module, POINTWISE):
            self._activation(node, module)
        elif isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
            self._add(node, _Pooling(self._source(node), module))
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
            self._add(node, _Pointwise([self._source(node)], function))
        if inner is not None and not isinstance(inner, nn.Identity):
            self._behind(self._index[node], node, inner)

    def _activation(self, node: fx.Node, module: nn.Module) -> None:
        if self._foldable(node) is not None:
            self._alias(node)
            self._behind(self._index[node], node, module)
        else:
            self._add(node, _Pointwise([self._source(node)], _not_in_place(module)))

    def _behind(self, index: int, node: fx.Node, module: nn.Module) -> None:
        """Lets the convolution at `index` apply the activation itself, or adds a step."""
        function, layer = _not_in_place(module), self._layers[index]
        if isinstance(layer, _Convolution) and layer.activation is None:
            layer.activation = function
            self._values[index] = function(self._values[index])
        else:
            self._add(node, _Pointwise([index], function))

    def _function(self, node: fx.Node) -> None:
        target = node.target
        if target in (operator.add, operator.iadd, torch.add) and all(item in self._index for item in node.args):
            self._add(node, _Pointwise([self._source(node, 0), self._source(node, 1)], operator.add))
        elif target is torch.cat:
            items = cast("Sequence[fx.Node]", node.args[0])
            dimension = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
            if dimension not in (1, -3):
                raise NotLocalError("concatenation over places")
            self._add(node, _Pointwise([self._index[item] for item in items], lambda *maps: torch.cat(maps, dim=1)))
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

    def _enlargement(self, node: fx.Node) -> _Enlargement:
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
        return _Enlargement(source, int(rows // height))


def _batch_norm(module: _BatchNorm) -> Callable[[Tensor], Tensor]:
    if module.running_mean is None or module.running_var is None:
        raise NotLocalError("batch norm without running statistics")
    mean, variance, eps = module.running_mean, module.running_var, module.eps

    def normalise(values: Tensor) -> Tensor:
        return F.batch_norm(values, mean, variance, module.weight, module.bias, training=False, eps=eps)

    return normalise


def _not_in_place(module: nn.Module) -> Callable[[Tensor], Tensor]:
    plain = copy.copy(module)
    if getattr(plain, "inplace", False):
        plain.inplace = False  # type: ignore[assignment]
    return cast("Callable[[Tensor], Tensor]", plain)


def _flatten(items: Any) -> list[Any]:
    if isinstance(items, tuple | list):
        return [inner for item in items for inner in _flatten(item)]
    return [items]


class WindowedNetwork:
    """One picture's values in every layer, and what they become where the picture is changed."""

    def __init__(self, plan: NetworkPlan, image: Tensor) -> None:
        self._plan = plan
        self._base: list[Tensor] = []
        with torch.inference_mode():
            for layer in plan.layers:
                value = image if layer is None else layer.whole([self._base[source] for source in layer.sources])
                self._base.append(value.contiguous(memory_format=torch.channels_last))
            self._now = [value.clone(memory_format=torch.channels_last) for value in self._base]
            self._deviations = [float(value.std()) for value in self._base]
        self._changed: list[Box | None] = [None] * len(self._base)

    @property
    def base(self) -> list[Tensor]:
        """The outputs for the unchanged picture, (1, C, H, W) each."""
        return [self._base[index] for index in self._plan.outputs]

    def change(
        self, patch: Tensor, box: Box, tolerances: Sequence[float] | float = 0.0, outputs: int | None = None
    ) -> list[tuple[Tensor, Box | None]]:
        """Puts a patch into the unchanged picture.

        Args:
            patch: (1, C, h, w), the picture's new values within `box`.
            box: Where.
            tolerances: Changes up to this share of a layer's standard deviation count as none; 0 is exact. One for
                all layers, or one per output, for the layers that lead to it from the outputs before.
            outputs: How many of the outputs are wanted, all if None.

        Returns:
            Every output wanted: its whole map as it is now, valid until the next call, and where it may have changed.
        """
        wanted = self._plan.outputs[:outputs]
        limits = [tolerances] * len(wanted) if isinstance(tolerances, float | int) else list(tolerances)
        self._restore()
        self._write(0, patch, box)
        stage = 0
        for index, layer in enumerate(self._plan.layers[: max(wanted) + 1]):
            while index > wanted[stage]:
                stage += 1
            tolerance = limits[stage]
            if layer is None:
                continue
            changed = [self._changed[source] for source in layer.sources]
            if not any(changed):
                continue
            values = [self._now[source] for source in layer.sources]
            reached = layer.box(changed, self._now[index].shape)
            if reached.bottom <= reached.top or reached.right <= reached.left:
                continue  # a stride skips the few places that changed
            window = layer.window(values, reached)
            if tolerance > 0:
                cut = _cut(window, self._base[index], reached, tolerance * self._deviations[index])
                if cut is None:
                    continue
                window = window[
                    :,
                    :,
                    cut.top - reached.top : cut.bottom - reached.top,
                    cut.left - reached.left : cut.right - reached.left,
                ]
                reached = cut
            self._write(index, window, reached)
        return [(self._now[index], self._changed[index]) for index in wanted]

    def _write(self, index: int, values: Tensor, box: Box) -> None:
        self._now[index][box.slices] = values
        self._changed[index] = box

    def _restore(self) -> None:
        for index, box in enumerate(self._changed):
            if box is not None:
                self._now[index][box.slices] = self._base[index][box.slices]
                self._changed[index] = None


def _cut(window: Tensor, base: Tensor, box: Box, smallest: float) -> Box | None:
    """The box around the places that differ by more than `smallest`, None if there are none."""
    differs = ((window - base[box.slices]).abs_().amax(dim=1)[0] > smallest).cpu().numpy()
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return None
    return Box(
        box.top + int(rows[0]), box.top + int(rows[-1]) + 1, box.left + int(columns[0]), box.left + int(columns[-1]) + 1
    )
