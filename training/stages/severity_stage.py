"""The severity stage: the encoder learns from other hospitals' labels what more disease looks like.

Not the paper's. It stands between segmentation and alignment: a hundred scored radiographs teach a linear rule, not an
encoder (`training/EXPERIMENTS.md`). Scores of extent and opacity, normal images, boxes and outlines teach it, none of
them a Brixia score. Lungs are segmented in between, so that the decoder keeps up.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from bsnet_core.model.backbone import STRIDES, level_channels
from bsnet_core.model.bsnet import AlignedFeatures, BSNet
from bsnet_core.model.resampling import resample
from training.images.appearance import vary_appearance
from training.images.augmentation import Augmentation
from training.images.erasing import erase, random_parts
from training.images.prepared_images import as_tensor
from training.loop.one_ahead import one_ahead
from training.loop.seeds import epoch_seed, image_seed
from training.loop.stage import Step
from training.predictions.found_lungs import FoundLungs
from training.stages.batches import shuffled_batches
from training.stages.losses import lung_loss
from training.stages.severity_batches import SeverityBatch, draw, make_batch
from training.stages.severity_groups import images_in_batch, rows_by_group
from training.stages.severity_heads import SeverityHeads
from training.stages.severity_losses import severity_losses
from training.stages.stage_context import StageContext

HEADS = "severity"
"""Name of this stage's heads in its weights; later stages leave them behind."""
EARLY_LAYERS = ("conv_stem", "bn1", "blocks.0", "blocks.1")
"""Layers of the encoder that stay: edges look the same in every hospital, and they cost half of the arithmetic."""
HEAD_RATE = 10.0
"""Learning rate of the heads as a multiple of the encoder's."""
SEGMENTATION_EVERY, SEGMENTATION_IMAGES = 5, 4
ERASED_P = 0.5
Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class OutlinedBatch:
    """Images with lung masks, (N, 1, S, S) each."""

    images: Tensor
    masks: Tensor


