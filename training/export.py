"""From a finished run to a model folder that the viewer loads: weights, card and honest figures."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import torch

from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.weights import ModelCard, load_model, save_model
from bsnet_core.prediction import Predictor
from training.config import RunConfig
from training.evaluation import (
    evaluate_alignment,
    evaluate_lungs,
    evaluate_scores,
    second_radiologist_overall,
)
from training.run import RunData, best_trained_stage, choose_device, data_fingerprint, load_data, load_stage_weights

LICENCE = (
    "Research use only, non-commercial (the Brixia scores used for training are CC BY-NC-SA 4.0). "
    "Not a medical device. The code is MIT-licensed; these weights are not."
)
INTENDED_USE = (
    "Research on chest X-ray severity scoring in adults with suspected or proven viral pneumonia, frontal films. "
    "Not for diagnosis, triage or treatment."
)
DATA_SOURCES = (
    "COVID-19 image data collection (Cohen et al. 2020), frontal films; licence per image, research use",
    "V7 Labs COVID-19 lung masks as packed by TorchXRayVision, CC BY 4.0",
    "BrixIA scores of two radiologists for the public Cohen set (Signoroni et al. 2021), CC BY-NC-SA 4.0",
    "NIH ChestX-ray8 'No Finding' films (Wang et al. 2017), as weak zeros; credit to the NIH Clinical Center",
)


def export_model(config: RunConfig, folder: Path, version: str) -> ModelCard:
    """Writes the run's best weights to `folder`, evaluates exactly these half-precision weights and fills the card.

    Raises:
        ConfigurationError: nothing has been trained.
        DataSetError: the data cannot be read.
    """
    data = load_data(config)
    stage = best_trained_stage(config)
    model = BSNet(config.model)
    load_stage_weights(model, config, stage)
    draft = ModelCard(config.name, version, config.model, "", LICENCE, INTENDED_USE)
    save_model(folder, model, draft)
    metrics = evaluate_model(config, data, folder)
    (config.output / "evaluation.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    stored, _ = load_model(folder)
    card = ModelCard(
        config.name,
        version,
        config.model,
        "",
        LICENCE,
        INTENDED_USE,
        data=_describe_data(config, data),
        recipe=_describe_recipe(config, stage.value),
        metrics=metrics,
    )
    return save_model(folder, stored, card)


def evaluate_model(config: RunConfig, data: RunData, folder: Path) -> dict[str, Any]:
    """All figures of the model in `folder` on the run's test patients."""
    device = choose_device(config.device)
    model, card = load_model(folder)
    if not isinstance(model, BSNet):
        raise TypeError("Only BS-Net is evaluated here.")
    prepared = data.prepared(config, config.model.side_px)
    test, train = data.split.test, data.split.train
    predictor = Predictor(model, card, device)
    outlined = [data.samples[row] for row in prepared.where(test, mask=True)]
    model = model.to(device)
    return {
        "measured_on": "patients of the run's test split, seen neither in training nor in any choice",
        "lungs": evaluate_lungs(predictor, outlined),
        "alignment": evaluate_alignment(model, prepared, prepared.where(test, mask=True), config, device),
        "scores": evaluate_scores(
            model, prepared, prepared.where(test, score=True), prepared.where(train, score=True), device
        ),
        "second_radiologist_all_images": second_radiologist_overall(data.samples),
    }


def _describe_data(config: RunConfig, data: RunData) -> dict[str, Any]:
    prepared = data.prepared(config, config.model.side_px)
    parts = {"train": data.split.train, "validation": data.split.validation, "test": data.split.test}
    return {
        "sources": list(DATA_SOURCES),
        "split": "by patient, scored patients stratified by severity",
        "split_seed": config.data.split_seed,
        "counts": {
            name: {
                "images_with_mask": len(prepared.where(patients, mask=True)),
                "images_with_score": len(prepared.where(patients, score=True)),
                "weak_zero_images": sum(prepared.samples[row].no_finding for row in prepared.where(patients)),
            }
            for name, patients in parts.items()
        },
        "data_sha256": data_fingerprint(data.samples),
        "known_limits": [
            "8-bit pictures already windowed by their publishers; few raw DICOM films",
            "one public collection, adults, mostly COVID-19",
        ],
    }


def _describe_recipe(config: RunConfig, last_stage: str) -> dict[str, Any]:
    values = config.to_dict()
    histories = {}
    for name in config.stages:
        path = config.output / name.value / "history.json"
        if path.exists():
            rows = json.loads(path.read_text(encoding="utf-8"))
            best = min(rows, key=lambda row: float(row["validation_value"]))
            histories[name.value] = {"epochs": len(rows), "best_epoch": rows.index(best) + 1, "best": best}
    return {
        "command": "bsnet-train all --config training/configs/shipped.toml",
        "weights_from_stage": last_stage,
        "seed": config.seed,
        "precision": config.precision,
        "initial_encoder": config.initial_encoder,
        "alignment_target": config.target.value,
        "loss": values["loss"],
        "augmentation": values["augmentation"],
        "stages": values["stages"],
        "validation": histories,
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }
