"""One process or several: every batch is divided among them, and all end a step with the same weights."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.utils import gather_object
from torch import nn

from bsnet_core.language import translate as _
from training.configuration.run_config import ConfigurationError, RunConfig
from training.configuration.sections import Precision

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Share:
    """This process's part of every batch: each `count`-th image, starting at the `rank`-th."""

    rank: int = 0
    count: int = 1

    def of(self, items: Sequence[T]) -> Sequence[T]:
        """This process's items of a batch."""
        return items[self.rank :: self.count]

    def weight(self, total: int) -> float:
        """Weight of the mean over this process's images that makes the mean over processes that of the batch."""
        return self.count * len(self.of(range(total))) / total


ALONE = Share()
"""The share of a single process: everything."""


def make_accelerator(config: RunConfig) -> Accelerator:
    """The process group (one process unless started by `torchrun` or similar), its device and its precision.

    Raises:
        ConfigurationError: the configuration's device does not exist here.
    """
    # Read when cuBLAS starts: without it, sums differ from run to run.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Batch-norm statistics are averaged once an epoch instead, see `average_buffers`. The parameters in use can differ
    # between processes: images without a mask do not use the segmentation loss.
    parallel = DistributedDataParallelKwargs(broadcast_buffers=False, find_unused_parameters=True)
    accelerator = Accelerator(
        cpu=config.device == "cpu",
        mixed_precision="bf16" if config.precision is Precision.BFLOAT16 else "no",
        kwargs_handlers=[parallel],
    )
    if config.device not in ("auto", accelerator.device.type):
        raise ConfigurationError(
            _("device: this machine has no {requested!r}, only {found!r}.").format(
                requested=config.device, found=accelerator.device.type
            )
        )
    if accelerator.device.type == "cuda":
        # The gradient of resampling, which the end-to-end stage needs, has no deterministic form: only warn.
        torch.backends.cudnn.benchmark = False
        torch.use_deterministic_algorithms(True, warn_only=True)
    return accelerator


def share_of(accelerator: Accelerator) -> Share:
    """This process's share."""
    return Share(accelerator.process_index, accelerator.num_processes)


def mean_over_processes(sums: Mapping[str, float]) -> dict[str, float]:
    """The mean over all processes of each named sum; a sum that a process lacks counts as 0."""
    everyone: list[Mapping[str, float]] = gather_object([dict(sums)])
    names = sorted({name for mine in everyone for name in mine})
    return {name: sum(mine.get(name, 0.0) for mine in everyone) / len(everyone) for name in names}


@torch.no_grad()
def average_buffers(model: nn.Module, accelerator: Accelerator) -> None:
    """Gives every process the mean of the batch-norm statistics: each has seen its own images only."""
    if accelerator.num_processes == 1:
        return
    for module in model.modules():
        for buffer in module.buffers(recurse=False):
            if module.training and buffer.is_floating_point():
                buffer.copy_(_mean(buffer, accelerator))


def weights_agree(model: nn.Module, accelerator: Accelerator) -> bool:
    """Whether all processes hold the same weights, to the last bit."""
    if accelerator.num_processes == 1:
        return True
    state = model.state_dict()
    digest = [float(tensor.double().sum()) for tensor in state.values()]
    everyone: list[list[float]] = gather_object([digest])
    return all(other == everyone[0] for other in everyone)


def _mean(tensor: torch.Tensor, accelerator: Accelerator) -> Any:
    return accelerator.reduce(tensor.clone(), reduction="mean")