class SeverityStage:
    """Trains encoder and decoder on several sources at once."""

    def __init__(
        self,
        model: BSNet,
        context: StageContext,
        found: FoundLungs,
        severity_rows: Sequence[int],
    ) -> None:
        """Sets up the stage.

        Args:
            model: The network, on the context's device; the stage's heads become a part of it.
            context: Rows with lung masks, and all images at the network's own side.
            found: The lungs of all images.
            severity_rows: Rows to learn severity from.
        """
        self.model, self.settings = model, context.settings
        self._context, self._found = context, found
        self._groups = rows_by_group(context.images.samples, [row for row in severity_rows if found.are_there(row)])
        self._augmentation = Augmentation(context.augmentation)
        self._heads = SeverityHeads(level_channels(model.encoder)).to(context.device)
        model.add_module(HEADS, self._heads)

    @property
    def has_validation(self) -> bool:
        """Never: the number of epochs is fixed, and the running average of the last ones is kept."""
        return False

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Encoder but for its early layers, segmentation decoder, and the heads at a higher rate."""
        rate = self.settings.learning_rate
        encoder = [parameter for name, parameter in self.model.encoder.named_parameters() if not is_early(name)]
        return [
            {"params": encoder, "lr": rate},
            {"params": list(self.model.segmentation.parameters()), "lr": rate},
            {"params": list(self._heads.parameters()), "lr": rate * HEAD_RATE},
        ]

    def train_mode(self) -> None:
        """Encoder and heads learn, batch norm included; the decoder's batch norm keeps its statistics."""
        self._prepare(is_outlined=False)

    def side_of(self, epoch: int) -> int:
        """Side in pixels of the views of an epoch."""
        passed = 0
        for side, count in self.settings.sides_px:
            passed += count
            if epoch < passed:
                return side
        return self.model.config.side_px

    def step_count(self, epoch: int) -> int:
        """Number of steps in the epoch: every image of the group that fills most of a batch is drawn once."""
        views = self._view_steps()
        return views + math.ceil(views / SEGMENTATION_EVERY)

    def steps(self, epoch: int) -> Iterator[Step]:
        """Views of every source, and every few steps images with lung masks."""
        return one_ahead(self._steps(epoch))

    def loss(self, batch: SeverityBatch | OutlinedBatch) -> tuple[Tensor, Mapping[str, float]]:
        """The losses of all labels, or of the lungs."""
        self._prepare(is_outlined=isinstance(batch, OutlinedBatch))
        if isinstance(batch, OutlinedBatch):
            loss = lung_loss(self.model.segment(self.model.encode(batch.images)), batch.masks)
            return loss, {"segmentation": float(loss.detach())}
        features = [level.float() for level in self.model.encode(batch.images)[-len(STRIDES) :]]
        aligned = _aligned(features, batch)
        answers = self._heads(features, aligned.levels, aligned.masks)
        losses = severity_losses(self._heads, answers, batch.labels, batch.lungs, batch.alignment)
        return torch.stack(list(losses.values())).sum(), {name: float(part.detach()) for name, part in losses.items()}

    def validate(self) -> Mapping[str, float]:
        """Nothing is validated."""
        return {}

    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """No views for TensorBoard."""
        return {}

    def _prepare(self, *, is_outlined: bool) -> None:
        """Batch norm of the encoder learns from the views alone: outlined images are few and of one source."""
        self.model.eval()
        if is_outlined:
            return
        self._heads.train()
        for name, module in self.model.encoder.named_modules():
            if isinstance(module, nn.BatchNorm2d) and not is_early(name):
                module.train()

    def _view_steps(self) -> int:
        counts = images_in_batch(self._groups, self.settings.batch_size)
        largest = max(counts, key=lambda group: counts[group])
        return max(1, len(self._groups[largest]) // counts[largest])

    def _steps(self, epoch: int) -> Iterator[Step]:
        context = self._context
        seed = epoch_seed(context.seed, epoch)
        rng = np.random.default_rng(seed)
        outlined = self._outlined_steps(seed)
        counts = images_in_batch(self._groups, self.settings.batch_size)
        for number, drawn in enumerate(draw(self._groups, counts, self._view_steps(), rng)):
            mine = context.share.of(drawn)
            batch = make_batch(context.images, self._found, mine, self.side_of(epoch), rng, context.device)
            yield Step(batch, len(drawn), context.share.weight(len(drawn)))
            if number % SEGMENTATION_EVERY == 0:
                yield next(outlined)

    def _outlined_steps(self, seed: int) -> Iterator[Step]:
        """Images with lung masks in random order, without end."""
        rng = np.random.default_rng([seed, 1])
        share = self._context.share
        for epoch in itertools.count():
            for rows in shuffled_batches(self._context.rows.train, SEGMENTATION_IMAGES, rng, share.count):
                pairs = [self._augmented(row, image_seed(seed + epoch, row), rng) for row in share.of(rows)]
                images, masks = (np.stack(column) for column in zip(*pairs, strict=True))
                device = self._context.device
                batch = OutlinedBatch(as_tensor(images, device), as_tensor(masks, device))
                yield Step(batch, len(rows), share.weight(len(rows)))

    def _augmented(self, row: int, seed: int, rng: np.random.Generator) -> tuple[Image, Image]:
        images = self._context.images
        self._augmentation.reseed(seed)
        image, mask, _mirrored = self._augmentation(images.images[row], images.masks[row])
        image = vary_appearance(image, rng)
        if rng.random() < ERASED_P:
            image = erase(image, random_parts(len(image), rng), rng)
        return image, mask


def is_early(name: str) -> bool:
    """Whether a parameter or module of the encoder belongs to the layers that stay."""
    _model, _dot, inner = name.partition(".")
    return inner.startswith(EARLY_LAYERS)


def _aligned(features: Sequence[Tensor], batch: SeverityBatch) -> AlignedFeatures:
    levels = tuple(resample(level, batch.alignment) for level in features)
    masks = tuple(resample(batch.lungs, batch.alignment, level.shape[-1]) for level in levels)
    return AlignedFeatures(levels, masks)
