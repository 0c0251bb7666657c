"""The exponential moving average of a network's weights, which a stage may validate and keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class RunningAverage:
    """Moving average of a model's weights and buffers over the steps; switched off by a decay of 0."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._averaged: AveragedModel | None = None
        if decay > 0:
            self._averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
            # The weights that training starts from are part of the average: otherwise the first step replaces them.
            self._averaged.n_averaged.fill_(1)

    @property
    def state(self) -> dict[str, Tensor]:
        """The averaged weights by name, for a checkpoint; empty if switched off."""
        return {} if self._averaged is None else self._averaged.module.state_dict()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continues with a checkpoint's average."""
        if self._averaged is not None:
            self._averaged.module.load_state_dict(state)

    def update(self, model: nn.Module) -> None:
        """Adds the weights after a step."""
        if self._averaged is not None:
            self._averaged.update_parameters(model)

    @contextmanager
    def applied_to(self, model: nn.Module) -> Iterator[None]:
        """Gives the model the averaged weights until the block ends, then its own again."""
        if self._averaged is None:
            yield
            return
        own = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        model.load_state_dict(self.state)
        yield
        model.load_state_dict(own)
