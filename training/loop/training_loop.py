"""One stage from its first epoch to its last: train, validate, halve the rate on a plateau, keep the best."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from bsnet_core.language import translate as _
from training.configuration.run_config import Schedule, StageConfig
from training.files import make_private_folder, write_json, write_whole
from training.loop.checkpoint import Checkpoint
from training.loop.processes import average_buffers, mean_over_processes, weights_agree

BEST, LAST, CHECKPOINT, HISTORY = "best.safetensors", "last.safetensors", "last.pt", "history.json"
LARGEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class Step:
    """This process's part of one batch.

    Attributes:
        batch: What the stage's loss takes.
        images: Images of the whole batch, over all processes.
        weight: What the mean over this process's images counts.
    """

    batch: Any
    images: int
    weight: float = 1.0


class Stage(Protocol):
    """What the loop needs to know of a stage."""

    @property
    def model(self) -> nn.Module:
        """The whole network."""

    @property
    def config(self) -> StageConfig:
        """The stage's settings."""

    @property
    def has_validation(self) -> bool:
        """Whether there is anything to validate on; if not, the last weights count as the best."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Trainable parameters with their share of the learning rate."""

    def train_mode(self) -> None:
        """Puts the trainable parts into training mode and the frozen ones into evaluation mode."""

    def steps(self, epoch: int) -> Iterator[Step]:
        """This process's part of the epoch's batches; the same for the same epoch, whatever came before."""

    def step_count(self, epoch: int) -> int:
        """How many steps the epoch has."""

    def loss(self, batch: Any) -> tuple[Tensor, Mapping[str, float]]:
        """The loss to descend and its named parts."""

    def validate(self) -> Mapping[str, float]:
        """Validation figures; `value` is the one to lower."""

    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """(H, W, 3) pictures of the validation images by name, for TensorBoard."""


class LossModule(nn.Module):
    """A stage's loss as a module, so that its gradients can be averaged over the processes."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.model = stage.model
        self._loss = stage.loss

    def forward(self, batch: Any) -> tuple[Tensor, Mapping[str, float]]:
        """Args: batch: as the stage's steps hold it. Returns: the loss and its named parts."""
        return self._loss(batch)


