"""One stage from its first epoch to its last: train, validate, lower the learning rate, keep the best weights."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from safetensors.torch import save
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from bsnet_core.language import translate as _
from bsnet_core.private_files import make_private_folder, write_private, write_private_json
from training.configuration.sections import Schedule, StageConfig
from training.loop.checkpoint import Checkpoint
from training.loop.processes import average_buffers, mean_over_processes, weights_agree
from training.loop.running_average import RunningAverage
from training.loop.seeds import epoch_seed
from training.loop.stage import LossModule, Stage

BEST, LAST, CHECKPOINT, HISTORY = "best.safetensors", "last.safetensors", "last.pt", "history.json"
LARGEST_GRADIENT = 5.0


class Learner:
    """A stage's network together with everything else that changes while it learns, as a checkpoint keeps it."""

    def __init__(self, stage: Stage) -> None:
        groups = stage.parameter_groups()
        let_learn_only(stage.model, groups)
        self.model = stage.model
        self.optimizer = torch.optim.Adam(groups, weight_decay=stage.settings.weight_decay)
        self.average = RunningAverage(stage.model, stage.settings.average_decay)
        self.epoch, self.best_value = 0, math.inf
        self.history: list[dict[str, float]] = []
        self._scheduler = _scheduler(self.optimizer, stage.settings)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Continues from a checkpoint."""
        self.model.load_state_dict(checkpoint.model)
        self.optimizer.load_state_dict(checkpoint.optimizer)
        self._scheduler.load_state_dict(checkpoint.scheduler)
        self.average.restore(checkpoint.average)
        self.epoch, self.best_value, self.history = checkpoint.epoch, checkpoint.best_value, checkpoint.history

    def finish_epoch(self, figures: dict[str, float], best_value: float) -> None:
        """Adds the epoch's figures to the history and sets the learning rate of the next one."""
        if isinstance(self._scheduler, ReduceLROnPlateau):
            self._scheduler.step(figures.get("validation_value", figures["loss"]))
        else:
            self._scheduler.step()
        self.history.append(figures | {"learning_rate": float(self.optimizer.param_groups[-1]["lr"])})
        self.epoch += 1
        self.best_value = best_value

    def checkpoint(self, settings: str) -> Checkpoint:
        """The state after the last whole epoch."""
        return Checkpoint(
            self.epoch,
            self.best_value,
            self.model.state_dict(),
            self.optimizer.state_dict(),
            self._scheduler.state_dict(),
            self.average.state,
            self.history,
            settings,
        )


def fit(
    stage: Stage, folder: Path, settings: str, accelerator: Accelerator, *, seed: int, images_every: int = 0
) -> float:
    """Trains a stage, resuming from `folder/last.pt` if it exists.

    Writes after every epoch: `best.safetensors` if validation improved, `last.safetensors`, the checkpoint `last.pt`,
    `history.json` and TensorBoard. Everything random in an epoch follows from (seed, epoch) and the checkpoint comes
    last, so a run killed at any moment repeats its last epoch and ends as if it had never stopped.

    Args:
        stage: The network, its images and its loss.
        folder: Folder to write to.
        settings: Text that a checkpoint must carry to be resumed.
        accelerator: Processes, device and precision.
        seed: The run's seed.
        images_every: Epochs between two sets of images in TensorBoard; 0 for none.

    Returns:
        The lowest validation value; without validation images the last training loss.

    Raises:
        ConfigurationError: the checkpoint is damaged, or has other settings.
        FloatingPointError: the loss is not finite, or the processes disagree.
    """
    make_private_folder(folder)
    learner = Learner(stage)
    if (folder / CHECKPOINT).exists():
        learner.resume(Checkpoint.load(folder / CHECKPOINT, settings))
        if accelerator.is_main_process:
            write_private_json(folder / HISTORY, learner.history)
    # No process writes before all have loaded the checkpoint.
    accelerator.wait_for_everyone()
    if learner.epoch >= stage.settings.epochs:
        return learner.best_value
    loss_module = accelerator.prepare_model(LossModule(stage))
    tensorboard = str(folder / "tensorboard")
    writer = SummaryWriter(tensorboard, purge_step=learner.epoch) if accelerator.is_main_process else None
    for epoch in range(learner.epoch, stage.settings.epochs):
        torch.manual_seed(epoch_seed(seed, epoch))
        start = time.perf_counter()
        figures, images = train_one_epoch(stage, loss_module, learner.optimizer, learner.average, epoch, accelerator)
        images_per_second = images / (time.perf_counter() - start)
        if not weights_agree(stage.model, accelerator):
            raise FloatingPointError(_("The processes hold different weights after epoch {epoch}.").format(epoch=epoch))
        best_value = learner.best_value
        if writer:
            with learner.average.applied_to(stage.model):
                figures, best_value = _validate_and_keep(stage, figures, best_value, folder)
                if images_every and (epoch + 1) % images_every == 0 and stage.has_validation:
                    _write_images(writer, stage, epoch)
        learner.finish_epoch(*broadcast_object_list([figures, best_value]))
        if writer:
            learner.checkpoint(settings).write(folder / CHECKPOINT)
            write_private_json(folder / HISTORY, learner.history)
            _report(writer, folder.name, epoch, learner.history[-1], images_per_second)
    if writer:
        writer.close()
    accelerator.wait_for_everyone()
    return learner.best_value


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
        The mean of every part of the loss, and the number of images seen, both over all processes.

    Raises:
        FloatingPointError: the loss is not finite.
    """
    stage.train_mode()
    trainable = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    sums: dict[str, float] = {}
    count = images = 0
    progress = tqdm(
        stage.steps(epoch),
        total=stage.step_count(epoch),
        desc=_("epoch {epoch}").format(epoch=epoch + 1),
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


def let_learn_only(model: nn.Module, groups: list[dict[str, Any]]) -> None:
    """Freezes every parameter that is in none of the groups."""
    model.requires_grad_(False)
    for group in groups:
        for parameter in group["params"]:
            parameter.requires_grad_(True)


def _scheduler(optimizer: torch.optim.Optimizer, settings: StageConfig) -> ReduceLROnPlateau | CosineAnnealingLR:
    if settings.schedule is Schedule.COSINE:
        return CosineAnnealingLR(optimizer, T_max=settings.epochs)
    return ReduceLROnPlateau(optimizer, factor=0.5, patience=settings.plateau_epochs, threshold=1e-4)


def _validate_and_keep(
    stage: Stage, figures: dict[str, float], best_value: float, folder: Path
) -> tuple[dict[str, float], float]:
    stage.model.eval()
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in stage.model.state_dict().items()})
    if stage.has_validation:
        figures = figures | {f"validation_{name}": figure for name, figure in stage.validate().items()}
    value = figures.get("validation_value", figures["loss"])
    if value < best_value or not stage.has_validation:
        best_value = value
        write_private(folder / BEST, content)
    write_private(folder / LAST, content)
    return figures, best_value


def _write_images(writer: SummaryWriter, stage: Stage, epoch: int) -> None:
    for name, image in stage.images().items():
        writer.add_image(name, image, epoch, dataformats="HWC")


def _report(
    writer: SummaryWriter, stage_name: str, epoch: int, row: Mapping[str, float], images_per_second: float
) -> None:
    for name, figure in {**row, "images_per_second": images_per_second}.items():
        writer.add_scalar(name, figure, epoch)
    text = "  ".join(f"{name} {figure:.4g}" for name, figure in row.items())
    tqdm.write(f"{stage_name} epoch {epoch + 1}: {text}  images/s {images_per_second:.3g}")
