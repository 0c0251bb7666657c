"""Export of a finished run as a model folder for the viewer: weights, and a card with figures on unseen patients."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch

from bsnet_core.device import choose_device
from bsnet_core.inference.predictor import Predictor
from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import BSNetConfig
from bsnet_core.model.weights import load_model, save_model
from bsnet_core.private_files import write_private_json
from training.configuration.run_config import ConfigurationError, RunConfig
from training.configuration.sections import StageName
from training.cross_validation.fold_run import CROSS_VALIDATION
from training.datasets.sources import SourceKind
from training.evaluation.lungs_and_alignment import evaluate_lungs_and_alignment
from training.evaluation.score_errors import evaluate_scores, second_radiologist_overall
from training.loop.training_loop import BEST, HISTORY, LAST
from training.run.run_data import RunData, load_data, patients_with_hidden_masks, unseen_mask_rows
from training.run.stage_weights import best_trained_stage, build_network, load_mean_weights, load_weights, stage_weights

NON_COMMERCIAL = frozenset({SourceKind.COHEN_FOLDER, SourceKind.COHEN_ANNOTATIONS})
LICENCE = (
    "Research use only, non-commercial (the Brixia scores used for training are CC BY-NC-SA 4.0). "
    "Not a medical device. The code is MIT-licensed; these weights are not."
)
OTHER_LICENCE = (
    "Research use only, within what the licences of the data named below allow. "
    "Not a medical device. The code is MIT-licensed; these weights are not."
)
INTENDED_USE = (
    "Research on chest X-ray severity scoring in adults with suspected or proven viral pneumonia, frontal radiographs. "
    "Not for diagnosis, triage or treatment."
)
LIMITS_OF_PUBLIC_IMAGES = (
    "8-bit images already windowed by their publishers; few raw DICOM images",
    "one public collection, adults, mostly COVID-19",
)


class WeightsChoice(StrEnum):
    """The choice among a stage's weights."""

    BEST = "best"
    """Weights of the epoch with the lowest validation value."""
    LAST = "last"
    """Weights of the last epoch."""
    MEAN = "mean"
    """The mean of both, weight by weight, which is again one network."""


def export_model(
    config: RunConfig,
    folder: Path,
    version: str,
    *,
    stage: StageName | None = None,
    choice: WeightsChoice,
    cross_validation: Path | None = None,
) -> ModelCard:
    """Writes the run's weights to `folder`, evaluates exactly these half-precision weights and fills the card.

    A cross-validation of this run is copied into the card. The model takes its temperature if that helps on patients
    that it was not fitted on.

    Args:
        config: The run.
        folder: Folder to write to.
        version: Version of the weights.
        stage: Stage of the weights; None for `best_trained_stage`.
        choice: Choice among the stage's weights.
        cross_validation: The `cross-validation.json` of another run of the same recipe, for a run without test
            patients; None for this run's own.

    Raises:
        ConfigurationError: nothing has been trained, or the cross-validation belongs to another recipe.
        DataSetError: the data cannot be loaded.
    """
    data = load_data(config)
    stage = stage or best_trained_stage(config)
    cross_validated = load_cross_validation(cross_validation or config.output / CROSS_VALIDATION, config)
    architecture = config.model
    if cross_validated:
        architecture = _calibrated(architecture, cross_validated["calibration"])
    model = build_network(architecture)
    files = {WeightsChoice.BEST: [BEST], WeightsChoice.LAST: [LAST], WeightsChoice.MEAN: [BEST, LAST]}[choice]
    paths = [stage_weights(config, stage, file) for file in files]
    if len(paths) > 1:
        load_mean_weights(model, paths)
    else:
        load_weights(model, paths[0])
    licence = LICENCE if {source.kind for source in config.data.sources} & NON_COMMERCIAL else OTHER_LICENCE
    draft = ModelCard(config.name, version, architecture, "", licence, INTENDED_USE)
    save_model(folder, model, draft)
    metrics = evaluate_model(config, data, folder)
    write_private_json(config.output / "evaluation.json", metrics)
    stored, _card = load_model(folder)
    card = dataclasses.replace(
        draft,
        data=_describe_data(config, data),
        recipe=_describe_recipe(config, stage.value, choice),
        metrics={**metrics, **({"cross_validation": cross_validated} if cross_validated else {})},
    )
    return save_model(folder, stored, card)