class RunningAverage:
    """Exponential average of a model's weights over the steps; switched off by a decay of 0."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        self.state: dict[str, Tensor] = {}
        if decay > 0:
            self.state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from a checkpoint's average."""
        for name, tensor in state.items():
            self.state[name].copy_(tensor)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Takes in the weights after a step."""
        if not self.state:
            return
        for name, tensor in model.state_dict().items():
            mine = self.state[name]
            if mine.is_floating_point():
                mine.lerp_(tensor, 1 - self._decay)
            else:
                mine.copy_(tensor)

    @contextmanager
    def applied_to(self, model: nn.Module) -> Iterator[None]:
        """The model with averaged weights for a while; its own come back afterwards."""
        if not self.state:
            yield
            return
        own = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        model.load_state_dict(self.state)
        yield
        model.load_state_dict(own)


def fit(
    stage: Stage, folder: Path, settings: str, accelerator: Accelerator, *, seed: int, pictures_every: int = 0
) -> float:
    """Trains a stage, going on from `folder/last.pt` if it is there.

    Writes after every epoch: `best.safetensors` if validation improved, `last.safetensors`, the checkpoint `last.pt`,
    `history.json` and TensorBoard. Everything random in an epoch follows from (seed, epoch) and the checkpoint comes
    last, so a run killed at any moment repeats its last epoch and ends as if it had never stopped.

    Returns:
        The lowest validation value; without validation images the last training loss.
    """
    make_private_folder(folder)
    groups = stage.parameter_groups()
    let_learn_only(stage.model, groups)
    optimizer = torch.optim.Adam(groups, weight_decay=stage.config.weight_decay)
    scheduler = _scheduler(optimizer, stage.config)
    average = RunningAverage(stage.model, stage.config.average_decay)
    first_epoch, best_value, history = 0, math.inf, []
    if (folder / CHECKPOINT).exists():
        checkpoint = Checkpoint.read(folder / CHECKPOINT, settings)
        stage.model.load_state_dict(checkpoint.model)
        optimizer.load_state_dict(checkpoint.optimizer)
        scheduler.load_state_dict(checkpoint.scheduler)
        average.restore(checkpoint.average)
        first_epoch, best_value, history = checkpoint.epoch, checkpoint.best_value, checkpoint.history
        if accelerator.is_main_process:
            write_json(folder / HISTORY, history)
    # Nobody writes before everybody has read.
    accelerator.wait_for_everyone()
    if first_epoch >= stage.config.epochs:
        return best_value
    loss_module = accelerator.prepare_model(LossModule(stage))
    writer = SummaryWriter(str(folder / "tensorboard"), purge_step=first_epoch) if accelerator.is_main_process else None
    for epoch in range(first_epoch, stage.config.epochs):
        torch.manual_seed(seed * 100_003 + epoch)
        start = time.perf_counter()
        row, images = train_one_epoch(stage, loss_module, optimizer, average, epoch, accelerator)
        images_per_second = images / (time.perf_counter() - start)
        if not weights_agree(stage.model, accelerator):
            raise FloatingPointError(_("The processes hold different weights after epoch {epoch}.").format(epoch=epoch))
        if accelerator.is_main_process:
            with average.applied_to(stage.model):
                row, best_value = _validate_and_keep(stage, row, best_value, folder)
                if writer and pictures_every and (epoch + 1) % pictures_every == 0 and stage.has_validation:
                    for name, image in stage.images().items():
                        writer.add_image(name, image, epoch, dataformats="HWC")
        row, best_value = broadcast_object_list([row, best_value])
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(row.get("validation_value", row["loss"]))
        else:
            scheduler.step()
        row["learning_rate"] = float(optimizer.param_groups[-1]["lr"])
        history.append(row)
        if writer:
            Checkpoint(
                epoch + 1,
                best_value,
                stage.model.state_dict(),
                optimizer.state_dict(),
                scheduler.state_dict(),
                average.state,
                history,
                settings,
            ).write(folder / CHECKPOINT)
            write_json(folder / HISTORY, history)
            for name, figure in (row | {"images_per_second": images_per_second}).items():
                writer.add_scalar(name, figure, epoch)
            figures = "  ".join(f"{name} {figure:.4g}" for name, figure in row.items())
            tqdm.write(f"{folder.name} epoch {epoch + 1}: {figures}  images/s {images_per_second:.3g}")
    if writer:
        writer.close()
    accelerator.wait_for_everyone()
    return best_value


def train_one_epoch(
    stage: Stage,
    loss_module: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: RunningAverage,
    epoch: int,
    accelerator: Accelerator,
) -> tuple[dict[str, float], int]:
    """One pass over the stage's batches.

    Returns:
        The mean of every part of the loss, and how many images were seen, both over all processes.
    """
    stage.train_mode()
    trainable = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    sums: dict[str, float] = {}
    count = images = 0
    progress = tqdm(
        stage.steps(epoch),
        total=stage.step_count(epoch),
        desc=f"epoch {epoch + 1}",
        leave=False,
        disable=None if accelerator.is_main_process else True,
    )
    for step in progress:
        optimizer.zero_grad(set_to_none=True)
        loss, parts = loss_module(step.batch)
        if not torch.isfinite(loss):
            raise FloatingPointError(
                _("The loss of epoch {epoch} is not finite: lower the learning rate.").format(epoch=epoch + 1)
            )
        accelerator.backward(loss * step.weight)
        torch.nn.utils.clip_grad_norm_(trainable, LARGEST_GRADIENT)
        optimizer.step()
        average.update(stage.model)
        for name, figure in {"loss": float(loss.detach()), **parts}.items():
            sums[name] = sums.get(name, 0.0) + figure * step.weight
        count += 1
        images += step.images
        progress.set_postfix(loss=f"{sums['loss'] / count:.4f}")
    average_buffers(stage.model, accelerator)
    return {name: total / max(count, 1) for name, total in mean_over_processes(sums).items()}, images


def _scheduler(optimizer: torch.optim.Optimizer, config: StageConfig) -> ReduceLROnPlateau | CosineAnnealingLR:
    if config.schedule is Schedule.COSINE:
        return CosineAnnealingLR(optimizer, T_max=config.epochs)
    return ReduceLROnPlateau(optimizer, factor=0.5, patience=config.plateau_epochs, threshold=1e-4)


def let_learn_only(model: nn.Module, groups: list[dict[str, Any]]) -> None:
    """Freezes every parameter that stands in none of the groups."""
    model.requires_grad_(False)
    for group in groups:
        for parameter in group["params"]:
            parameter.requires_grad_(True)


def _validate_and_keep(
    stage: Stage, row: dict[str, float], best_value: float, folder: Path
) -> tuple[dict[str, float], float]:
    stage.model.eval()
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in stage.model.state_dict().items()})
    if stage.has_validation:
        row = row | {f"validation_{name}": figure for name, figure in stage.validate().items()}
    value = row.get("validation_value", row["loss"])
    if value < best_value or not stage.has_validation:
        best_value = value
        write_whole(folder / BEST, content)
    write_whole(folder / LAST, content)
    return row, best_value
