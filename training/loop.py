"""One stage from its first epoch to its last: train, validate, halve the rate on a plateau, keep the best."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from training.checkpoint import Checkpoint
from training.config import StageConfig


class Stage(Protocol):
    """What the loop needs to know of a stage."""

    @property
    def model(self) -> nn.Module:
        """The whole network."""

    @property
    def config(self) -> StageConfig:
        """The stage's settings."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Trainable parameters with their share of the learning rate."""

    def train_mode(self) -> None:
        """Puts the trainable parts into training mode and the frozen ones into evaluation mode."""

    def batches(self, epoch: int) -> Iterator[Any]:
        """The epoch's batches; the same for the same epoch, whatever came before."""

    def batch_count(self, epoch: int) -> int:
        """How many batches the epoch has."""

    def loss(self, batch: Any) -> tuple[Tensor, Mapping[str, float]]:
        """The loss to descend and its named parts."""

    def validate(self) -> Mapping[str, float]:
        """Validation figures; `value` is the one to lower."""


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


def fit(stage: Stage, folder: Path, settings: str, *, precision: str, device: torch.device, seed: int) -> float:
    """Trains a stage, going on from `folder/last.pt` if it is there.

    Writes `last.pt` after every epoch, `best.safetensors` whenever validation improves, `history.json` and
    TensorBoard scalars. Everything random in an epoch follows from (seed, epoch), so a resumed run repeats what an
    uninterrupted one does.

    Returns:
        The lowest validation value.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last, best = folder / "last.pt", folder / "best.safetensors"
    optimizer = torch.optim.Adam(stage.parameter_groups(), weight_decay=stage.config.weight_decay)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=stage.config.plateau_epochs, threshold=1e-4
    )
    average = RunningAverage(stage.model, stage.config.average_decay)
    first_epoch, best_value, history = 0, math.inf, []
    if last.exists():
        checkpoint = Checkpoint.read(last, settings)
        stage.model.load_state_dict(checkpoint.model)
        optimizer.load_state_dict(checkpoint.optimizer)
        scheduler.load_state_dict(checkpoint.scheduler)
        average.restore(checkpoint.average)
        first_epoch, best_value, history = checkpoint.epoch, checkpoint.best_value, checkpoint.history
    writer = SummaryWriter(str(folder / "tensorboard"))
    for epoch in range(first_epoch, stage.config.epochs):
        torch.manual_seed(seed * 100_003 + epoch)
        row = train_one_epoch(stage, optimizer, average, epoch, precision=precision, device=device)
        with average.applied_to(stage.model):
            stage.model.eval()
            row |= {f"validation_{name}": figure for name, figure in stage.validate().items()}
            value = row["validation_value"]
            if value < best_value:
                best_value = value
                _save_weights(stage.model, best)
        scheduler.step(value)
        row["learning_rate"] = float(optimizer.param_groups[-1]["lr"])
        history.append(row)
        Checkpoint(
            epoch + 1,
            best_value,
            stage.model.state_dict(),
            optimizer.state_dict(),
            scheduler.state_dict(),
            average.state,
            history,
            settings,
        ).write(last)
        (folder / "history.json").write_text(json.dumps(history, indent=1), encoding="utf-8")
        for name, figure in row.items():
            writer.add_scalar(name, figure, epoch)
        tqdm.write(f"{folder.name} epoch {epoch + 1}: " + "  ".join(f"{k} {v:.4g}" for k, v in row.items()))
    writer.close()
    return best_value


def train_one_epoch(
    stage: Stage,
    optimizer: torch.optim.Optimizer,
    average: RunningAverage,
    epoch: int,
    *,
    precision: str,
    device: torch.device,
) -> dict[str, float]:
    """One pass over the stage's batches; gives the mean of every part of the loss."""
    stage.train_mode()
    sums: dict[str, float] = {}
    count = 0
    progress = tqdm(
        stage.batches(epoch), total=stage.batch_count(epoch), desc=f"epoch {epoch + 1}", leave=False, disable=None
    )
    for batch in progress:
        optimizer.zero_grad(set_to_none=True)
        mixed = torch.autocast(device.type, torch.bfloat16) if precision == "bfloat16" else nullcontext()
        with mixed:
            loss, parts = stage.loss(batch)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"The loss of epoch {epoch + 1} is not finite: lower the learning rate.")
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 5.0)
        optimizer.step()
        average.update(stage.model)
        for name, figure in {"loss": float(loss.detach()), **parts}.items():
            sums[name] = sums.get(name, 0.0) + figure
        count += 1
        progress.set_postfix(loss=f"{sums['loss'] / count:.4f}")
    return {name: total / max(count, 1) for name, total in sums.items()}


def _save_weights(model: nn.Module, path: Path) -> None:
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    temporary = path.with_suffix(".tmp")
    save_file(state, temporary)
    temporary.replace(path)
