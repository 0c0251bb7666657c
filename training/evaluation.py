"""Figures of a trained run on patients it never saw, beside the floors and the second radiologist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from bsnet_core.agreement import dice, grouped_bootstrap_interval, iou, quadratic_weighted_kappa, summarise_errors
from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.errors import UnsuitableImageError
from bsnet_core.model.alignment import resample
from bsnet_core.model.bsnet import BSNet
from bsnet_core.prediction import Predictor
from bsnet_core.reading import read_radiograph
from training.canonical import canonical_alignment
from training.config import RunConfig
from training.datasets.sample import Sample
from training.prepared import PreparedImages, read_mask
from training.stages import MISALIGNMENT_SEED, as_tensor, hard_dice, predict_zones, random_misalignments

Readings = npt.NDArray[np.int_]
"""(N, 6) scores in reading order A-F."""


def evaluate_lungs(predictor: Predictor, samples: Sequence[Sample]) -> dict[str, Any]:
    """Dice and IoU of the lung mask on the original pixel grid, from file to mask as the viewer does it.

    A film refused because no lungs were found counts as Dice 0.
    """
    dices, ious, patients = [], [], []
    refused = 0
    for sample in tqdm(samples, desc="lungs", leave=False, disable=None):
        if sample.mask is None:
            continue
        reference = read_mask(sample.mask)
        try:
            mask = predictor.predict(read_radiograph(sample.image)).lung_mask
        except UnsuitableImageError:
            refused += 1
            mask = np.zeros_like(reference)
        dices.append(dice(mask, reference))
        ious.append(iou(mask, reference))
        patients.append(sample.patient)
    return {
        "images": len(dices),
        "patients": len(set(patients)),
        "refused": refused,
        "dice": _mean_with_interval(dices, patients),
        "dice_5th_percentile": float(np.percentile(dices, 5)),
        "iou": _mean_with_interval(ious, patients),
    }


@torch.no_grad()
def evaluate_alignment(
    model: BSNet, data: PreparedImages, rows: Sequence[int], config: RunConfig, device: torch.device
) -> dict[str, Any]:
    """Dice with the canonical mask after alignment of misaligned true masks, beside doing nothing and the closed form.

    The misalignments are random but always the same; all three see the same masks.
    """
    rng = np.random.default_rng(MISALIGNMENT_SEED)
    misalignments = torch.from_numpy(random_misalignments(len(rows), config.augmentation, rng)).to(device)
    side = config.model.alignment_side_px
    learned, nothing, closed_form, patients = [], [], [], []
    for row, misalignment in zip(rows, misalignments, strict=True):
        mask = as_tensor(data.masks[[row]], device)
        to_canonical = canonical_alignment(data.masks[row] > 0, config.target)
        canonical = resample(mask, _as_matrix(to_canonical, device), side) >= 0.5
        misaligned = resample(mask, misalignment[None])
        pooled = model.alignment.pool(misaligned)
        found = canonical_alignment(misaligned[0, 0].cpu().numpy() >= 0.5, config.target)
        learned += hard_dice(resample(misaligned, model.alignment.from_pooled(pooled), side) >= 0.5, canonical)
        closed_form += hard_dice(resample(misaligned, _as_matrix(found, device), side) >= 0.5, canonical)
        nothing += hard_dice(pooled >= 0.5, canonical)
        patients.append(data.samples[row].patient)
    return {
        "images": len(rows),
        "target": config.target.value,
        "learned_dice": _mean_with_interval(learned, patients),
        "do_nothing_dice": _mean_with_interval(nothing, patients),
        "closed_form_dice": _mean_with_interval(closed_form, patients),
    }


def evaluate_scores(
    model: BSNet, data: PreparedImages, rows: Sequence[int], training_rows: Sequence[int], device: torch.device
) -> dict[str, Any]:
    """Errors of every head against the senior radiologist, beside the median floor and the junior radiologist."""
    samples = [data.samples[row] for row in rows]
    patients = [sample.patient for sample in samples]
    senior = _readings([sample.score for sample in samples])
    readers: dict[str, Readings] = {}
    for attention, probabilities in predict_zones(model, data, rows, device).items():
        grids = probabilities.argmax(axis=-1)
        readers[str(attention)] = np.array([BrixiaScore.from_grid(grid).zones for grid in grids])
    medians = np.median(_readings([data.samples[row].score for row in training_rows]), axis=0).astype(int)
    readers["median_floor"] = np.tile(medians, (len(rows), 1))
    if all(sample.second_score is not None for sample in samples):
        readers["second_radiologist"] = _readings([sample.second_score for sample in samples])
    return {
        "images": len(rows),
        "patients": len(set(patients)),
        "readers": {name: compare_readings(values, senior, patients) for name, values in readers.items()},
    }


def compare_readings(values: Readings, reference: Readings, patients: Sequence[str]) -> dict[str, Any]:
    """Zone and global errors, T score, kappa, and 95 % intervals over patients."""
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
    """The junior radiologist against the senior over all images both have read."""
    both = [sample for sample in samples if sample.score is not None and sample.second_score is not None]
    return {
        "images": len(both),
        **compare_readings(
            _readings([sample.second_score for sample in both]),
            _readings([sample.score for sample in both]),
            [sample.patient for sample in both],
        ),
    }


def _readings(scores: Sequence[BrixiaScore | None]) -> Readings:
    return np.array([score.zones for score in scores if score is not None], dtype=np.int_)


def _as_matrix(alignment: npt.NDArray[np.float64], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(alignment).float()[None].to(device)


def _mean_with_interval(values: Sequence[float], patients: Sequence[str]) -> dict[str, Any]:
    return {"mean": float(np.mean(values)), "interval_95": grouped_bootstrap_interval(values, patients)}
