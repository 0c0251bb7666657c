"""Batches of the severity stage: views of lungs from several hospitals, with all that is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.datasets.lesion_outlines import load_lesion_outlines
from training.datasets.sample import Sample
from training.images.appearance import vary_appearance
from training.images.erasing import Erasable, erase, parts_to_erase
from training.images.lung_view import MAP_STRIDE, LungView, random_frame, show
from training.images.prepared_images import PreparedImages, as_tensor
from training.predictions.found_lungs import FoundLungs
from training.stages.severity_groups import SeverityGroup
from training.stages.severity_losses import SeverityLabels

WIDEST_VIEW = 1.35
CUT_OUT_P = 0.12
"""Share of whole images shown with the lungs cut out, so that black surroundings do not tell the source."""
OUTLINE_SIDE_PX = 384
DISEASE_WEIGHT = {
    SeverityGroup.NO_FINDING: 0.3,
    SeverityGroup.NORMAL: 0.5,
    SeverityGroup.NO_OPACITY: 0.3,
    SeverityGroup.BOXES: 0.5,
    SeverityGroup.LESIONS: 1.5,
}
"""Weight of the places of disease: boxes hold more than the opacity, and "No Finding" comes from text mining."""
HOLDS_FOR_WHOLE_LUNGS = (SeverityGroup.LUNG_SCORES, SeverityGroup.BOTH_LUNGS, SeverityGroup.UNLABELLED)


@dataclass(frozen=True)
class SeverityBatch:
    """Views and their labels.

    Attributes:
        images: (N, 1, S, S) in [0, 1].
        lungs: (N, 1, S/4, S/4) lung probability.
        alignment: (N, 2, 3) from the aligned frame to the view.
        labels: Labels of the images.
    """

    images: Tensor
    lungs: Tensor
    alignment: Tensor
    labels: SeverityLabels


def draw(
    groups: Mapping[SeverityGroup, Sequence[int]],
    counts: Mapping[SeverityGroup, int],
    batches: int,
    rng: np.random.Generator,
) -> Iterator[list[tuple[int, SeverityGroup]]]:
    """The rows of every batch, each row with its group.

    Args:
        groups: Rows of each group; a group's order is random, and starts again when all were drawn.
        counts: Rows of each group in a batch.
        batches: Number of batches.
        rng: Decides the order.
    """
    waiting: dict[SeverityGroup, list[int]] = {group: [] for group in groups}
    for _batch in range(batches):
        drawn = []
        for group, count in counts.items():
            for _image in range(count):
                if not waiting[group]:
                    waiting[group] = [int(row) for row in rng.permutation(np.asarray(groups[group]))]
                drawn.append((waiting[group].pop(), group))
        yield drawn


def make_batch(
    images: PreparedImages,
    found: FoundLungs,
    drawn: Sequence[tuple[int, SeverityGroup]],
    side_px: int,
    rng: np.random.Generator,
    device: torch.device,
) -> SeverityBatch:
    """Random views of the rows drawn.

    Args:
        images: At the network's side.
        found: Their lungs.
        drawn: Rows with the group that each was drawn for; only this group's labels count.
        side_px: S, side of the views.
        rng: Decides frames, appearance and erased parts.
        device: Device of the batch.
    """
    views = [_varied(_random_view(images, found, row, group, side_px, rng), group, rng) for row, group in drawn]
    samples = [images.samples[row] for row, _group in drawn]
    groups = [group for _row, group in drawn]
    unknown = np.zeros((side_px // MAP_STRIDE, side_px // MAP_STRIDE), np.float32)
    disease = np.stack([unknown if view.disease is None else view.disease for view in views])
    labels = SeverityLabels(
        _tensor([_of_lungs(*pair) for pair in zip(samples, groups, strict=True)], device),
        _tensor([_of_both(*pair) for pair in zip(samples, groups, strict=True)], device),
        torch.tensor([group in (SeverityGroup.NO_FINDING, SeverityGroup.NORMAL) for group in groups], device=device),
        torch.from_numpy(disease)[:, None].to(device),
        _tensor([DISEASE_WEIGHT.get(group, 0.0) for group in groups], device),
    )
    return SeverityBatch(
        as_tensor(np.stack([view.image for view in views]), device),
        torch.from_numpy(np.stack([view.lungs for view in views]))[:, None].to(device),
        torch.from_numpy(np.stack([view.alignment for view in views])).to(device),
        labels,
    )


def outlined_disease(sample: Sample, group: SeverityGroup, image_shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """(384, 384) 255 inside disease in the network frame of a stretched image.

    Args:
        sample: Of a group whose places of disease are known.
        group: That group.
        image_shape: (height, width) of the outlines' file; used for lesions only.

    Raises:
        DataSetError: outlines that cannot be loaded.
    """
    side = OUTLINE_SIDE_PX
    outlined = np.zeros((side, side), np.uint8)
    if group is SeverityGroup.LESIONS and sample.lesions is not None:
        disease = load_lesion_outlines(sample.lesions, image_shape).disease
        return cv2.resize(disease.astype(np.uint8) * 255, (side, side), interpolation=cv2.INTER_AREA)
    for box in sample.opacity_boxes:
        left, top = int(box.left * side), int(box.top * side)
        outlined[top : int((box.top + box.height) * side) + 1, left : int((box.left + box.width) * side) + 1] = 255
    return outlined


def _random_view(
    images: PreparedImages,
    found: FoundLungs,
    row: int,
    group: SeverityGroup,
    side_px: int,
    rng: np.random.Generator,
) -> LungView:
    disease = None
    if group in DISEASE_WEIGHT:
        sample = images.samples[row]
        disease = outlined_disease(sample, group, _shape_of(sample) if group is SeverityGroup.LESIONS else (0, 0))
    frame = random_frame(WIDEST_VIEW, rng)
    return show(images.images[row], found.probability[row], disease, found.pose[row], frame, side_px)


def _varied(view: LungView, group: SeverityGroup, rng: np.random.Generator) -> LungView:
    side = view.image.shape[0]
    image = vary_appearance(view.image, rng)
    lungs = cv2.resize(view.lungs, (side, side)) > 0.35
    if rng.random() < CUT_OUT_P:
        image = np.where(cv2.dilate(lungs.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0, image, 0).astype(np.uint8)
    erasable = Erasable.LITTLE_LUNG if group in HOLDS_FOR_WHOLE_LUNGS else Erasable.ANYWHERE
    parts = parts_to_erase(lungs, erasable, rng)
    if not parts.any():
        return LungView(image, view.lungs, view.disease, view.alignment)
    disease = view.disease
    if disease is not None:
        kept = 1 - cv2.resize(parts.astype(np.float32), disease.shape[::-1], interpolation=cv2.INTER_AREA)
        disease = (disease * kept).astype(np.float32)
    return LungView(erase(image, parts, rng), view.lungs, disease, view.alignment)


def _shape_of(sample: Sample) -> tuple[int, int]:
    grey = cv2.imread(str(sample.lesions), cv2.IMREAD_UNCHANGED)
    return (0, 0) if grey is None else (grey.shape[0], grey.shape[1])


def _of_lungs(sample: Sample, group: SeverityGroup) -> list[list[float]]:
    if group is not SeverityGroup.LUNG_SCORES:
        return [[float("nan")] * 2] * 2
    raters = sample.lung_scores
    return [
        [float(np.mean([lung.extent for lung in lungs])), float(np.mean([lung.opacity for lung in lungs]))]
        for lungs in ([rater.patients_right for rater in raters], [rater.patients_left for rater in raters])
    ]


def _of_both(sample: Sample, group: SeverityGroup) -> list[float]:
    if group is not SeverityGroup.BOTH_LUNGS or sample.severity is None:
        return [float("nan")] * 2
    return [sample.severity.extent, sample.severity.opacity]


def _tensor(values: Sequence[object], device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device)