def _calibrated(architecture: BSNetConfig, calibration: Mapping[str, Any]) -> BSNetConfig:
    """The architecture with a cross-validation's common error, and with its temperature if that helps."""
    architecture = dataclasses.replace(architecture, common_error=calibration["global_interval"]["common_error"])
    if not calibration["temperature_helps"]:
        return architecture
    return dataclasses.replace(architecture, temperature=calibration["temperature"])


def load_cross_validation(path: Path, config: RunConfig) -> dict[str, Any] | None:
    """The figures of a `cross-validation.json`; None if there is no such file.

    Raises:
        ConfigurationError: the file is damaged, or belongs to another recipe than the configuration's.
    """
    if not path.exists():
        return None
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        float(values["calibration"]["temperature"])
        float(values["calibration"]["global_interval"]["common_error"])
        recipe = values.pop("recipe")
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            _("The file {path} is damaged. Run the cross-validation again, or delete the file.").format(path=path)
        ) from error
    if recipe != json.loads(json.dumps(config.recipe())):
        raise ConfigurationError(
            _("The cross-validation {path} was made with another recipe than this run.").format(path=path)
        )
    return values


def evaluate_model(config: RunConfig, data: RunData, folder: Path) -> dict[str, Any]:
    """All figures of the model in `folder` on the run's test patients, as far as there are images for them."""
    device = choose_device(config.device)
    model, card = load_model(folder)
    if not isinstance(model, BSNet):
        raise TypeError("Only BS-Net is evaluated here.")
    prepared = data.prepared(config, config.model.side_px)
    test, train = data.split.test, data.split.train
    predictor = Predictor(model, card, device)
    outlined, scored = unseen_mask_rows(config, data, prepared), prepared.where(test, score=True)
    model = model.to(device)
    figures: dict[str, Any] = {"measured_on": _measured_on(config, data)}
    figures |= evaluate_lungs_and_alignment(model, predictor, prepared, outlined, config)
    if scored:
        figures["scores"] = evaluate_scores(model, prepared, scored, prepared.where(train, score=True), device)
    if any(sample.score is not None and sample.second_score is not None for sample in data.samples):
        figures["second_radiologist_all_images"] = second_radiologist_overall(data.samples)
    return figures


def _measured_on(config: RunConfig, data: RunData) -> str:
    unseen = "not used in training or in any choice"
    if config.data.trunk_without_scored:
        masks = f"masks of the scored patients, {unseen} of segmentation and alignment"
        return f"{masks}; patients of the run's test split, {unseen}" if data.split.test else masks
    return f"patients of the run's test split, {unseen}" if data.split.test else "no patients were held out"


def _describe_data(config: RunConfig, data: RunData) -> dict[str, Any]:
    prepared = data.prepared(config, config.model.side_px)
    parts = {"train": data.split.train, "validation": data.split.validation, "test": data.split.test}
    kinds = {source.kind for source in config.data.sources}
    hidden = patients_with_hidden_masks(config, data)
    return {
        "sources": list(dict.fromkeys(credit for source in config.data.sources for credit in source.credits)),
        "split": "by patient, scored patients stratified by severity",
        "split_seed": config.data.split_seed,
        "counts": {
            name: {
                "images_with_mask": len(prepared.where(patients - hidden, mask=True)),
                "images_with_score": len(prepared.where(patients, score=True)),
                "normal_images": sum(prepared.samples[row].is_normal for row in prepared.where(patients)),
            }
            for name, patients in parts.items()
        },
        "data_sha256": data.fingerprint,
        "known_limits": list(LIMITS_OF_PUBLIC_IMAGES) if SourceKind.COHEN_FOLDER in kinds else [],
    }


def _describe_recipe(config: RunConfig, stage: str, choice: WeightsChoice) -> dict[str, Any]:
    values = config.to_dict()
    histories = {}
    for name in config.stages:
        path = config.output / name.value / HISTORY
        if path.exists():
            rows = json.loads(path.read_text(encoding="utf-8"))
            best = min(rows, key=lambda row: float(row.get("validation_value", row["loss"])))
            histories[name.value] = {"epochs": len(rows), "best_epoch": rows.index(best) + 1, "best": best}
    return {
        "command": "bsnet-train all",
        "configuration": config.name,
        "weights_from_stage": stage,
        "weights_of_epoch": choice.value,
        "seed": config.seed,
        "precision": config.precision.value,
        "selection": config.selection.value,
        "initial_encoder": config.initial_encoder,
        "alignment_target": config.target.value,
        "loss": values["loss"],
        "augmentation": values["augmentation"],
        "stages": values["stages"],
        "validation": histories,
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }
