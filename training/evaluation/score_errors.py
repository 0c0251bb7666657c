"""Errors of predicted scores against the radiologist's, with those of the median baseline and a second radiologist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from bsnet_core.agreement import grouped_bootstrap_interval, quadratic_weighted_kappa, summarise_errors
from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.model.bsnet import BSNet
from training.datasets.sample import Sample
from training.images.prepared_images import PreparedImages
from training.predictions.calibration import reliability
from training.predictions.zone_predictions import ZoneProbabilities, final_attention, predict_zones

Readings = npt.NDArray[np.int_]
"""(N, 6) scores in reading order A-F."""


def evaluate_scores(
    model: BSNet, data: PreparedImages, rows: Sequence[int], training_rows: Sequence[int], device: torch.device
) -> dict[str, Any]:
    """Errors of every head, of the median baseline and of the junior radiologist against the senior radiologist.

    For images that have a consensus score, also the errors against the consensus.
    """
    samples = [data.samples[row] for row in rows]
    patients = [sample.patient for sample in samples]
    senior = readings([sample.score for sample in samples])
    probabilities = predict_zones(model, data, rows, device)
    readers = {str(attention): readings_of(values) for attention, values in probabilities.items()}
    readers["median_floor"] = median_baseline([data.samples[row].score for row in training_rows], len(rows))
    if all(sample.second_score is not None for sample in samples):
        readers["second_radiologist"] = readings([sample.second_score for sample in samples])
    grids = np.stack([sample.score.grid for sample in samples if sample.score is not None])
    figures: dict[str, Any] = {
        "images": len(rows),
        "patients": len(set(patients)),
        "readers": {name: compare_readings(values, senior, patients) for name, values in readers.items()},
        "calibration": reliability(probabilities[final_attention(probabilities)], grids),
    }
    agreed = [index for index, sample in enumerate(samples) if sample.consensus_score is not None]
    if agreed:
        panel = readings([samples[index].consensus_score for index in agreed])
        of_agreed = [patients[index] for index in agreed]
        figures["against_consensus"] = {
            "images": len(agreed),
            "readers": {
                name: compare_readings(values[agreed], panel, of_agreed)
                for name, values in (readers | {"radiologist_on_duty": senior}).items()
            },
        }
    return figures


def readings_of(probabilities: ZoneProbabilities) -> Readings:
    """The most probable score of every zone."""
    return np.array([BrixiaScore.from_grid(grid).zones for grid in probabilities.argmax(axis=-1)], dtype=np.int_)


def median_baseline(training_scores: Sequence[BrixiaScore | None], count: int) -> Readings:
    """The median baseline: each zone's median over the training images, for `count` images."""
    medians = np.median(readings(training_scores), axis=0).astype(int)
    return np.tile(medians, (count, 1))


def compare_readings(values: Readings, reference: Readings, patients: Sequence[str]) -> dict[str, Any]:
    """Zone and global errors, T score and kappa, with 95% confidence intervals over patients."""
    absolute = np.abs(values - reference)
    global_absolute = np.abs(values.sum(axis=1) - reference.sum(axis=1))
    return {
        "zones": asdict(summarise_errors(values, reference)),
        "zones_mae_interval_95": grouped_bootstrap_interval(absolute.mean(axis=1), patients),
        "mae_by_zone": {zone.name: float(absolute[:, zone.value].mean()) for zone in ZONES},
        "global": asdict(summarise_errors(values.sum(axis=1), reference.sum(axis=1))),
        "global_mae_interval_95": grouped_bootstrap_interval(global_absolute, patients),
        "t_score_zone_mae": float(np.abs(values.clip(max=1) - reference.clip(max=1)).mean()),
        "quadratic_weighted_kappa": quadratic_weighted_kappa(values, reference),
        "zones_exactly_right": float((absolute == 0).mean()),
        "zones_off_by_more_than_one": float((absolute > 1).mean()),
    }


def second_radiologist_overall(samples: Sequence[Sample]) -> Mapping[str, Any]:
    """Errors of the junior radiologist against the senior, over all images that both have scored."""
    both = [sample for sample in samples if sample.score is not None and sample.second_score is not None]
    return {
        "images": len(both),
        **compare_readings(
            readings([sample.second_score for sample in both]),
            readings([sample.score for sample in both]),
            [sample.patient for sample in both],
        ),
    }


def readings(scores: Sequence[BrixiaScore | None]) -> Readings:
    """(N, 6) zone scores, without the scores that are None."""
    return np.array([score.zones for score in scores if score is not None], dtype=np.int_)
