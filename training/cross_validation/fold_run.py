"""Repeated cross-validation of the scoring stages, grouped by patient: every fold is trained and tested."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from bsnet_core.inference.predictor import Predictor
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Attention
from bsnet_core.private_files import write_private, write_private_json
from training.configuration.run_config import RunConfig
from training.configuration.sections import StageName
from training.cross_validation.fold_figures import summarise
from training.cross_validation.fold_result import FOLD_FILE, FoldResult, load_fold, write_fold
from training.cross_validation.folds import Plan, fold_split
from training.cross_validation.reliability_diagram import as_png, reliability_image
from training.datasets.splits import Split, write_split
from training.evaluation.lungs_and_alignment import evaluate_lungs_and_alignment
from training.evaluation.score_errors import median_baseline
from training.loop.processes import make_accelerator
from training.loop.training_loop import BEST, LAST
from training.predictions.frozen_features import FrozenFeatures, sees_statistics_alone
from training.predictions.zone_predictions import ZoneLogits, predict_frozen_logits, predict_logits
from training.run.run_data import SPLIT_FILE, RunData, load_data, load_samples, unseen_mask_rows
from training.run.stage_run import run_stage
from training.run.stage_weights import (
    best_trained_stage,
    build_network,
    load_weights,
    stage_weights,
    starting_weights,
    weights_sha256,
)

CROSS_VALIDATION = "cross-validation.json"
RELIABILITY_IMAGE = "reliability.png"
NOBODY = Split(frozenset(), frozenset(), frozenset())


def cross_validate(config: RunConfig, plan: Plan) -> dict[str, Any]:
    """Trains and tests every fold, skipping those already done; writes `cross-validation.json` and `reliability.png`.

    Patients of a publisher's test part are not used at all.

    Raises:
        ConfigurationError: there are no finished alignment weights to start from, or folds on disk were made with
            other settings.
        DataSetError: the data cannot be loaded.
    """
    accelerator = make_accelerator(config)
    folder = config.output / "cross-validation"
    trunk = None if plan.trunk_per_fold else starting_weights(config, StageName.SCORING, plan.trunk)
    data = _load_and_prepare(config, accelerator)
    samples = data.samples
    settings = {
        "configuration": {name.value: config.settings_of(name) for name in config.stages},
        "plan": dataclasses.asdict(dataclasses.replace(plan, trunk=None)),
        "trunk_sha256": weights_sha256(trunk) if trunk else None,
        "data_sha256": data.fingerprint,
        "rows_sha256": data.row_fingerprint,
    }
    results = []
    frozen: FrozenFeatures | None = None
    for repeat in range(plan.repeats):
        for fold in range(plan.folds):
            file = folder / f"repeat-{repeat + 1}" / f"fold-{fold + 1}" / FOLD_FILE
            split = fold_split(samples, config, plan, repeat, fold)
            made_with = json.dumps(settings | {"split_fingerprint": split.fingerprint}, sort_keys=True, default=str)
            if not file.exists():
                if frozen is None and trunk is not None:
                    frozen = _shared_features(config, data)
                fold_config = dataclasses.replace(config, output=file.parent, seed=config.seed + repeat)
                fold_data = RunData(samples, split, data.cache)
                if accelerator.is_main_process:
                    write_split(file.parent / SPLIT_FILE, split, config.data.split_seed)
                trained = _train_fold(fold_config, plan, fold_data, trunk, frozen)
                if accelerator.is_main_process:
                    result = _test_fold(fold_config, fold_data, trained, repeat, fold, frozen)
                    write_fold(file, result, made_with)
                accelerator.wait_for_everyone()
            results.append(load_fold(file, made_with, repeat, fold))
    figures = summarise(samples, results, config, plan)
    if accelerator.is_main_process:
        if config.data.trunk_without_scored and plan.trunk is None and trunk is not None:
            figures |= _measure_trunk(config, trunk)
        write_private_json(config.output / CROSS_VALIDATION, figures)
        image = reliability_image(figures["calibration"])
        write_private(config.output / RELIABILITY_IMAGE, as_png(image))
    accelerator.wait_for_everyone()
    return figures


def _load_and_prepare(config: RunConfig, accelerator: Accelerator) -> RunData:
    """Loads the images' hashes and fills the cache in the first process, while the others wait for it."""
    with accelerator.main_process_first():
        data = RunData(load_samples(config.data), NOBODY, config.data.cache)
        data.prepared(config, config.model.side_px)
    return data


def _shared_features(config: RunConfig, data: RunData) -> FrozenFeatures | None:
    """Features for all folds: with the same trunk, an image has the same features in every fold."""
    variants = config.stage(StageName.SCORING).frozen_variants
    if variants == 0:
        return None
    prepared = data.prepared(config, config.model.side_px)
    device = make_accelerator(config).device
    return FrozenFeatures(prepared, config.augmentation, variants, device=device, seed=config.seed)


def _train_fold(
    config: RunConfig, plan: Plan, data: RunData, trunk: Path | None, frozen: FrozenFeatures | None
) -> list[StageName]:
    """Trains the scoring stages of one fold, after the trunk if none is given; returns the scoring stages trained."""
    if trunk is None:
        for name in (StageName.SEGMENTATION, StageName.SEVERITY, StageName.ALIGNMENT):
            if name in config.stages or name is not StageName.SEVERITY:
                run_stage(config, name, data)
    run_stage(config, StageName.SCORING, data, start=trunk, frozen=frozen)
    if not plan.end_to_end or StageName.END_TO_END not in config.stages:
        return [StageName.SCORING]
    run_stage(config, StageName.END_TO_END, data)
    return [StageName.SCORING, StageName.END_TO_END]


def _test_fold(
    config: RunConfig,
    data: RunData,
    trained: Sequence[StageName],
    repeat: int,
    fold: int,
    frozen: FrozenFeatures | None,
) -> FoldResult:
    prepared = data.prepared(config, config.model.side_px)
    test = prepared.where(data.split.test, score=True)
    validation = prepared.where(data.split.validation, score=True)
    training = prepared.where(data.split.train, score=True)
    device = make_accelerator(config).device
    model = build_network(config.model).to(device)
    stage = best_trained_stage(config, trained)
    load_weights(model, stage_weights(config, stage, BEST))
    if frozen is not None and stage is StageName.SCORING and sees_statistics_alone(model):
        best = last = predict_frozen_logits(model, frozen, test)  # the same in every repeat
    else:
        best = last = predict_logits(model, prepared, test, device)
    validation_logits: dict[Attention, ZoneLogits] = {}
    if validation:  # without, nothing was chosen: the last weights are the best ones
        validation_logits = predict_logits(model, prepared, validation, device)
        load_weights(model, stage_weights(config, stage, LAST))
        last = predict_logits(model, prepared, test, device)
    baseline = median_baseline([data.samples[row].score for row in training], len(test))
    return FoldResult(
        repeat, fold, test, validation, {"best": best, "last": last}, validation_logits, baseline, stage.value
    )


def _measure_trunk(config: RunConfig, trunk: Path) -> dict[str, Any]:
    """Figures of lungs and alignment on the masks of the scored patients, which the trunk has not seen."""
    data = load_data(config)
    device = make_accelerator(config).device
    model = build_network(config.model)
    load_weights(model, trunk, without=("heads",))
    prepared = data.prepared(config, config.model.side_px)
    predictor = Predictor(model, ModelCard(config.name, "", config.model, "", "", ""), device)
    return evaluate_lungs_and_alignment(model, predictor, prepared, unseen_mask_rows(config, data, prepared), config)
