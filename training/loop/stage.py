"""The interface between the training loop and a stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from training.configuration.sections import StageConfig


@dataclass(frozen=True, slots=True)
class Step:
    """This process's part of one batch.

    Attributes:
        batch: The argument of the stage's loss.
        images: Number of images in the whole batch, over all processes.
        weight: Weight of the mean over this process's images in the mean over all processes.
    """

    batch: Any
    images: int
    weight: float = 1.0


class Stage(Protocol):
    """A network, the images it learns from in this stage, and the loss it learns by."""

    @property
    def model(self) -> nn.Module:
        """The whole network."""

    @property
    def settings(self) -> StageConfig:
        """The stage's settings."""

    @property
    def has_validation(self) -> bool:
        """Whether there is anything to validate on; if not, the last weights count as the best."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Trainable parameters with their learning rates."""

    def train_mode(self) -> None:
        """Puts the trainable parts into training mode and the frozen ones into evaluation mode."""

    def steps(self, epoch: int) -> Iterator[Step]:
        """This process's part of the epoch's batches; it depends on the epoch alone, not on what came before."""

    def step_count(self, epoch: int) -> int:
        """Number of steps in the epoch."""

    def loss(self, batch: Any) -> tuple[Tensor, Mapping[str, float]]:
        """The loss to minimise and its named parts."""

    def validate(self) -> Mapping[str, float]:
        """Validation figures; `value` is the one to minimise."""

    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """(H, W, 3) views of the validation images by name, for TensorBoard."""


class LossModule(nn.Module):
    """A stage's loss as a module, so that its gradients can be averaged over the processes."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.model = stage.model
        self._loss = stage.loss

    def forward(self, batch: Any) -> tuple[Tensor, Mapping[str, float]]:
        """Args: batch: as the stage's steps hold it. Returns: the loss and its named parts."""
        return self._loss(batch)
