"""Batches of the scoring stages: images or frozen features, with all that is known of their scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bsnet_core.model.bsnet import BSNet
from training.images.augmentation import Augmentation
from training.images.prepared_images import as_tensor
from training.loop.seeds import epoch_seed, image_seed
from training.loop.stage import Step
from training.predictions.frozen_features import FrozenFeatures, SeenByHeads, joined
from training.stages.batches import shuffled_batches
from training.stages.lung_link import LungLink
from training.stages.opacity_fit import OpacityFit
from training.stages.soft_labels import soft_labels
from training.stages.stage_context import StageContext

UNSCORED_VARIANTS = 2
"""Frozen variants of an image without a Brixia score: there are many such images, and each variant costs its time."""


@dataclass(frozen=True)
class ScoredBatch:
    """Images with what is known of their scores.

    Attributes:
        images: (N, 1, S, S).
        masks: (N, 1, S, S) of 0 and 1.
        outlined: (N,) bool, whether there is a mask.
        soft_labels: (N, 3, 2, 4) weight of each class, all 0 where there is no zone score.
        totals: (N,) global score estimated from extent and opacity, NaN where it is not.
        is_normal: (N,) bool, whether the image is known to be normal.
        lung_scores: (N, 2) mean zone score of the lungs on the left and right of the image, estimated from extent and
            opacity, NaN where it is not.
        frozen: Features that replace images and masks where encoder, segmentation and alignment do not change.
    """

    images: Tensor
    masks: Tensor
    outlined: Tensor
    soft_labels: Tensor
    totals: Tensor
    is_normal: Tensor
    lung_scores: Tensor
    frozen: SeenByHeads | None = None


class ScoringBatches:
    """Draws the batches of an epoch."""

    def __init__(self, model: BSNet, context: StageContext, frozen: FrozenFeatures | None) -> None:
        """Takes the images and their scores.

        Args:
            model: The network that frozen features come from.
            context: Rows with scores.
            frozen: Features of the images; None to augment and encode them in every epoch.
        """
        self._model, self._context, self._frozen = model, context, frozen
        self._augmentation = Augmentation(context.augmentation)
        rows, samples = context.rows, context.images.samples
        self.use_opacity = context.settings.opacity_weight > 0 and len(rows.opacity) > 0
        scored = [samples[row] for row in rows.train]
        self._opacity_fit = OpacityFit.over(scored) if self.use_opacity else None
        self._lung_link = LungLink.over(scored) if context.settings.lung_images > 0 else None

    def step_count(self) -> int:
        """Number of steps in an epoch."""
        return len(self._batches(np.random.default_rng(0)))

    def steps(self, epoch: int) -> Iterator[Step]:
        """The steps of an epoch."""
        share = self._context.share
        seed = epoch_seed(self._context.seed, epoch)
        rng = np.random.default_rng(seed)
        for rows in self._batches(rng):
            mine = share.of(rows)
            if self._frozen is not None:
                variants = share.of(rng.integers(0, self._frozen.variants, len(rows)).tolist())
                kept = [self._variant(row, variant) for row, variant in zip(mine, variants, strict=True)]
                batch = self._frozen_batch(mine, kept, self._frozen)
            else:
                batch = self._augmented_batch(mine, seed)
            yield Step(batch, len(rows), share.weight(len(rows)))

    def _batches(self, rng: np.random.Generator) -> list[list[int]]:
        batch_size, processes = self._context.settings.batch_size, self._context.share.count
        return shuffled_batches(self._rows(rng), batch_size, rng, processes)

    def _variant(self, row: int, variant: int) -> int:
        return variant if self._context.images.samples[row].score is not None else variant % UNSCORED_VARIANTS

    def _rows(self, rng: np.random.Generator) -> list[int]:
        rows, settings = self._context.rows, self._context.settings
        normal = self._drawn(rows.normal, settings.normal_images, rng)
        lungs = self._drawn(rows.lungs, settings.lung_images, rng) if self._lung_link is not None else []
        return [*rows.train, *normal, *lungs, *(rows.opacity if self.use_opacity else ())]

    def _drawn(self, rows: Sequence[int], count: int, rng: np.random.Generator) -> list[int]:
        """Some of the rows, without repetition."""
        among = np.asarray(rows)
        if self._frozen is not None and len(among) > 2 * count:
            # Every row ever drawn costs time and memory for its features: keep to twice as many as an epoch takes,
            # spread over all, as neighbours are often of one patient.
            among = among[np.linspace(0, len(among) - 1, 2 * count).astype(int)]
        count = min(count, len(among))
        return [int(row) for row in rng.choice(among, count, replace=False)] if count else []

    def _augmented_batch(self, rows: Sequence[int], seed: int) -> ScoredBatch:
        prepared, device = self._context.images, self._context.device
        images, masks, labels, mirrorings = [], [], [], []
        for row in rows:
            self._augmentation.reseed(image_seed(seed, row))
            image, mask, mirrored = self._augmentation(prepared.images[row], prepared.masks[row])
            images.append(image)
            masks.append(mask)
            labels.append(self._soft_labels(row, mirrored=mirrored))
            mirrorings.append(mirrored)
        return ScoredBatch(
            as_tensor(np.stack(images), device),
            as_tensor(np.stack(masks), device),
            torch.tensor([bool(prepared.samples[row].masks) for row in rows], device=device),
            torch.from_numpy(np.stack(labels)).to(device),
            self._totals(rows),
            self._normal(rows),
            self._lung_scores(rows, mirrorings),
        )

    def _frozen_batch(self, rows: Sequence[int], variants: Sequence[int], frozen: FrozenFeatures) -> ScoredBatch:
        """Aligned features of augmented images, computed once for every row and variant."""
        device = self._context.device
        found, labels, mirrorings = [], [], []
        for row, variant in zip(rows, variants, strict=True):
            features, mirrored = frozen.varied(self._model, row, variant)
            found.append(features)
            labels.append(self._soft_labels(row, mirrored=mirrored))
            mirrorings.append(mirrored)
        nothing = torch.empty(0, device=device)
        stacked = torch.from_numpy(np.stack(labels)).to(device)
        lung_scores = self._lung_scores(rows, mirrorings)
        return ScoredBatch(
            nothing, nothing, nothing, stacked, self._totals(rows), self._normal(rows), lung_scores, joined(found)
        )

    def _soft_labels(self, row: int, *, mirrored: bool) -> npt.NDArray[np.float32]:
        second_reader_weight = self._context.settings.second_reader_weight
        return soft_labels(self._context.images.samples[row], second_reader_weight, mirrored=mirrored)

    def _totals(self, rows: Sequence[int]) -> Tensor:
        totals = [float("nan")] * len(rows)
        if self._opacity_fit is not None:
            for index, row in enumerate(rows):
                sample = self._context.images.samples[row]
                if sample.score is None and sample.opacity is not None:
                    totals[index] = self._opacity_fit.total(sample.opacity)
        return torch.tensor(totals, device=self._context.device)

    def _normal(self, rows: Sequence[int]) -> Tensor:
        samples = self._context.images.samples
        normal = [samples[row].score is None and samples[row].is_normal for row in rows]
        return torch.tensor(normal, dtype=torch.bool, device=self._context.device)

    def _lung_scores(self, rows: Sequence[int], mirrorings: Sequence[bool]) -> Tensor:
        scores = [(float("nan"),) * 2] * len(rows)
        if self._lung_link is not None:
            for index, (row, mirrored) in enumerate(zip(rows, mirrorings, strict=True)):
                sample = self._context.images.samples[row]
                if sample.score is None and sample.lung_scores:
                    scores[index] = self._lung_link.mean_scores(sample, mirrored=mirrored)
        return torch.tensor(scores, dtype=torch.float32, device=self._context.device).reshape(-1, 2)
