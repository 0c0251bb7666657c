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
from training.stages.opacity_fit import OpacityFit
from training.stages.soft_labels import soft_labels
from training.stages.stage_context import StageContext


@dataclass(frozen=True)
class ScoredBatch:
    """Images with what is known of their scores.

    Attributes:
        images: (N, 1, S, S).
        masks: (N, 1, S, S) of 0 and 1.
        outlined: (N,) bool, whether there is a mask.
        soft_labels: (N, 3, 2, 4) weight of each class, all 0 where there is no zone score.
        totals: (N,) global score estimated from extent and opacity, NaN where it is not.
        frozen: Features that replace images and masks where encoder, segmentation and alignment do not change.
    """

    images: Tensor
    masks: Tensor
    outlined: Tensor
    soft_labels: Tensor
    totals: Tensor
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
        self._opacity_fit = OpacityFit.over([samples[row] for row in rows.train]) if self.use_opacity else None

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
                batch = self._frozen_batch(mine, variants, self._frozen)
            else:
                batch = self._augmented_batch(mine, seed)
            yield Step(batch, len(rows), share.weight(len(rows)))

    def _batches(self, rng: np.random.Generator) -> list[list[int]]:
        batch_size, processes = self._context.settings.batch_size, self._context.share.count
        return shuffled_batches(self._rows(rng), batch_size, rng, processes)

    def _rows(self, rng: np.random.Generator) -> list[int]:
        rows, most_weak = self._context.rows, self._context.settings.weak_images
        weak = rows.weak
        if self._frozen is not None:
            # Every row drawn costs memory for its features: keep to twice as many as an epoch takes.
            weak = weak[: 2 * most_weak]
        count = min(most_weak, len(weak))
        drawn = [int(row) for row in rng.choice(np.asarray(weak), count, replace=False)] if count else []
        return [*rows.train, *drawn, *(rows.opacity if self.use_opacity else ())]

    def _augmented_batch(self, rows: Sequence[int], seed: int) -> ScoredBatch:
        prepared, device = self._context.images, self._context.device
        images, masks, labels = [], [], []
        for row in rows:
            self._augmentation.reseed(image_seed(seed, row))
            image, mask, mirrored = self._augmentation(prepared.images[row], prepared.masks[row])
            images.append(image)
            masks.append(mask)
            labels.append(self._soft_labels(row, mirrored=mirrored))
        return ScoredBatch(
            as_tensor(np.stack(images), device),
            as_tensor(np.stack(masks), device),
            torch.tensor([bool(prepared.samples[row].masks) for row in rows], device=device),
            torch.from_numpy(np.stack(labels)).to(device),
            self._totals(rows),
        )

    def _frozen_batch(self, rows: Sequence[int], variants: Sequence[int], frozen: FrozenFeatures) -> ScoredBatch:
        """Aligned features of augmented images, computed once for every row and variant."""
        device = self._context.device
        found, labels = [], []
        for row, variant in zip(rows, variants, strict=True):
            features, mirrored = frozen.varied(self._model, row, variant)
            found.append(features)
            labels.append(self._soft_labels(row, mirrored=mirrored))
        nothing = torch.empty(0, device=device)
        stacked = torch.from_numpy(np.stack(labels)).to(device)
        return ScoredBatch(nothing, nothing, nothing, stacked, self._totals(rows), joined(found))

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
