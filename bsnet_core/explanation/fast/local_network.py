"""A convolutional network as a list of local layers, found by tracing it.

If a patch of the input changes, a network of convolutions, pooling, additions and other local operations changes only
within the patch grown by each layer's kernel. `LocalNetwork` lists the layers of such a network in order, batch norm
folded into the convolutions.

Tracing shows whether a network is local: a layer that looks at the whole image, such as squeeze-and-excitation, raises
`NotLocalError`.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm

from bsnet_core.explanation.fast.local_layers import (
    Addition,
    Convolution,
    Enlargement,
    Joining,
    Layer,
    NotLocalError,
    Pointwise,
    Pooling,
)

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


class _Tracer(fx.Tracer):
    """Treats modules without children and normalisations as one operation each."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, _BatchNorm) or not any(True for _ in m.children())


class LocalNetwork:
    """The layers of a network, batch norm folded into convolutions; made once per model, kept for every image."""

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
            """Indices of the layers that give the outputs, in order."""
        self.widths = builder.widths
        """Number of channels of every layer."""
        self._in_half: dict[int, Convolution] = {}

    @torch.no_grad()
    def values(self, image: Tensor) -> list[Tensor]:
        """The value of every layer for an image (1, C, H, W), channels last."""
        results: list[Tensor] = []
        for layer in self.layers:
            value = image if layer is None else layer.whole([results[source] for source in layer.sources])
            results.append(value.contiguous(memory_format=torch.channels_last))
        return results

    @torch.no_grad()
    def values_again(self, values: Sequence[Tensor], first: int, end: int) -> list[Tensor]:
        """The values with those of the layers from `first` to before `end` recomputed by this network."""
        found = list(values)
        for index in range(first, end):
            layer = self.layers[index]
            if layer is not None:
                value = layer.whole([found[source] for source in layer.sources])
                found[index] = value.contiguous(memory_format=torch.channels_last)
        return found

    def in_half_precision(self, first: int = 0, end: int | None = None) -> LocalNetwork:
        """This network with the convolutions from layer `first` to before `end` in bfloat16."""
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
    """Builds layers from fx nodes, with their values, as some networks ask for shapes."""

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
