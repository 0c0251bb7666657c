"""The weights of the stages: where a stage starts from, which are the best, and how they are loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.network_config import BSNetConfig
from training.configuration.run_config import ConfigurationError, RunConfig
from training.configuration.sections import StageName
from training.datasets.fingerprints import file_sha256
from training.loop.training_loop import BEST, HISTORY
from training.run.pretrained import initial_encoder_file
from training.stages.severity_stage import HEADS as SEVERITY_HEADS


def starting_weights(config: RunConfig, name: StageName, start: Path | None = None) -> Path | None:
    """The file a stage starts from: `start` if given, else the finished stage before, else ImageNet weights or None.

    Raises:
        ConfigurationError: the stage before is not finished.
    """
    if start is not None:
        return start
    if name is StageName.SEGMENTATION:
        return initial_encoder_file(config.initial_encoder)
    before = _stage_before(config, name)
    weights = stage_weights(config, before)
    done = epochs_done(config, before)
    # Without settings of the stage before, its number of epochs is not known.
    if before in config.stages and done < config.stages[before].epochs:
        raise ConfigurationError(
            _("The stage {stage!r} is not finished: it has {done} of {epochs} epochs. Finish it first.").format(
                stage=before.value, done=done, epochs=config.stages[before].epochs
            )
        )
    return weights


def _stage_before(config: RunConfig, name: StageName) -> StageName:
    """The stage whose weights a stage starts from; the severity stage is left out where the run has none."""
    stages = list(StageName)
    before = stages[stages.index(name) - 1]
    is_left_out = before is StageName.SEVERITY and before not in config.stages
    return stages[stages.index(before) - 1] if is_left_out else before


def epochs_done(config: RunConfig, name: StageName) -> int:
    """Number of finished epochs of a stage."""
    try:
        return len(json.loads((config.output / name.value / HISTORY).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return 0


def weights_sha256(path: Path) -> str:
    """SHA-256 of a file of weights.

    Raises:
        ConfigurationError: it cannot be opened.
    """
    try:
        return file_sha256(path)
    except OSError as error:
        raise ConfigurationError(
            _("The weights {path} cannot be opened: {reason}.").format(path=path, reason=error.strerror)
        ) from error


def best_trained_stage(config: RunConfig, among: Iterable[StageName] = StageName) -> StageName:
    """The last trained stage; of the two scoring stages the one with the lower validation value.

    The end-to-end stage usually improves the scores a little, but with few scored images it may not.

    Raises:
        ConfigurationError: nothing has been trained.
    """
    trained = [name for name in among if (config.output / name.value / BEST).exists()]
    if not trained:
        raise ConfigurationError(_("There are no trained weights in {folder}.").format(folder=config.output))
    scoring = [name for name in (StageName.SCORING, StageName.END_TO_END) if name in trained]
    values = {name: lowest_validation_value(config, name) for name in scoring}
    compared = {name: value for name, value in values.items() if value is not None}
    # Without validation images nothing can be compared: take the last stage.
    return min(compared, key=lambda name: compared[name]) if compared else trained[-1]


def lowest_validation_value(config: RunConfig, name: StageName) -> float | None:
    """The lowest validation value of a trained stage; None if it had no validation images."""
    rows = json.loads((config.output / name.value / HISTORY).read_text(encoding="utf-8"))
    return min((float(row["validation_value"]) for row in rows if "validation_value" in row), default=None)


def stage_weights(config: RunConfig, name: StageName, file: str = BEST) -> Path:
    """The file of weights that a stage has written.

    Raises:
        ConfigurationError: it has not been trained.
    """
    path = config.output / name.value / file
    if not path.exists():
        raise ConfigurationError(
            _("Train the stage {stage!r} first: {path} does not exist.").format(stage=name.value, path=path)
        )
    return path


def build_network(config: BSNetConfig) -> BSNet:
    """A network with random weights.

    Raises:
        ConfigurationError: it cannot be built, for example because the encoder does not exist.
    """
    try:
        return BSNet(config)
    except ValueError as error:
        raise ConfigurationError(_("This network cannot be built: {reason}").format(reason=error)) from error


def load_weights(model: BSNet, path: Path, *, without: Sequence[str] = ()) -> None:
    """Loads weights into the model, except for the parts named (`heads`, `alignment`), which keep theirs.

    Raises:
        ConfigurationError: the weights are missing, damaged or do not fit.
    """
    try:
        state = load_file(path)
        kept = tuple(f"{part}." for part in without)
        state = {name: tensor for name, tensor in state.items() if not name.startswith(f"{SEVERITY_HEADS}.")}
        state = {name: tensor for name, tensor in state.items() if not name.startswith(kept)}
        state |= {name: tensor for name, tensor in model.state_dict().items() if name.startswith(kept)}
        model.load_state_dict(state)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ConfigurationError(
            _("The weights {path} do not fit this configuration: {reason}").format(path=path, reason=error)
        ) from error


def load_mean_weights(model: BSNet, paths: Sequence[Path]) -> None:
    """Loads the mean of several weights of one stage into the model, batch-norm statistics included.

    Raises:
        ConfigurationError: the weights are missing, damaged or do not fit.
    """
    states = []
    for path in paths:
        load_weights(model, path)
        states.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
    mean = {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if tensor.is_floating_point() else tensor
        for name, tensor in states[-1].items()
    }
    model.load_state_dict(mean)
