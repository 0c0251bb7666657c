"""The answers of a cross-validation for scored images, from the folds of a run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.language import translate as _
from bsnet_core.model.network_config import Attention
from training.configuration.run_config import ConfigurationError, RunConfig
from training.cross_validation.fold_result import FOLD_FILE
from training.cross_validation.fold_run import CROSS_VALIDATION
from training.datasets.sample import Sample
from training.elsewhere.answers import Answer
from training.predictions.zone_predictions import final_attention, probabilities_of
from training.run.run_data import load_samples

REPEAT = "#"
"""Between an image's name and the number of the repeat."""


def cross_validated_answers(config: RunConfig, data: Path) -> list[Answer]:
    """One answer per scored image and repeat; temperature, if it helps, and common error are the run's.

    Args:
        config: A run whose cross-validation is finished.
        data: The data folder, below which the images lie.

    Raises:
        ConfigurationError: there is no finished cross-validation, or a file of it is damaged.
        DataSetError: the data cannot be loaded.
    """
    samples = load_samples(config.data)
    summary = config.output / CROSS_VALIDATION
    folds = sorted((config.output / "cross-validation").glob(f"repeat-*/fold-*/{FOLD_FILE}"))
    try:
        calibration = json.loads(summary.read_text(encoding="utf-8"))["calibration"]
        temperature = float(calibration["temperature"]) if calibration["temperature_helps"] else 1.0
        found = [answer for fold in folds for answer in _answers_of(fold, samples, temperature, data)]
        common_error = float(calibration["global_interval"]["common_error"])
        return [dataclasses.replace(answer, common_error=common_error) for answer in found]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigurationError(
            _("The cross-validation of {run} is missing or damaged: {reason}.").format(run=config.output, reason=error)
        ) from error


def _answers_of(fold: Path, samples: Sequence[Sample], temperature: float, data: Path) -> list[Answer]:
    values = json.loads(fold.read_text(encoding="utf-8"))
    repeat = fold.parents[1].name.rpartition("-")[2]
    logits = {
        Attention(head): np.array(numbers, dtype=np.float32) for head, numbers in values["logits"]["best"].items()
    }
    probabilities = probabilities_of(logits, temperature)
    grids = probabilities[final_attention(probabilities)]
    found = []
    for row, grid in zip(values["test"], grids, strict=True):
        sample = samples[row]
        zones = np.stack([grid[zone.row, zone.column] for zone in ZONES]).astype(np.float64)
        name = sample.image.resolve().relative_to(data.resolve()).as_posix()
        score = BrixiaScore.from_grid(grid.argmax(axis=-1))
        found.append(Answer(f"{name}{REPEAT}{repeat}", sample.patient, score, zones))
    return found
