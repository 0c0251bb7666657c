"""One stage or all of them, from a configuration to trained weights."""

from __future__ import annotations

from pathlib import Path

import torch
from accelerate import Accelerator

from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from training.configuration.run_config import ConfigurationError, RunConfig
from training.configuration.sections import StageName
from training.datasets.fingerprints import sha256_of_lines
from training.datasets.kept_apart import is_kept_apart
from training.datasets.splits import scored_patients
from training.images.prepared_images import PreparedImages
from training.loop.checkpoint import Checkpoint
from training.loop.processes import make_accelerator, share_of
from training.loop.stage import Stage
from training.loop.training_loop import CHECKPOINT, fit
from training.predictions.found_lungs import find_lungs
from training.predictions.frozen_features import FrozenFeatures
from training.run.pretrained import load_initial_encoder
from training.run.run_data import RunData, load_data, patients_with_hidden_masks
from training.run.run_record import RUN_RECORD, recorded_settings, write_run_record
from training.run.stage_weights import build_network, load_weights, starting_weights, weights_sha256
from training.stages.alignment_stage import AlignmentStage
from training.stages.scoring_stage import ScoringStage
from training.stages.segmentation_stage import SegmentationStage
from training.stages.severity_stage import SeverityStage
from training.stages.stage_context import StageContext, StageRows

NOT_YET_TRAINED = {
    StageName.SEVERITY: ("alignment", "heads"),
    StageName.ALIGNMENT: ("alignment", "heads"),
    StageName.SCORING: ("heads",),
}
"""Parts of the network that start from random weights, so that variants of a stage share what was trained before."""


def run_stage(
    config: RunConfig,
    name: StageName,
    data: RunData | None = None,
    start: Path | None = None,
    frozen: FrozenFeatures | None = None,
) -> float:
    """Trains one stage from the weights of the stage before it, or resumes it.

    Args:
        config: The run.
        name: The stage.
        data: The run's data if already loaded.
        start: Weights to start from instead of those of the stage before.
        frozen: Features of these images computed before with these very weights.

    Returns:
        The lowest validation value.

    Raises:
        ConfigurationError: the stage before is not finished, this one was started with other settings, data, split or
            start weights, or settings do not fit.
        DataSetError: the data cannot be loaded.
    """
    settings = config.stage(name)
    folder = config.output / name.value
    accelerator = make_accelerator(config)
    weights = starting_weights(config, name, start)
    # The first process fills the cache and writes the split for the others.
    with accelerator.main_process_first():
        data = data or load_data(config)
        recorded = recorded_settings(config, name, data, weights)
        checkpoint = folder / CHECKPOINT
        # Before anything is written: a rejected stage leaves the run's record as it was.
        done = Checkpoint.load(checkpoint, recorded).epoch if checkpoint.exists() else 0
        stage = build_stage(config, name, data, accelerator, start, frozen)
        if accelerator.is_main_process and (done < settings.epochs or not (config.output / RUN_RECORD).exists()):
            write_run_record(config, data, accelerator, name, weights, done)
    return fit(stage, folder, recorded, accelerator, seed=config.seed, images_every=config.pictures_every)


def run_all(config: RunConfig) -> None:
    """Trains every stage of the configuration, in the paper's order."""
    with make_accelerator(config).main_process_first():
        data = load_data(config)
    for name in StageName:
        if name in config.stages:
            run_stage(config, name, data)


def build_stage(
    config: RunConfig,
    name: StageName,
    data: RunData,
    accelerator: Accelerator,
    start: Path | None = None,
    frozen: FrozenFeatures | None = None,
) -> Stage:
    """A stage with its images and its network, which is on the process's device with the weights it starts from.

    Args:
        config: The run.
        name: The stage.
        data: The run's data.
        accelerator: Processes and device.
        start: Weights to start from instead of those of the stage before.
        frozen: Features of these images computed before with these very weights.

    Raises:
        ConfigurationError: the stage before is not finished, weights do not fit, or there is nothing to train on.
    """
    model = _network_to_train(config, name, start).to(accelerator.device).to(memory_format=torch.channels_last)
    images = data.prepared(config, config.model.side_px)
    trunk_stage = name in (StageName.SEGMENTATION, StageName.SEVERITY, StageName.ALIGNMENT)
    context = StageContext(
        config.stage(name),
        images,
        _outlined_rows(config, data, images) if trunk_stage else _scored_rows(config, data, images),
        config.augmentation,
        accelerator.device,
        config.seed,
        share_of(accelerator),
    )
    if name is StageName.SEGMENTATION:
        sides = {side for side, _epochs in context.settings.sides_px} - {config.model.side_px}
        return SegmentationStage(model, context, {side: data.prepared(config, side) for side in sides})
    if name is StageName.SEVERITY:
        return _severity_stage(config, data, context, model, start)
    if name is StageName.ALIGNMENT:
        return AlignmentStage(model, context, config.target)
    if not context.rows.train:
        raise ConfigurationError(_("There are no images with a Brixia score to train on."))
    end_to_end = name is StageName.END_TO_END
    return ScoringStage(model, context, config.loss, end_to_end=end_to_end, selection=config.selection, frozen=frozen)


def _severity_stage(
    config: RunConfig, data: RunData, context: StageContext, model: BSNet, start: Path | None
) -> SeverityStage:
    weights = starting_weights(config, StageName.SEVERITY, start)
    key = sha256_of_lines([weights_sha256(weights) if weights else "", data.row_fingerprint])[:16]
    found = find_lungs(model, context.images, config.data.cache, key)
    rows = _severity_rows(config, data, context.images)
    if not rows:
        raise ConfigurationError(_("There are no images to learn severity from."))
    return SeverityStage(model, context, found, rows)


def _severity_rows(config: RunConfig, data: RunData, images: PreparedImages) -> list[int]:
    """Images of patients who have no Brixia score, so that a cross-validation of the scores knows none of them."""
    rows = images.where(data.split.train - scored_patients(data.samples))
    return [row for row in rows if not (config.data.keep_apart and is_kept_apart(images.samples[row].patient))]


def _network_to_train(config: RunConfig, name: StageName, start: Path | None) -> BSNet:
    torch.manual_seed(config.seed)
    model = build_network(config.model)
    weights = starting_weights(config, name, start)
    if name is StageName.SEGMENTATION and start is None:
        load_initial_encoder(model.encoder, config.model.encoder, config.initial_encoder)
    elif weights is not None:
        load_weights(model, weights, without=NOT_YET_TRAINED.get(name, ()))
    return model


def _outlined_rows(config: RunConfig, data: RunData, images: PreparedImages) -> StageRows:
    split, hidden = data.split, patients_with_hidden_masks(config, data)
    return StageRows(images.where(split.train - hidden, mask=True), images.where(split.validation - hidden, mask=True))


def _scored_rows(config: RunConfig, data: RunData, images: PreparedImages) -> StageRows:
    split, samples = data.split, images.samples
    unscored = [
        row
        for row in images.where(split.train)
        if samples[row].score is None and not (config.data.keep_apart and is_kept_apart(samples[row].patient))
    ]
    return StageRows(
        images.where(split.train, score=True),
        images.where(split.validation, score=True),
        normal=[row for row in unscored if samples[row].is_normal],
        lungs=[row for row in unscored if samples[row].lung_scores],
        opacity=[row for row in unscored if samples[row].opacity is not None],
    )
