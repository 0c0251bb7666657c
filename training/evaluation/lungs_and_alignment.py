"""Figures of the lung masks and the alignment on images that the network has not been trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from bsnet_core.agreement import dice, grouped_bootstrap_interval, iou
from bsnet_core.errors import UnsuitableImageError
from bsnet_core.inference.predictor import Predictor
from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.resampling import resample
from training.configuration.run_config import RunConfig
from training.datasets.pixels import load_lung_mask, load_sample_radiograph
from training.datasets.sample import Sample
from training.images.canonical_alignment import canonical_alignment
from training.images.misalignment import MISALIGNMENT_SEED, random_misalignments
from training.images.prepared_images import PreparedImages, as_tensor
from training.stages.losses import hard_dice


def evaluate_lungs_and_alignment(
    model: BSNet, predictor: Predictor, data: PreparedImages, rows: Sequence[int], config: RunConfig
) -> dict[str, Any]:
    """Figures of lungs and alignment.

    Args:
        model: The network.
        predictor: The same network as the viewer runs it.
        data: Prepared images.
        rows: Rows of images with a mask.
        config: The run.

    Returns:
        `lungs` and `alignment`; empty without rows.
    """
    if not rows:
        return {}
    return {
        "lungs": evaluate_lungs(predictor, [data.samples[row] for row in rows]),
        "alignment": evaluate_alignment(model, data, rows, config, predictor.device),
    }


def evaluate_lungs(predictor: Predictor, samples: Sequence[Sample]) -> dict[str, Any]:
    """Dice and IoU of the lung mask on the original pixel grid, with the viewer's whole path from file to mask.

    An image rejected because no lungs were found counts as Dice 0.
    """
    dices, ious, patients = [], [], []
    rejected = 0
    for sample in tqdm(samples, desc=_("lungs"), leave=False, disable=None):
        if not sample.masks:
            continue
        radiograph = load_sample_radiograph(sample)
        reference = load_lung_mask(sample, radiograph.shape)
        try:
            mask = predictor.predict(radiograph).lung_mask
        except UnsuitableImageError:
            rejected += 1
            mask = np.zeros_like(reference)
        dices.append(dice(mask, reference))
        ious.append(iou(mask, reference))
        patients.append(sample.patient)
    return {
        "images": len(dices),
        "patients": len(set(patients)),
        "refused": rejected,
        "dice": _mean_with_interval(dices, patients),
        "dice_5th_percentile": float(np.percentile(dices, 5)),
        "iou": _mean_with_interval(ious, patients),
    }


@torch.no_grad()
def evaluate_alignment(
    model: BSNet, data: PreparedImages, rows: Sequence[int], config: RunConfig, device: torch.device
) -> dict[str, Any]:
    """Dice with the canonical mask after aligning misaligned true masks: learned, by closed form, and not aligned.

    The misalignments are random but the same every time, and the same for all three.
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


def _as_matrix(alignment: npt.NDArray[np.float64], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(alignment).float()[None].to(device)


def _mean_with_interval(values: Sequence[float], patients: Sequence[str]) -> dict[str, Any]:
    return {"mean": float(np.mean(values)), "interval_95": grouped_bootstrap_interval(values, patients)}
