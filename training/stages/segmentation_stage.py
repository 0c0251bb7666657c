"""Stage 1: encoder and segmentation decoder learn to find the lungs (paper 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bsnet_core.model.bsnet import BSNet
from training.images.augmentation import Augmentation
from training.images.prepared_images import PreparedImages, as_tensor
from training.images.tensorboard_images import mask_image
from training.loop.one_ahead import one_ahead
from training.loop.seeds import epoch_seed, image_seed
from training.loop.stage import Step
from training.stages.batches import IMAGES_SHOWN, VALIDATION_BATCH, shuffled_batches
from training.stages.losses import hard_dice, lung_loss
from training.stages.stage_context import StageContext


class SegmentationStage:
    """Trains encoder and decoder on lung masks."""

    def __init__(
        self, model: BSNet, context: StageContext, images_by_side: Mapping[int, PreparedImages] | None = None
    ) -> None:
        """Sets up the stage.

        Args:
            model: The network, on the context's device.
            context: Rows with masks, at the network's own side.
            images_by_side: The same images at the other sides of `sides_px`, by side in pixels.
        """
        self.model, self.settings = model, context.settings
        self._context = context
        self._images = {model.config.side_px: context.images, **(images_by_side or {})}
        self._augmentation = Augmentation(context.augmentation)

    @property
    def has_validation(self) -> bool:
        """Whether any validation image has a mask."""
        return self._context.has_validation

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Encoder and segmentation decoder."""
        rate = self.settings.learning_rate
        return [
            {"params": list(self.model.encoder.parameters()), "lr": rate * self.settings.encoder_rate},
            {"params": list(self.model.segmentation.parameters()), "lr": rate},
        ]

    def train_mode(self) -> None:
        """Encoder and decoder learn, batch norm included."""
        self.model.train()

    def side_of(self, epoch: int) -> int:
        """Side in pixels of the images of an epoch."""
        passed = 0
        for side, count in self.settings.sides_px:
            passed += count
            if epoch < passed:
                return side
        return self.model.config.side_px

    def step_count(self, epoch: int) -> int:
        """Number of steps in the epoch."""
        return len(self._batches(np.random.default_rng(0)))

    def steps(self, epoch: int) -> Iterator[Step]:
        """Augmented images and masks."""
        return one_ahead(self._steps(epoch))

    def loss(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Mapping[str, float]]:
        """Cross-entropy plus Dice."""
        images, masks = batch
        return lung_loss(self.model.segment(self.model.encode(images)), masks), {}

    @torch.no_grad()
    def validate(self) -> Mapping[str, float]:
        """Mean Dice of the thresholded mask at the network's side."""
        images, validation = self._context.images, self._context.rows.validation
        scores: list[float] = []
        for start in range(0, len(validation), VALIDATION_BATCH):
            rows = list(validation[start : start + VALIDATION_BATCH])
            scores += hard_dice(self._logits(rows) > 0, as_tensor(images.masks[rows], self._context.device) > 0.5)
        return {"value": 1 - float(np.mean(scores)), "dice": float(np.mean(scores))}

    @torch.no_grad()
    def images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """Validation images with the outline found and the one drawn by hand."""
        images, rows = self._context.images, list(self._context.rows.validation[:IMAGES_SHOWN])
        found = (self._logits(rows)[:, 0] > 0).cpu().numpy()
        return {"masks": mask_image(images.images[rows], found, images.masks[rows] > 0)}

    def _batches(self, rng: np.random.Generator) -> list[list[int]]:
        context = self._context
        return shuffled_batches(context.rows.train, self.settings.batch_size, rng, context.share.count)

    def _steps(self, epoch: int) -> Iterator[Step]:
        images, share, device = self._images[self.side_of(epoch)], self._context.share, self._context.device
        seed = epoch_seed(self._context.seed, epoch)
        for rows in self._batches(np.random.default_rng(seed)):
            pairs = []
            for row in share.of(rows):
                self._augmentation.reseed(image_seed(seed, row))
                pairs.append(self._augmentation(images.images[row], images.masks[row])[:2])
            augmented, masks = (np.stack(column) for column in zip(*pairs, strict=True))
            batch = as_tensor(augmented, device), as_tensor(masks, device)
            yield Step(batch, len(rows), share.weight(len(rows)))

    def _logits(self, rows: list[int]) -> Tensor:
        images = as_tensor(self._context.images.images[rows], self._context.device)
        return self.model.segment(self.model.encode(images))
